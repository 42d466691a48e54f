// Tells a synthesizer what to play, in Open Sound Control.
import osc from "osc";
import { given, say } from "../role.mjs";

const port = new osc.UDPPort({
  localAddress: "127.0.0.1",
  localPort: 57_122,
  remoteAddress: "127.0.0.1",
  remotePort: given.port,
  metadata: true,
});
const pending = new Set(["/play", "/tempo"]);
port.on("ready", () => {
  port.send({
    address: "/play",
    args: [
      { type: "i", value: 60 },
      { type: "f", value: 0.5 },
      { type: "b", value: new Uint8Array([1, 2, 3]) },
    ],
  });
  port.send({ timeTag: osc.timeTag(0), packets: [{ address: "/tempo", args: [{ type: "i", value: 120 }] }] });
});
port.on("message", ({ address, args: [{ value }] }) => {
  say(`heard ${address} ${value}`);
  pending.delete(value);
  if (pending.size === 0) port.close();
});
port.on("close", () => say("closed"));
port.open();
