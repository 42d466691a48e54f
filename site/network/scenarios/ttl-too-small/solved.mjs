// Each router takes one from the TTL: two networks need 2.

/** @param {import("../../scene.mjs").Scene} scene */
export async function run({ network, reactorOn, say }) {
  network.switch("near", { subnets: ["192.0.2.0/24"] });
  network.switch("far", { subnets: ["198.51.100.0/24"] });
  network.router("router", { switches: ["near", "far"] });
  const a = reactorOn(network.host("a", { switch: "near" }));
  const b = reactorOn(network.host("b", { switch: "far" }));
  b.listenMulticast(5000, { datagramReceived: (data) => say(`b heard ${data}`) }, { group: "239.255.1.1" });
  a.listenMulticast(0, { datagramReceived() {} }, { ttl: 2 }).write("hello", { address: "239.255.1.1", port: 5000 });
}
