// Number what you send, and leave out what is known already.

/** @param {import("../../scene.mjs").Scene} scene */
export async function run({ network, reactorOn, say }) {
  const a = reactorOn(network.host("a"));
  const b = reactorOn(network.host("b"));
  network.host("b").setLink("eth0", { duplicate: 1 });
  const known = new Set();
  b.listenMulticast(5000, { datagramReceived: hear }, { group: "239.255.1.1" });
  a.listenMulticast(0, { datagramReceived() {} }).write("1 hello", { address: "239.255.1.1", port: 5000 });

  /** @param {Buffer} data */
  function hear(data) {
    const [number, text] = String(data).split(" ");
    if (!known.has(number)) say(`b heard ${text}`);
    known.add(number);
  }
}
