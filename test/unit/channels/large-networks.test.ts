// Heartbeats in networks of many nodes: rarer, mostly without channels, and asked for when they are overdue.
import { ManualClock } from "@groupcast/backend-memory";
import { type ChannelUsage, decodeHeartbeat, encodeHeartbeat, HEARTBEAT_CHANNEL, type Heartbeat } from "@groupcast/channels";
import { describe, expect, test, vi } from "vitest";
import { Announcer } from "../../../packages/channels/src/presence/announcer.js";
import { HeartbeatRate } from "../../../packages/channels/src/presence/heartbeat-rate.js";
import { NodeDirectory } from "../../../packages/channels/src/presence/node-directory.js";
import { decodeQuestion, encodeQuestions } from "../../../packages/channels/src/presence/question.js";
import { LossySite } from "../../support/channels/lossy-site.js";
import { KEYS } from "../../support/channels/sealed-pair.js";
import { TappedHubs } from "../../support/channels/tapped-hubs.js";

const SESSION = "0123456789abcdef";
const FROM = { id: "192.0.2.1:1", address: "192.0.2.1", port: 1 };
const PERIOD_MS = 7417; // of a thousand nodes with such heartbeats

/** A channel whose name begins with this letter, and is as long as names are. */
function named(letter: string): string {
  return `${letter}/${"x".repeat(48)}`;
}

function subscribed(names: readonly string[]): ChannelUsage[] {
  return names.map((name) => ({ name, isPublished: false, isSubscribed: true }));
}

/** A node among so many, and a directory that hears it, unless it is deaf. */
class Large {
  readonly clock = new ManualClock();
  readonly beats: Heartbeat[] = [];
  readonly directory = new NodeDirectory(this.clock, undefined, { nodeChanged: () => {} });
  names = ["a", "b", "c", "d", "e"];
  nodes = 1000;
  isDeaf = false;
  random = 0;
  readonly #rate = new HeartbeatRate({ periodMs: 1000, nodes: () => this.nodes, sealBytes: 0, random: () => this.random });
  readonly announcer = new Announcer({
    clock: this.clock,
    session: SESSION,
    name: "camera",
    periodMs: 1000,
    rate: this.#rate,
    usages: () => subscribed(this.names.map((name) => (name.length === 1 ? named(name) : name))),
    send: (bytes) => {
      this.beats.push(decodeHeartbeat(bytes)!);
      if (!this.isDeaf) this.directory.take(bytes, FROM);
    },
  });

  async start(): Promise<void> {
    this.announcer.start();
    await this.clock.advance(10);
  }

  async change(...names: string[]): Promise<void> {
    this.names = names;
    this.announcer.changed();
    await this.clock.advance(10);
  }

  get heard(): string[] {
    return this.directory.nodes.flatMap(({ channels }) => channels.map(({ name }) => name[0]!)).sort();
  }

  /** What the heartbeats carried since the last call. */
  carried(): string[] {
    return this.beats.splice(0).map(({ depth = "", channels }) => `${depth}:${channels.map(({ name }) => name[0]).join("")}`);
  }
}

