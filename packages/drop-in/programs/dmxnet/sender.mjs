// A sender of Art-Net to everybody on the link.
import { dmxnet } from "dmxnet";
import { say } from "../role.mjs";

const host = new dmxnet({ log: { silent: true }, hosts: ["198.18.0.2"] });
const sender = host.newSender({ ip: "198.18.0.255", subnet: 1, universe: 2, net: 3, base_refresh_interval: 600_000 });
sender.socket.once("listening", () => {
  setImmediate(() => {
    sender.prepChannel(0, 255);
    sender.prepChannel(511, 77);
    sender.transmit();
    say("sent");
  });
});
host.listener4.on("message", (message) => {
  if (message.readUInt16LE(8) === 0x5000) process.exit(); // its own broadcast comes back: the receiver has it too
});
