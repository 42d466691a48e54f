// A and B are on one host, and A sends without loopback.

/** @param {import("../../scene.mjs").Scene} scene */
export async function run({ network, reactorOn, say }) {
  const host = network.host("a and b");
  const b = reactorOn(host);
  b.listenMulticast(5000, { datagramReceived: (data) => say(`b heard ${data}`) }, { group: "239.255.1.1" });
  reactorOn(host)
    .listenMulticast(0, { datagramReceived() {} }, { loopback: false })
    .write("hello", { address: "239.255.1.1", port: 5000 });
}
