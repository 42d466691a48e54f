// A sends by one interface, B is on the network of the other.

/** @param {import("../../scene.mjs").Scene} scene */
export async function run({ network, reactorOn, say }) {
  network.switch("office", { subnets: ["192.0.2.0/24"] });
  network.switch("plant", { subnets: ["198.51.100.0/24"] });
  const both = network.host("a", { switch: "office" });
  both.addInterface("eth1", { switch: "plant", addresses: ["198.51.100.10/24"] });
  const b = reactorOn(network.host("b", { switch: "plant" }));
  const port = reactorOn(both).listenMulticast(0, { datagramReceived() {} }, { outgoingInterface: "eth0" }); // office
  b.listenMulticast(5000, { datagramReceived: (data) => say(`b heard ${data}`) }, { group: "239.255.1.1" });
  port.write("hello", { address: "239.255.1.1", port: 5000 });
}
