// Hears Open Sound Control, and answers.
import osc from "osc";
import { partnerIsDone, ready, say } from "../role.mjs";

const port = new osc.UDPPort({ localAddress: "127.0.0.1", localPort: 57_121, metadata: true });
port.on("message", ({ address, args }, _timeTag, { address: from, port: number }) => {
  say(`heard ${address} ${JSON.stringify(args)} from ${from}`);
  port.send({ address: "/heard", args: [{ type: "s", value: address }] }, from, number);
});
port.on("ready", () => ready({ port: 57_121 }));
port.on("close", () => say("closed"));
port.open();
await partnerIsDone();
port.close();