describe("Announcer in a large network", () => {
  test("announces the period that it keeps, and says that it answers", async () => {
    const large = new Large();
    await large.start();
    expect(large.beats).toMatchObject([{ periodMs: PERIOD_MS, answers: true, totalChannels: 5 }]);
    await large.clock.advance(3 * PERIOD_MS);
    expect(large.carried()).toEqual([":abcde", ":", ":", ":"]);
  });

  test("says that it answers only when its period is long, and does not answer else", async () => {
    const large = new Large();
    large.nodes = 200;
    await large.start();
    await large.clock.advance(800);
    large.announcer.answer();
    await large.clock.advance(100);
    expect(large.beats).toHaveLength(1);
    expect(large.beats[0]).not.toHaveProperty("answers");
  });

  test("takes the number of nodes of each heartbeat's own time", async () => {
    const large = new Large();
    await large.start();
    large.nodes = 2;
    await large.clock.advance(PERIOD_MS);
    expect(large.beats.map(({ periodMs }) => periodMs)).toEqual([PERIOD_MS, 1000]);
    await large.clock.advance(1000);
    expect(large.carried()).toEqual([":abcde", ":abcde", ":abcde"]);
  });

  test("tells a change at once as a difference, with the next two heartbeats again, and no change not at all", async () => {
    const large = new Large();
    await large.start();
    large.carried();
    await large.change("a", "b", "c", "d", "f");
    expect([large.carried(), large.heard]).toEqual([["1:fe"], ["a", "b", "c", "d", "f"]]);
    await large.clock.advance(3 * PERIOD_MS);
    expect(large.carried()).toEqual(["1:fe", "1:fe", ":"]);
    await large.change(...large.names);
    expect([large.beats.at(-1)!.revision, large.carried()]).toEqual([2, [":"]]);
  });

  test("has a reader who missed changes catch up with the next heartbeat", async () => {
    const large = new Large();
    await large.start();
    large.isDeaf = true;
    await large.change("a", "b", "c", "d", "e", "f");
    await large.change("a", "b", "c", "d", "f");
    large.isDeaf = false;
    await large.clock.advance(PERIOD_MS);
    expect([large.carried().at(-1), large.heard]).toEqual(["2:fe", ["a", "b", "c", "d", "f"]]);
  });

  test("sends the whole list when a difference would be longer, or fit no heartbeat", async () => {
    const large = new Large();
    await large.start();
    large.carried();
    await large.change("x");
    expect([large.carried(), large.heard]).toEqual([[":x"], ["x"]]);
    const many = Array.from({ length: 200 }, (_, index) => `a/rather/long/name/${index}`);
    await large.change("x", ...many);
    await large.clock.advance(100);
    expect([large.beats.every(({ depth }) => depth === undefined), large.heard.length]).toEqual([true, 201]);
  });

  test("sends its list to a newcomer with the next heartbeat, and a part of it every four of its times without newcomers", async () => {
    const large = new Large();
    await large.start();
    await large.clock.advance(1500);
    large.carried();
    large.announcer.repeat();
    await large.clock.advance(PERIOD_MS - 1600);
    expect(large.carried()).toEqual([]);
    await large.clock.advance(200);
    expect(large.carried()).toEqual([":abcde"]);
    await large.clock.advance(250_000); // four times 65 s are 260 s
    expect(new Set(large.carried())).toEqual(new Set([":"]));
    await large.clock.advance(20_000);
    expect(large.carried().filter((list) => list !== ":")).toEqual([":abcde"]);
  });

  test("forgets the changes that a whole list has", async () => {
    const large = new Large();
    await large.start();
    await large.change("a", "b", "c", "d", "f");
    large.announcer.repeat();
    large.carried();
    await large.clock.advance(2 * PERIOD_MS);
    expect(large.carried()).toEqual([":abcdf", ":"]);
  });

  test("repeats a change before a part of the list that is due", async () => {
    const large = new Large();
    await large.start();
    await large.clock.advance(259_000); // a part is due after 260 s
    large.carried();
    await large.change("a", "b", "c", "d", "f");
    await large.clock.advance(3 * PERIOD_MS);
    expect(large.carried()).toEqual(["1:fe", "1:fe", "1:fe", ":abcdf"]);
  });

  test("counts the time until the next part from the latest whole list", async () => {
    const large = new Large();
    await large.start();
    await large.clock.advance(200_000);
    large.carried();
    await large.change("x");
    expect(large.carried()).toEqual([":x"]);
    await large.change("a", "b", "c", "d", "e");
    expect(large.carried()).toEqual([":abcde"]);
    await large.clock.advance(250_000);
    expect(new Set(large.carried())).toEqual(new Set([":"]));
  });

  test("answers with a heartbeat, but not within a quarter of the period after the last", async () => {
    const large = new Large();
    await large.start();
    await large.clock.advance(PERIOD_MS / 4 - 20);
    large.announcer.answer();
    await large.clock.advance(300);
    expect(large.beats).toHaveLength(1);
    large.announcer.answer();
    await large.clock.advance(10);
    expect(large.beats).toHaveLength(2);
  });

  test("answers within a 32nd of the period, as chance has it", async () => {
    const large = new Large();
    await large.start();
    await large.clock.advance(PERIOD_MS / 2);
    large.random = 0.99;
    large.announcer.answer();
    await large.clock.advance(0.9 * (PERIOD_MS / 32));
    expect(large.beats).toHaveLength(1);
    await large.clock.advance(0.1 * (PERIOD_MS / 32));
    expect(large.beats).toHaveLength(2);
  });

  test("tells a change at once, also while an answer is due", async () => {
    const large = new Large();
    await large.start();
    await large.clock.advance(PERIOD_MS / 2);
    large.random = 0.99;
    large.announcer.answer();
    large.carried();
    await large.change("a", "b", "c", "d", "f");
    expect([large.carried(), large.heard]).toEqual([["1:fe"], ["a", "b", "c", "d", "f"]]);
    await large.clock.advance(PERIOD_MS / 4);
    expect(large.carried()).toEqual([]);
  });

  test("answers questions without end with four heartbeats a period", async () => {
    const large = new Large();
    await large.start();
    for (let ms = 0; ms < 10 * PERIOD_MS; ms += 10) {
      large.announcer.answer();
      await large.clock.advance(10);
    }
    expect(large.beats.length).toBeGreaterThan(30);
    expect(large.beats.length).toBeLessThanOrEqual(41);
  });
});

