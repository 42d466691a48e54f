/** Receives until its standard input ends, on a channel or on a bare multicast port of the reactor. */
import { ChannelNode, multicastGroupForChannel } from "@groupcast/channels";
import { DatagramProtocol, Reactor } from "groupcast";
import { Meter } from "./meter.js";
import { CHANNEL, CHANNEL_PORT, CONFIRMED_EACH, type Kind, REACTOR_PORT, RECEIVE_BUFFER_BYTES, RETURNED, report } from "./setting.js";

class Counter extends DatagramProtocol {
  override datagramReceived(): void {
    meter.count++;
  }
}

const reactor = new Reactor();
const meter = new Meter();
const kind = process.argv[2] as Kind;
if (kind !== "reactor") {
  const options = { port: CHANNEL_PORT, interface: "lo", heartbeatMs: 0, receiveBufferBytes: RECEIVE_BUFFER_BYTES };
  const node = new ChannelNode(reactor, { name: "subscriber", ...options });
  const back = node.channel(RETURNED.back);
  const isConfirming = process.argv[3] === "confirming";
  node.channel(CHANNEL, { reliable: kind === "reliable" }).subscribe(() => {
    meter.count++;
    if (isConfirming && meter.count % CONFIRMED_EACH === 0) back.publish(Buffer.from(String(meter.count)));
  });
} else {
  const port = reactor.listenMulticast(REACTOR_PORT, new Counter(), { listenMultiple: true, receiveBufferBytes: RECEIVE_BUFFER_BYTES });
  port.joinGroup(multicastGroupForChannel(CHANNEL), "lo");
}
console.log("ready");
process.stdin.resume().on("end", () => {
  report(meter.figures());
  void reactor.stop();
});
