// B is behind a router, and the group is of the link.

/** @param {import("../../scene.mjs").Scene} scene */
export async function run({ network, reactorOn, say }) {
  network.switch("near", { subnets: ["192.0.2.0/24"] });
  network.switch("far", { subnets: ["198.51.100.0/24"] });
  network.router("router", { switches: ["near", "far"] });
  const a = reactorOn(network.host("a", { switch: "near" }));
  const b = reactorOn(network.host("b", { switch: "far" }));
  b.listenMulticast(5000, { datagramReceived: (data) => say(`b heard ${data}`) }, { group: "224.0.0.200" });
  a.listenMulticast(0, { datagramReceived() {} }, { ttl: 4 }).write("hello", { address: "224.0.0.200", port: 5000 });
}
