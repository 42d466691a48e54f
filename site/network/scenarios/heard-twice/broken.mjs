// The cable of B doubles each datagram.

/** @param {import("../../scene.mjs").Scene} scene */
export async function run({ network, reactorOn, say }) {
  const a = reactorOn(network.host("a"));
  const b = reactorOn(network.host("b"));
  network.host("b").setLink("eth0", { duplicate: 1 });
  b.listenMulticast(5000, { datagramReceived: (data) => say(`b heard ${data}`) }, { group: "239.255.1.1" });
  a.listenMulticast(0, { datagramReceived() {} }).write("hello", { address: "239.255.1.1", port: 5000 });
}
