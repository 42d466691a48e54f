/** Receives until its standard input ends, on a channel or on a bare multicast port of the reactor. */
import { ChannelNode, multicastGroupForChannel } from "@groupcast/channels";
import { DatagramProtocol, Reactor } from "groupcast";
import {
  CHANNEL,
  CHANNEL_PORT,
  CONFIRMED_EACH,
  cpuMicroseconds,
  type Kind,
  REACTOR_PORT,
  RECEIVE_BUFFER_BYTES,
  RETURNED,
  report,
  WARM_UP,
} from "./setting.js";

class Counter extends DatagramProtocol {
  received = 0;

  override datagramReceived(): void {
    this.received++;
  }
}

const reactor = new Reactor();
const counter = new Counter();
const kind = process.argv[2] as Kind;
if (kind !== "reactor") {
  const options = { port: CHANNEL_PORT, interface: "lo", heartbeatMs: 0, receiveBufferBytes: RECEIVE_BUFFER_BYTES };
  const node = new ChannelNode(reactor, { name: "subscriber", ...options });
  const back = node.channel(RETURNED.back);
  const isConfirming = process.argv[3] === "confirming";
  node.channel(CHANNEL, { reliable: kind === "reliable" }).subscribe(() => {
    counter.received++;
    if (!isConfirming || counter.received % CONFIRMED_EACH !== 0) return;
    back.publish(Buffer.from(String(counter.received)));
    if (counter.received === WARM_UP) [warmUp, before] = [WARM_UP, process.cpuUsage()];
  });
} else {
  const port = reactor.listenMulticast(REACTOR_PORT, counter, { listenMultiple: true, receiveBufferBytes: RECEIVE_BUFFER_BYTES });
  port.joinGroup(multicastGroupForChannel(CHANNEL), "lo");
}
let before = process.cpuUsage();
let warmUp = 0;
console.log("ready");
process.stdin.resume().on("end", () => {
  report({ received: counter.received, cpuUs: cpuMicroseconds(before, counter.received - warmUp) });
  void reactor.stop();
});