describe("NodeDirectory, given differences", () => {
  function directory(): { take: (beat: Partial<Heartbeat>) => void; names: () => string; ends: string[] } {
    const ends: string[] = [];
    const usageChanged = ({ channel, after }: { channel: string; after: ChannelUsage | undefined }): void =>
      void (after === undefined && ends.push(channel));
    const nodes = new NodeDirectory(new ManualClock(), undefined, { nodeChanged: () => {}, usageChanged });
    const about = { session: SESSION, name: "it", periodMs: 8000, isLeaving: false, revision: 1, totalChannels: 2, channels: [] };
    return {
      take: (beat) => nodes.take(encodeHeartbeat({ ...about, ...beat }), FROM),
      names: () => nodes.nodes.flatMap(({ channels }) => channels.map(({ name }) => name)).join(""),
      ends,
    };
  }

  const REMOVED = { name: "b", isPublished: false, isSubscribed: false };

  test("takes one for the whole list only if it had one of the revisions before", () => {
    const { take, names, ends } = directory();
    take({ channels: subscribed(["a", "b"]) });
    take({ revision: 4, depth: 2, channels: subscribed(["d"]), totalChannels: 3 }); // revision 2 is missing
    take({ revision: 5, depth: 1, channels: [REMOVED], totalChannels: 2 });
    take({ revision: 5, channels: subscribed(["a"]) });
    expect([names(), ends]).toEqual(["ad", ["b"]]);
    take({ revision: 5, channels: subscribed(["c"]) }); // now it is whole, and d was not in it
    expect([names(), ends]).toEqual(["ac", ["b", "d"]]);
  });

  test("takes one whose revisions before it missed for a part of the list", () => {
    const { take, names } = directory();
    take({ channels: subscribed(["a", "b"]) });
    take({ revision: 4, channels: subscribed(["b"]) });
    take({ revision: 4, depth: 2, channels: subscribed(["d"]) });
    expect(names()).toBe("bd");
  });

  test("has a whole list after each of several, and counts no part of it for the next one", () => {
    const { take, names } = directory();
    take({ channels: subscribed(["a", "b"]) });
    take({ revision: 2, depth: 1, channels: subscribed(["c"]) });
    take({ revision: 3, depth: 1, channels: subscribed(["d"]) });
    take({ revision: 3, totalChannels: 2, channels: subscribed(["a"]) });
    expect(names()).toBe("abcd");
  });

  test("takes one twice, and one that is late, without harm", () => {
    const { take, names } = directory();
    take({ channels: subscribed(["a", "b"]) });
    for (let i = 0; i < 2; i++) take({ revision: 2, depth: 1, channels: [...subscribed(["c"]), REMOVED] });
    take({ revision: 3, depth: 2, channels: [...subscribed(["c", "d"]), REMOVED], totalChannels: 3 });
    expect(names()).toBe("acd");
    take({ revision: 3, totalChannels: 3, channels: subscribed(["a", "c", "d"]) });
    expect(names()).toBe("acd");
  });

  test("counts revisions round their end", () => {
    const { take, names } = directory();
    take({ revision: 0xffff_ffff, channels: subscribed(["a", "b"]) });
    take({ revision: 0, depth: 1, channels: [REMOVED], totalChannels: 1 });
    take({ revision: 1, depth: 1, channels: subscribed(["z"]) });
    expect(names()).toBe("az");
    take({ revision: 1, channels: subscribed(["c"]) }); // a part of the next list, as the one before was whole
    expect(names()).toBe("azc");
  });

  test("takes one after a part of a list between, and begins the next list anew", () => {
    const { take, names } = directory();
    take({ channels: subscribed(["a", "b"]) });
    take({ revision: 2, totalChannels: 3, channels: subscribed(["c"]) });
    take({ revision: 3, depth: 2, totalChannels: 3, channels: [...subscribed(["d"]), { ...REMOVED, name: "c" }] });
    take({ revision: 3, totalChannels: 3, channels: subscribed(["a"]) });
    expect(names()).toBe("abd");
  });

  test("keeps its channels when heartbeats carry none", () => {
    const { take, names, ends } = directory();
    take({ channels: subscribed(["a", "b"]) });
    for (const revision of [1, 1, 2, 3]) take({ revision });
    expect([names(), ends]).toEqual(["ab", []]);
    take({ revision: 4, totalChannels: 0 });
    expect([names(), ends]).toEqual(["", ["a", "b"]]);
  });
});

