// A node in a host of the lab that publishes on a reliable channel, or reads one: told by its arguments which, and by JSON lines what to do.
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { ChannelNode, type ChannelOptions } from "@groupcast/channels";
import { Reactor } from "groupcast";

/** What the program is to be. */
export interface ReliableRole {
  readonly interface: string;
  readonly channel: ChannelOptions;
}

/** What it is to do. Without `publish` it subscribes. */
export interface ReliableTask {
  readonly publish?: { readonly count: number; readonly perSecond: number; readonly bytes: number };
  readonly subscribe?: true;
  readonly report?: true;
}

const role = JSON.parse(process.argv[2]!) as ReliableRole;
const reactor = new Reactor();
const node = new ChannelNode(reactor, {
  name: "node",
  heartbeatMs: 1000,
  ttl: 1,
  interface: role.interface,
  receiveBufferBytes: 4_194_304,
  logger: { info() {}, warn() {}, error: (message, fields) => console.error(message, fields) }, // the kernel may grant less
});
const channel = node.channel("c", role.channel as { codec: "bytes" });
const heard = { received: 0, first: -1, last: -1, misplaced: 0, lost: 0, lengthBytes: 0, subscribedMs: 0, latestMs: 0, slowestMs: 0 };

function say(line: object): void {
  console.log(JSON.stringify(line));
}

function epochMs(): number {
  return performance.timeOrigin + performance.now(); // of one clock for all hosts of the lab
}

function subscribe(): void {
  heard.subscribedMs = epochMs();
  channel.subscribe((data, { lost }) => {
    const number = data.readUInt32BE(0);
    if (heard.received++ === 0) heard.first = number;
    else if (number !== heard.last + 1) heard.misplaced++;
    heard.last = number;
    heard.lost += lost;
    heard.lengthBytes = data.length;
    heard.latestMs = epochMs();
    heard.slowestMs = Math.max(heard.slowestMs, heard.latestMs - data.readDoubleBE(4));
  });
  say({ event: "subscribed" });
}

/** Publishes numbers. The lengths differ, or the kernel would carry, and lose, many datagrams as one (UDP_SEGMENT). */
async function publish({ count, perSecond, bytes }: NonNullable<ReliableTask["publish"]>): Promise<void> {
  const messages = [0, 1, 2].map((more) => Buffer.alloc(bytes + more));
  const startMs = performance.now();
  for (let number = 0; number < count; ) {
    const due = Math.min(count, Math.ceil(((performance.now() - startMs) * perSecond) / 1000));
    for (; number < due; number++) {
      const message = messages[number % 3]!;
      message.writeUInt32BE(number, 0);
      message.writeDoubleBE(epochMs(), 4);
      channel.publish(message);
    }
    await sleep(1);
  }
  say({ event: "published", ms: performance.now() - startMs });
}

function report(): void {
  const { reliable, incomplete } = channel.statistics();
  say({ event: "report", ...heard, incomplete, reliable });
}

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const task = JSON.parse(line) as ReliableTask;
    if (task.subscribe === true) subscribe();
    if (task.publish !== undefined) void publish(task.publish);
    if (task.report === true) report();
  })
  .on("close", () => void reactor.stop());
say({ event: "ready" });
