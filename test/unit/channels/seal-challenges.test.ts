// Challenges end to end, on a network in memory: hosts without a clock hear others, and others hear them.
import {
  type Channel,
  type ChannelMessage,
  ChannelNode,
  ChannelRelay,
  type RelayOptions,
  type RelayRule,
  type SealOptions,
} from "@groupcast/channels";
import { beforeEach, describe, expect, test } from "vitest";
import { Hub, HubClock } from "../../support/channels/hub.js";
import { MemorySite } from "../../support/channels/memory-site.js";
import { KEYS } from "../../support/channels/sealed-pair.js";
import { Wiretap } from "../../support/channels/wiretap.js";

const AGE_MS = 1000;
const START_MS = 1_800_000_000_000;
const HOUR_MS = 3_600_000;

let site: MemorySite;

beforeEach(() => {
  site = new MemorySite();
});

const noClock = (): number => Number.NaN;

/** A clock that differs from the right time. */
function clock(offMs = 0): () => number {
  return () => START_MS + offMs + site.network.clock.nowMs();
}

function open(host: string, now: () => number, options: Partial<SealOptions> = {}): Channel {
  const seal = { keys: { 1: KEYS[1] }, current: 1, maxAgeMs: AGE_MS, challenge: true, now, ...options };
  return site.node(host, { ttl: 1 }).channel("plans", { seal });
}

/** Subscribes a channel, and keeps what it hears. */
function heardBy(channel: Channel): { texts: string[]; messages: ChannelMessage[] } {
  const heard = { texts: [] as string[], messages: [] as ChannelMessage[] };
  channel.subscribe((data, message) => {
    heard.texts.push(data.toString());
    heard.messages.push(message);
  });
  return heard;
}

async function say(channel: Channel, ...texts: string[]): Promise<void> {
  for (const text of texts) {
    channel.publish(Buffer.from(text));
    await site.settle();
  }
}

