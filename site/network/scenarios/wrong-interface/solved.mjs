// Join on the interface where the datagrams arrive.

/** @param {import("../../scene.mjs").Scene} scene */
export async function run({ network, reactorOn, say }) {
  network.switch("office", { subnets: ["192.0.2.0/24"] });
  network.switch("plant", { subnets: ["198.51.100.0/24"] });
  const both = network.host("b", { switch: "office" });
  both.addInterface("eth1", { switch: "plant", addresses: ["198.51.100.10/24"] });
  const a = reactorOn(network.host("a", { switch: "plant" }));
  const port = reactorOn(both).listenMulticast(5000, { datagramReceived: (data) => say(`b heard ${data}`) });
  port.joinGroup("239.255.1.1", "eth1"); // plant, where A is
  a.listenMulticast(0, { datagramReceived() {} }).write("hello", { address: "239.255.1.1", port: 5000 });
}
