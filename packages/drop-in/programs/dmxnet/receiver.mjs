// A receiver of Art-Net: DMX over broadcast.
import { dmxnet } from "dmxnet";
import { partnerIsDone, ready, say } from "../role.mjs";

const host = new dmxnet({ log: { silent: true }, hosts: ["198.18.0.2"] });
const receiver = host.newReceiver({ subnet: 1, universe: 2, net: 3 });
receiver.on("data", (values) => say(`channels ${JSON.stringify([values[0], values[1], values[511]])} of ${values.length}`));
host.listener4.once("listening", () => ready());
await partnerIsDone();
process.exit(); // it has no other end
