/** Receives until its standard input ends, on a channel or on a bare multicast port of the reactor. */
import { ChannelNode, multicastGroupForChannel } from "@groupcast/channels";
import { DatagramProtocol, Reactor } from "groupcast";
import { CHANNEL, CHANNEL_PORT, cpuMicroseconds, REACTOR_PORT, RECEIVE_BUFFER_BYTES, report } from "./setting.js";

class Counter extends DatagramProtocol {
  received = 0;

  override datagramReceived(): void {
    this.received++;
  }
}

const reactor = new Reactor();
const counter = new Counter();
if (process.argv[2] === "channel") {
  const options = { port: CHANNEL_PORT, interface: "lo", heartbeatMs: 0, receiveBufferBytes: RECEIVE_BUFFER_BYTES };
  new ChannelNode(reactor, { name: "subscriber", ...options }).channel(CHANNEL).subscribe(() => {
    counter.received++;
  });
} else {
  const port = reactor.listenMulticast(REACTOR_PORT, counter, { listenMultiple: true, receiveBufferBytes: RECEIVE_BUFFER_BYTES });
  port.joinGroup(multicastGroupForChannel(CHANNEL), "lo");
}
const before = process.cpuUsage();
console.log("ready");
process.stdin.resume().on("end", () => {
  report({ received: counter.received, cpuUs: cpuMicroseconds(before, counter.received) });
  void reactor.stop();
});
