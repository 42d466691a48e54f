/** Asks one question after another, and in turn with these has messages sent back; reports how long both took, in microseconds. */
import { ChannelNode } from "@groupcast/channels";
import { Reactor } from "groupcast";
import { CHANNEL, CHANNEL_PORT, PAYLOAD_BYTES, RETURNED, report } from "./setting.js";

const WARM_UP = 2000;
const COUNT = 20_000;

const reactor = new Reactor();
const node = new ChannelNode(reactor, { name: "asking", port: CHANNEL_PORT, interface: "lo", heartbeatMs: 0 });
const channel = node.channel(CHANNEL);
const there = node.channel(RETURNED.there);
const payload = Buffer.alloc(PAYLOAD_BYTES);
const again = setInterval(() => there.publish(payload), 1000); // nobody repeats what is lost; its time then counts as a second
let returned = (): void => {};
node.channel(RETURNED.back).subscribe(() => returned());

function sendAndReturn(): Promise<void> {
  return new Promise((resolve) => {
    returned = resolve;
    there.publish(payload);
  });
}

async function ask(): Promise<void> {
  await channel.request(payload);
}

async function timed(call: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await call();
  return (performance.now() - startMs) * 1000;
}

function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.floor(share * sorted.length)]!;
}

const messages = new Float64Array(COUNT);
const requests = new Float64Array(COUNT);
for (let i = -WARM_UP; i < COUNT; i++) {
  const [messageUs, requestUs] = [await timed(sendAndReturn), await timed(ask)];
  if (i < 0) continue;
  messages[i] = messageUs;
  requests[i] = requestUs;
}
messages.sort();
requests.sort();
report({
  messageP50: percentile(messages, 0.5),
  messageP99: percentile(messages, 0.99),
  requestP50: percentile(requests, 0.5),
  requestP99: percentile(requests, 0.99),
});
clearInterval(again);
void reactor.stop();
