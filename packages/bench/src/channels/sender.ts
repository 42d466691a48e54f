/** Sends for a while, as fast as it can on a channel or from a bare port of the reactor, or on a channel at a given rate. */
import { ChannelNode, multicastGroupForChannel } from "@groupcast/channels";
import { DatagramProtocol, Reactor } from "groupcast";
import { Meter } from "./meter.js";
import { CHANNEL, CHANNEL_PORT, PAYLOAD_BYTES, REACTOR_PORT, RETURNED, report, WINDOW } from "./setting.js";

const BURST = 64; // then the event loop gets its turn
const HEADER_BYTES = 9 + CHANNEL.length; // the bare port's datagrams are as long as the channel's

const [, , kind, durationMs, perSecond] = process.argv;
const reactor = new Reactor();
const send = kind === "reactor" ? bareSender() : channelSender();
const endMs = performance.now() + Number(durationMs);
const meter = new Meter();
if (perSecond === undefined) sendFreely();
else if (perSecond === "confirmed") sendConfirmed();
else sendPaced(performance.now(), Number(perSecond));

function sendFreely(): void {
  for (let i = 0; i < BURST; i++) send();
  meter.count += BURST;
  if (performance.now() < endMs) setImmediate(sendFreely);
  else finish();
}

function sendPaced(startMs: number, rate: number): void {
  const due = ((Math.min(performance.now(), endMs) - startMs) * rate) / 1000;
  for (; meter.count < due; meter.count++) send();
  if (performance.now() < endMs) setTimeout(sendPaced, 1, startMs, rate);
  else finish();
}

/** Sends as fast as the receiver confirms, so that nothing is lost. */
function sendConfirmed(): void {
  const options = { port: CHANNEL_PORT, interface: "lo", heartbeatMs: 0 };
  const confirmations = new ChannelNode(reactor, { name: "confirmed", ...options }).channel(RETURNED.back);
  let confirmed = 0;
  const fill = (): void => {
    for (; meter.count < confirmed + WINDOW; meter.count++) send();
  };
  const subscription = confirmations.subscribe((data) => {
    confirmed = Number(data.toString());
    if (performance.now() < endMs) return fill();
    subscription.unsubscribe();
    finish();
  });
  fill();
}

function finish(): void {
  report({ sent: meter.count, ...meter.figures() });
  void reactor.stop();
}

function channelSender(): () => void {
  const payload = Buffer.alloc(PAYLOAD_BYTES);
  const node = new ChannelNode(reactor, { name: "publisher", port: CHANNEL_PORT, interface: "lo", heartbeatMs: 0 });
  const channel = node.channel(CHANNEL, { reliable: kind === "reliable" });
  return () => channel.publish(payload);
}

function bareSender(): () => void {
  const datagram = Buffer.alloc(PAYLOAD_BYTES + HEADER_BYTES);
  const port = reactor.listenMulticast(0, new (class extends DatagramProtocol {})(), { ttl: 0, outgoingInterface: "lo" });
  const to = { address: multicastGroupForChannel(CHANNEL), port: REACTOR_PORT };
  return () => port.write(datagram, to);
}
