// B has another port number than A sends to.

/** @param {import("../../scene.mjs").Scene} scene */
export async function run({ network, reactorOn, say }) {
  const a = reactorOn(network.host("a"));
  const b = reactorOn(network.host("b"));
  b.listenMulticast(5001, { datagramReceived: (data) => say(`b heard ${data}`) }, { group: "239.255.1.1" });
  a.listenMulticast(0, { datagramReceived() {} }).write("hello", { address: "239.255.1.1", port: 5000 });
}
