// The switch forgot B, five minutes after it joined.

/** @param {import("../../scene.mjs").Scene} scene */
export async function run({ network, reactorOn, say }) {
  network.switch("hall", { subnets: ["192.0.2.0/24"], querier: false });
  const a = reactorOn(network.host("a", { switch: "hall" }));
  const b = reactorOn(network.host("b", { switch: "hall" }));
  b.listenMulticast(5000, { datagramReceived: (data) => say(`b heard ${data}`) }, { group: "239.255.1.1" });
  await network.clock.advance(5 * 60_000);
  a.listenMulticast(0, { datagramReceived() {} }).write("hello", { address: "239.255.1.1", port: 5000 });
}
