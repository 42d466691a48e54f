// A port receives a group after it joined it.

/** @param {import("../../scene.mjs").Scene} scene */
export async function run({ network, reactorOn, say }) {
  const a = reactorOn(network.host("a"));
  const b = reactorOn(network.host("b"));
  const port = b.listenMulticast(5000, { datagramReceived: (data) => say(`b heard ${data}`) });
  port.joinGroup("239.255.1.1");
  a.listenMulticast(0, { datagramReceived() {} }).write("hello", { address: "239.255.1.1", port: 5000 });
}
