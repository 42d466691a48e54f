/** Receives a channel from a NATS server until its standard input ends. */
import { ChannelNode, NatsTransport } from "@groupcast/channels";
import { Reactor } from "groupcast";
import { CHANNEL, report } from "./setting.js";

const reactor = new Reactor();
const transport = await NatsTransport.connect({ servers: process.argv[2]! });
const node = new ChannelNode(reactor, { name: "subscriber", transport, heartbeatMs: 0 });
let received = 0;
let lost = 0;
node.channel(CHANNEL).subscribe((_, message) => {
  received++;
  lost += message.lost;
});
console.log("ready");
process.stdin.resume().on("end", () => {
  report({ received, lost });
  void reactor.stop().then(() => transport.close());
});
