// Opens, uses and closes channels, each with a name of its own, and reports what is left of them. Arguments: "udp" and a port number or
// "nats" and a URL; the number of names. A tenth of the channels are subscribed, too; on the others one message is published, and no more.
import { readdirSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ChannelNode, NatsTransport, UdpTransport } from "@groupcast/channels";
import { Reactor } from "groupcast";

const BATCH = 100;
const [kind, where, count] = process.argv.slice(2);
const names = Number(count);
const reactor = new Reactor();
const transport = kind === "udp" ? new UdpTransport(reactor, { port: Number(where) }) : await NatsTransport.connect({ servers: where });
const node = new ChannelNode(reactor, { name: "fleeting", transport, heartbeatMs: 20 });
const watcher = new ChannelNode(reactor, { name: "watcher", transport, heartbeatMs: 20 });

let received = 0;
let closed = 0;
node.on("channelClosed", () => closed++);

/** Uses a batch of channels at a time; resolves when their messages have come and their sockets are closed. */
async function comeAndGo(from, to) {
  for (let first = from; first < to; first += BATCH) {
    const channels = Array.from({ length: BATCH }, (_, index) =>
      node.channel(`robot/${first + index}/pose`, { fragment: index % 4 === 0 }),
    );
    const before = received;
    for (const [index, channel] of channels.entries()) {
      if (index % 10 === 0) channel.subscribe(() => void received++);
    }
    for (const channel of channels) channel.publish(Buffer.from("x"));
    while (received - before < BATCH / 10) await nextTurn();
    await Promise.all(channels.map((channel) => channel.close()));
  }
}

async function heldBytes() {
  for (let i = 0; i < 5; i++) {
    globalThis.gc();
    await nextTurn();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const descriptors = () => readdirSync("/proc/self/fd").length;

await comeAndGo(0, names / 10); // the tables of the process reach their size
const [bytesBefore, descriptorsBefore] = [await heldBytes(), descriptors()];
await comeAndGo(names / 10, names + names / 10);
while (watcher.nodes.some(({ channels }) => channels.length > 0)) await nextTurn();
const report = {
  received,
  closed,
  grownBytes: (await heldBytes()) - bytesBefore,
  descriptorsLeft: descriptors() - descriptorsBefore,
  channels: node.channels.length,
  sources: node.statistics().sources,
  heldBytes: node.statistics().heldBytes,
  known: watcher.nodes.map(({ name, channels }) => [name, channels.length]),
};
process.stdout.write(JSON.stringify(report));
process.exit();