describe("challenge: true", () => {
  test.each<[string, () => number, () => number]>([
    ["a receiver without a clock", noClock, clock()],
    ["a sender without a clock", clock(), noClock],
    ["both without a clock", noClock, noClock],
    ["a sender an hour ahead", clock(), clock(HOUR_MS)],
    ["a sender an hour behind", clock(), clock(-HOUR_MS)],
  ])("%s: what comes before the answer is refused, what is sealed after it is heard", async (_, hearing, speaking) => {
    const reader = open("reader", hearing);
    const writer = open("writer", speaking);
    const heard = heardBy(reader);
    await say(writer, "1", "2", "3");
    expect(heard.texts).toEqual(["2", "3"]);
    expect(heard.messages.map(({ lead, lost, sentAt }) => [lead, lost, sentAt])).toEqual([
      [1, 0, undefined],
      [1, 0, undefined],
    ]);
    expect(reader.statistics()).toMatchObject({ stale: 1, latency: undefined });
    expect(reader.seal!.challenges()).toMatchObject({ asked: 1, proven: 1, unanswered: 0, answered: 0, sent: 1, refused: 0 });
    expect(writer.seal!.challenges()).toMatchObject({ asked: 0, answered: 1, sent: 1 });
  });

  test("a reliable channel: what comes before the answer is lost, though it is asked for, and the rest comes in order", async () => {
    const seal = { keys: { 1: KEYS[1] }, current: 1, maxAgeMs: AGE_MS, challenge: true };
    const open = (host: string, now: () => number) =>
      site.node(host, { ttl: 1 }).channel("plans", { reliable: true, seal: { ...seal, now } });
    const reader = open("reader", noClock) as unknown as Channel;
    const lost: string[] = [];
    reader.on("lost", ({ count, reason }) => void lost.push(`${count} ${reason}`));
    const heard = heardBy(reader);
    const writer = open("writer", clock()) as unknown as Channel;
    await say(writer, "1", "2", "3");
    await site.network.clock.advance(1100); // repairWithinMs
    expect([heard.texts, lost]).toEqual([["2", "3"], ["1 deadline"]]);
    expect(writer.statistics().reliable!.sender.repaired).toBeGreaterThan(0); // and each time refused: nothing shows that it is new
    await Promise.all([writer.close(), reader.close(), site.network.clock.advance(1000)]); // lingerMs: the last to ask may just have done so
    expect(site.reactor("writer").ports.flatMap((port) => ("memberships" in port ? port.memberships : []))).toEqual([]);
    expect(site.reactor("writer").ports).toHaveLength(1); // the one that receives stays for the next channel
  });

  test("nobody asks while all clocks are right, and messages say when they were sealed", async () => {
    const [reader, writer] = [open("reader", clock()), open("writer", clock())];
    const heard = heardBy(reader);
    await say(writer, "1", "2");
    expect([heard.texts, heard.messages[0]!.sentAt]).toEqual([["1", "2"], expect.closeTo(START_MS, -1)]);
    expect(reader.seal!.challenges()).toMatchObject({ asked: 0, sent: 0 });
    expect(site.reactor("reader").ports).toHaveLength(1);
  });

  test("without it, a host without a clock is refused, and seal.challenges() has nothing", async () => {
    const [reader, writer] = [open("reader", clock(), { challenge: false }), open("writer", noClock, { challenge: false })];
    const heard = heardBy(reader);
    await say(writer, "1", "2");
    expect([heard.texts, reader.seal!.challenges(), reader.seal!.statistics().stale]).toEqual([[], undefined, 2]);
  });

  test("a receiver asks a sender that does not answer as it has no challenges, and goes on refusing it", async () => {
    const [reader, writer] = [open("reader", noClock), open("writer", clock(), { challenge: false })];
    const heard = heardBy(reader);
    await say(writer, "1");
    await site.network.clock.advance(20_000);
    await say(writer, "2");
    expect([heard.texts, reader.statistics().stale]).toEqual([[], 2]);
    expect(reader.seal!.challenges()).toMatchObject({ asked: 1, unanswered: 1, sent: 6, proven: 0 });
  });

  test("a node without a clock hears itself", async () => {
    const channel = open("alone", noClock);
    const heard = heardBy(channel);
    await say(channel, "1", "2");
    expect(heard.texts).toEqual(["2"]);
  });

  test("several receivers are answered by one packet", async () => {
    const writer = open("writer", clock());
    const readers = ["a", "b", "c"].map((host) => open(host, noClock));
    const heard = readers.map(heardBy);
    await say(writer, "1", "2");
    await site.network.clock.advance(200);
    await say(writer, "3");
    expect(heard.map(({ texts }) => texts.at(-1))).toEqual(["3", "3", "3"]);
    const { answered, sent } = writer.seal!.challenges()!;
    expect([answered, sent <= 2]).toEqual([3, true]);
  });

  test("a fragmented message without a clock comes whole", async () => {
    const seal = { keys: { 1: KEYS[1] }, current: 1, challenge: true, now: noClock };
    const [reader, writer] = ["reader", "writer"].map((host) => site.node(host, { ttl: 1 }).channel("big", { seal, fragment: true }));
    const heard = heardBy(reader!);
    await say(writer!, "1", "x".repeat(100_000));
    await site.network.clock.advance(100);
    expect(heard.texts.map(({ length }) => length)).toEqual([100_000]);
  });

  test("recordings from before the challenge stay refused after it, and those from after it are repeats", async () => {
    const tap = new Wiretap(site.node("mallory", { ttl: 1 }), "plans");
    const writer = open("writer", clock());
    await say(writer, "old 1", "old 2");
    const old = tap.packets.slice();
    const reader = open("reader", noClock);
    const heard = heardBy(reader);
    tap.replay(old);
    await site.settle();
    await say(writer, "new");
    tap.replay(tap.packets.slice());
    await site.settle();
    expect(heard.texts).toEqual(["new"]);
    expect(reader.seal!.challenges()).toMatchObject({ asked: 1, proven: 1 });
  });

  test("a receiver without a clock that starts again refuses all recordings, of whatever life of the sender", async () => {
    const tap = new Wiretap(site.node("mallory", { ttl: 1 }), "plans");
    const writer = open("writer", clock());
    const before = heardBy(open("reader", noClock));
    await say(writer, "1", "2", "3");
    expect(before.texts).toEqual(["2", "3"]);
    const after = heardBy(open("restarted", noClock));
    tap.replay(tap.packets.slice());
    await site.network.clock.advance(200); // it is not the first answer of its sender
    await say(writer, "4");
    tap.replay(tap.packets.slice());
    await site.settle();
    expect([before.texts, after.texts]).toEqual([["2", "3", "4"], ["4"]]);
  });

  test("refuses a name that leaves no room for that of its challenges", () => {
    const node = site.node("a", { ttl: 1 });
    const seal = { keys: { 1: KEYS[1] }, current: 1, challenge: true };
    expect(() => node.channel("n".repeat(233), { seal })).toThrow(
      expect.objectContaining({ code: "ERR_CHANNEL_NAME", operation: "channel", argument: "name" }),
    );
    expect(node.channels).toEqual([]);
    expect(node.channel("n".repeat(232), { seal }).isClosed).toBe(false);
    expect(node.channel("n".repeat(233), { seal: { ...seal, challenge: false } }).isClosed).toBe(false);
  });
});