describe("a node whose heartbeat is overdue", () => {
  test("is gone after three periods where nobody asks, as in a relay", async () => {
    const clock = new ManualClock();
    const fates: string[] = [];
    const directory = new NodeDirectory(clock, undefined, { nodeChanged: ({ change }) => void fates.push(change) });
    const about = { session: SESSION, name: "it", revision: 1, totalChannels: 0, channels: [], isLeaving: false, answers: true };
    directory.take(encodeHeartbeat({ ...about, periodMs: 8000 }), FROM);
    await clock.advance(23_900);
    expect(fates).toEqual(["appeared"]);
    await clock.advance(600);
    expect(fates).toEqual(["appeared", "gone"]);
  });

  test.each([
    [0, 9300], // searched for every 400 ms
    [0.5, 9400], // every 300 ms, and waits 250
  ])("is searched for at random times, and asked for after one: %d of them", async (random, askedMs) => {
    const drawn = vi.spyOn(Math, "random").mockReturnValue(random);
    const clock = new ManualClock();
    const asked: number[] = [];
    const directory = new NodeDirectory(clock, undefined, { nodeChanged: () => {} }, { ask: () => asked.push(clock.nowMs()) });
    const about = { session: SESSION, name: "it", revision: 1, totalChannels: 0, channels: [], isLeaving: false, answers: true };
    directory.take(encodeHeartbeat({ ...about, periodMs: 8000 }), FROM);
    await clock.advance(10_000);
    drawn.mockRestore();
    expect(asked[0]).toBe(askedMs);
  });

  test("is searched for each second at the least, and so gone within 92 seconds", async () => {
    const drawn = vi.spyOn(Math, "random").mockReturnValue(0); // the longest times between two searches
    const clock = new ManualClock();
    const directory = new NodeDirectory(clock, undefined, { nodeChanged: () => {} }, { ask: () => {} });
    const about = { session: SESSION, name: "it", revision: 1, totalChannels: 0, channels: [], isLeaving: false, answers: true };
    directory.take(encodeHeartbeat({ ...about, periodMs: 60_000 }), FROM);
    await clock.advance(90_900);
    expect(directory.size).toBe(1);
    await clock.advance(1100);
    drawn.mockRestore();
    expect(directory.size).toBe(0);
  });

  /** A node that hears what the test gives it, and what it asks. */
  function listening(): {
    hubs: TappedHubs;
    asked: string[][];
    hear: (payload: Buffer) => void;
    fates: string[];
    node: ReturnType<TappedHubs["node"]>;
  } {
    const hubs = new TappedHubs();
    const asked: string[][] = [];
    hubs.far.transport().startReceiving(HEARTBEAT_CHANNEL, {
      packetReceived: ({ payload }) => void asked.push(...[decodeQuestion(payload) ?? []].filter(({ length }) => length > 0)),
    });
    const node = hubs.node("asking", hubs.far.transport(), { heartbeatMs: 1000 });
    const fates: string[] = [];
    node.on("node", ({ change, reason }) => fates.push(`${change} ${reason ?? ""}`.trim()));
    const hear = (payload: Buffer): void =>
      hubs.give({ channel: HEARTBEAT_CHANNEL, source: { id: "it" }, sequence: undefined, isRelayed: false, payload });
    return { hubs, asked, hear, fates, node };
  }

  function beat(periodMs: number, answers = true): Buffer {
    return encodeHeartbeat({
      session: SESSION,
      name: "it",
      periodMs,
      revision: 1,
      totalChannels: 0,
      channels: [],
      isLeaving: false,
      answers,
    });
  }

  test("is suspected and asked for, and is there again when it answers", async () => {
    const { hubs, asked, hear, fates, node } = listening();
    hear(beat(8000));
    await hubs.pass(8900);
    expect([asked, node.nodes[0]!.isSuspected]).toEqual([[], false]);
    await hubs.pass(1500); // late at 9000, then at most 400 until a search, 500 of waiting, and 400 until the next search
    expect([asked[0], node.nodes[0]!.isSuspected]).toEqual([[SESSION], true]);
    hear(beat(8000));
    expect([fates, node.nodes[0]!.isSuspected]).toEqual([["appeared"], false]);
  });

  test("is gone when it does not answer, after one and a half periods, a second, and the time between two checks", async () => {
    const { hubs, asked, hear, fates } = listening();
    hear(beat(8000));
    await hubs.pass(12_900);
    expect([asked.length >= 2, fates]).toEqual([true, ["appeared"]]);
    await hubs.pass(600);
    expect(fates).toEqual(["appeared", "gone silent"]);
  });

  test("is asked for no more by who sees that others do", async () => {
    const { hubs, hear } = listening();
    const asked: string[] = [];
    hubs.far.transport().startReceiving(HEARTBEAT_CHANNEL, {
      packetReceived: ({ payload, source }) => void (decodeQuestion(payload) && asked.push(source.id)),
    });
    hear(beat(60_000));
    await hubs.pass(60_900);
    for (let ms = 0; ms < 25_000; ms += 1000) {
      hear(encodeQuestions([SESSION])[0]!);
      await hubs.pass(1000);
    }
    expect(asked.filter((id) => id !== "it").length).toBeLessThanOrEqual(1); // the one that began to suspect it
  });

  test("is gone after three periods behind a relay, and not asked for, as a relay may pass one way alone", async () => {
    const { hubs, asked, fates } = listening();
    hubs.give({ channel: HEARTBEAT_CHANNEL, source: { id: "it" }, sequence: undefined, isRelayed: true, payload: beat(8000) });
    await hubs.pass(23_900);
    expect([asked, fates]).toEqual([[], ["appeared"]]);
    await hubs.pass(600);
    expect([asked, fates]).toEqual([[], ["appeared", "gone silent"]]);
  });

  test.each([
    ["open", undefined],
    ["sealed", { keys: { 1: KEYS[1] }, current: 1 }],
  ] as const)("answers when a heartbeat was lost on the way, and is never gone: %s", async (_, seal) => {
    const site = new LossySite();
    const [asking, asked] = [site.node("a", { heartbeatMs: 8000, seal }), site.node("b", { heartbeatMs: 8000, seal })];
    const fates: string[] = [];
    asking.on("node", ({ change }) => fates.push(change));
    await site.pass(7000);
    site.cut("b", true);
    await site.pass(1500);
    site.cut("b", false);
    await site.pass(1000);
    expect(asking.nodes.map(({ session, isSuspected }) => [session, isSuspected])).toEqual([[asked.session, true]]);
    await site.pass(3000); // the next heartbeat would come after 16 s
    expect([asking.nodes[0]!.isSuspected, fates]).toEqual([false, ["appeared"]]);
  });

  test("answers the question of another node for it", async () => {
    const { hubs, hear, node } = listening();
    const beats: Heartbeat[] = [];
    for (let i = 0; i < 500; i++) hear(encodeHeartbeat({ ...decodeHeartbeat(beat(60_000))!, session: i.toString(16).padStart(16, "0") }));
    await hubs.pass(10_000);
    hubs.far.transport().startReceiving(HEARTBEAT_CHANNEL, {
      packetReceived: ({ payload }) => void beats.push(...[decodeHeartbeat(payload) ?? []].flat()),
    });
    while (beats.length === 0) await hubs.pass(100);
    await hubs.pass(1100); // a quarter of its 3.6 s and more
    expect(beats.length).toBe(1);
    hear(encodeQuestions(["ffffffffffffffff", node.session])[0]!);
    await hubs.pass(300);
    expect(beats.map(({ session }) => session)).toEqual([node.session, node.session]);
  });
});
