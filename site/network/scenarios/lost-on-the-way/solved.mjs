// UDP promises nothing: say it again, or ask for an answer.

/** @param {import("../../scene.mjs").Scene} scene */
export async function run({ network, reactorOn, say }) {
  const a = reactorOn(network.host("a"));
  const b = reactorOn(network.host("b"));
  network.host("b").setLink("eth0", { loss: 0.5 });
  b.listenMulticast(5000, { datagramReceived: (data) => say(`b heard ${data}`) }, { group: "239.255.1.1" });
  const port = a.listenMulticast(0, { datagramReceived() {} });
  for (let again = 0; again < 8; again++) {
    port.write("hello", { address: "239.255.1.1", port: 5000 });
    await network.clock.advance(100);
  }
}
