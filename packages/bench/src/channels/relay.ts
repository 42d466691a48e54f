/** Relays a channel from multicast to a NATS server until its standard input ends. */
import { ChannelRelay, NatsTransport, UdpTransport } from "@groupcast/channels";
import { Reactor } from "groupcast";
import { CHANNEL, CHANNEL_PORT, cpuMicroseconds, RECEIVE_BUFFER_BYTES, report } from "./setting.js";

const reactor = new Reactor();
const nats = await NatsTransport.connect({ servers: process.argv[2]! });
const udp = new UdpTransport(reactor, { port: CHANNEL_PORT, interface: "lo", receiveBufferBytes: RECEIVE_BUFFER_BYTES });
const sides = [
  { transport: udp, network: "site" },
  { transport: nats, network: "cloud" },
] as const;
const relay = new ChannelRelay(reactor, { sides, allow: [{ channels: CHANNEL }] });
const before = process.cpuUsage();
console.log("ready");
process.stdin.resume().on("end", () => {
  const { forwarded } = relay.statistics()[0];
  report({ forwarded, dropped: nats.statistics().dropped, cpuUs: cpuMicroseconds(before, forwarded) });
  void reactor.stop().then(() => nats.close());
});
