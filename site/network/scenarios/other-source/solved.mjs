// Join for the address that sends, or for any source.

/** @param {import("../../scene.mjs").Scene} scene */
export async function run({ network, reactorOn, say }) {
  const a = reactorOn(network.host("a")); // 10.0.0.1
  const b = reactorOn(network.host("b"));
  const port = b.listenMulticast(5000, { datagramReceived: (data) => say(`b heard ${data}`) });
  port.joinGroup("232.1.1.1", "eth0", { source: "10.0.0.1" });
  a.listenMulticast(0, { datagramReceived() {} }).write("hello", { address: "232.1.1.1", port: 5000 });
}