describe("sockets and groups of challenges", () => {
  test("are there while the channel is used, and gone when close() resolves", async () => {
    const [reader, writer] = [open("reader", noClock), open("writer", clock())];
    heardBy(reader);
    await say(writer, "1", "2");
    const ports = () => ["reader", "writer"].map((host) => site.reactor(host).ports.length);
    expect(ports()).toEqual([2, 3]); // received; challenges sent; what is published
    const groups = () =>
      ["reader", "writer"].map(
        (host) => site.reactor(host).ports.flatMap((port) => ("memberships" in port ? port.memberships : [])).length,
      );
    const before = groups();
    const closing = Promise.all([reader.close(), writer.close()]);
    await site.settle();
    await closing;
    expect(ports()).toEqual([1, 1]); // the one that receives stays as long as the node
    expect([before, groups()]).toEqual([
      [4, 2], // two channels, and one of challenges; each on the network and on loopback
      [0, 0],
    ]);
  });

  test("go with the last subscription of a channel that is not published, and come back with the next", async () => {
    const [reader, writer] = [open("reader", noClock), open("writer", clock())];
    const texts: string[] = [];
    const subscribe = () => reader.subscribe((data) => void texts.push(data.toString()));
    const first = subscribe();
    await say(writer, "1");
    first.unsubscribe();
    await site.settle();
    expect(site.reactor("reader").ports).toHaveLength(1);
    subscribe();
    await say(writer, "2", "3");
    expect(texts.at(-1)).toBe("3");
  });
});

describe("a relay", () => {
  /** A reader behind a relay without a clock, and what it hears once the writer has spoken several times. */
  async function heardThrough(allow: RelayRule[]): Promise<string[]> {
    const hubClock = new HubClock();
    const hubs = [new Hub(hubClock), new Hub(hubClock)] as const;
    const sides = hubs.map((hub, index) => ({ transport: hub.transport(), network: `n${index}` })) as unknown as RelayOptions["sides"];
    const relay = new ChannelRelay(site.reactor("relay"), { sides, allow });
    const channels = hubs.map((hub, index) => {
      const node = new ChannelNode(site.reactor(`host ${index}`), { name: "", transport: hub.transport(), heartbeatMs: 0 });
      const seal = { keys: { 1: KEYS[1] }, current: 1, challenge: true, now: index === 0 ? clock() : noClock };
      return node.channel("site/plans", { seal });
    });
    const heard = heardBy(channels[1]!);
    for (const text of ["1", "2", "3", "4"]) {
      channels[0]!.publish(Buffer.from(text));
      for (let i = 0; i < 5; i++) {
        hubClock.run();
        await site.settle();
      }
    }
    relay.close();
    return heard.texts;
  }

  test.each<[string, RelayRule[]]>([
    ["both channels by name", [{ channels: "site/plans" }, { channels: "site/plans/__groupcast_challenges" }]],
    ["the channel one way only", [{ channels: "site/plans", from: "n0" }, { channels: "site/plans/__groupcast_challenges" }]],
    ["a pattern that ends with **", [{ channels: "site/**" }]],
  ])("passes challenges by the rules: %s", async (_, rules) => {
    expect(await heardThrough(rules)).toEqual(["2", "3", "4"]);
  });

  test("that passes the channel alone leaves a receiver without a clock deaf", async () => {
    expect(await heardThrough([{ channels: "site/plans" }])).toEqual([]);
  });
});

describe("sealed heartbeats with challenge: true", () => {
  test("let nodes without a clock see one another, and be seen", async () => {
    const seal = (now: () => number) => ({ keys: { 1: KEYS[1] }, current: 1, challenge: true, now });
    const nodes = [noClock, noClock, clock()].map((now, index) => site.node(`n${index}`, { ttl: 1, heartbeatMs: 100, seal: seal(now) }));
    await site.network.clock.advance(500);
    const seen = nodes.map((node) => node.nodes.map(({ name }) => name).sort());
    expect(seen).toEqual([
      ["n1", "n2"],
      ["n0", "n2"],
      ["n0", "n1"],
    ]);
    await nodes[0]!.close();
    await site.settle();
    expect(nodes.slice(1).map((node) => node.nodes.length)).toEqual([1, 1]);
    for (const node of nodes.slice(1)) await node.close();
    await site.network.clock.advance(1000);
    expect(site.log.errors).toEqual([]);
  });
});
