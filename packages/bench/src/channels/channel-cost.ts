/** Measures the cost of subscribing many channels on one node: time to join, memory; checks that messages arrive on all of them. */
import { ChannelNode } from "@groupcast/channels";
import { Reactor } from "groupcast";
import { CHANNEL_PORT, report } from "./setting.js";

const CHANNELS = Number(process.argv[2]);
const SAMPLE = 100; // one channel in so many is published on, to check that its messages arrive
const HEARING_LIMIT_MS = 5000;
const MIB = 2 ** 20;

const reactor = new Reactor();
const options = { port: CHANNEL_PORT, interface: "lo", heartbeatMs: 0 };
const before = process.memoryUsage();
const startMs = performance.now();
const node = new ChannelNode(reactor, { name: "subscriber", ...options });
let heard = 0;
const count = (): void => {
  heard++;
};
for (let i = 0; i < CHANNELS; i++) node.channel(`bench/${i}`).subscribe(count);
const joinMs = performance.now() - startMs;
const after = process.memoryUsage();

const publisher = new ChannelNode(reactor, { name: "publisher", ...options });
const wanted = Math.ceil(CHANNELS / SAMPLE);
for (let i = 0; i < CHANNELS; i += SAMPLE) publisher.channel(`bench/${i}`).publish(Buffer.of(1));
const hearingMs = performance.now();
while (heard < wanted && performance.now() - hearingMs < HEARING_LIMIT_MS) await new Promise((resolve) => setImmediate(resolve));

const closingMs = performance.now();
await reactor.stop();
report({
  joinMs,
  closeMs: performance.now() - closingMs,
  residentMiB: (after.rss - before.rss) / MIB,
  heapMiB: (after.heapUsed - before.heapUsed) / MIB,
  missed: wanted - heard,
});
