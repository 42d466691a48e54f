import { ManualClock } from "@groupcast/backend-memory";
import { type ChannelSource, decodeHeartbeat, encodeHeartbeat, type Heartbeat } from "@groupcast/channels";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { Announcer } from "../../../packages/channels/src/presence/announcer.js";
import { HeartbeatRate } from "../../../packages/channels/src/presence/heartbeat-rate.js";
import { type NodeChange, NodeDirectory } from "../../../packages/channels/src/presence/node-directory.js";

const SESSION = "0123456789abcdef";
const FROM = { id: "192.0.2.1:1", address: "192.0.2.1", port: 1 };

function beat(changes: Partial<Heartbeat> = {}): Heartbeat {
  const channels = [{ name: "pose", isPublished: true, isSubscribed: false }];
  return { session: SESSION, name: "camera", periodMs: 1000, revision: 1, totalChannels: 1, channels, isLeaving: false, ...changes };
}

function published(name: string): Heartbeat["channels"][number] {
  return { name, isPublished: true, isSubscribed: false };
}

/** The rate of a node in a network without others. */
function alone(periodMs: number): HeartbeatRate {
  return new HeartbeatRate({ periodMs, nodes: () => 1, sealBytes: 0, random: () => 0 });
}

class Neighbours {
  readonly clock = new ManualClock();
  readonly changes: string[] = [];
  readonly directory = new NodeDirectory(this.clock, "ffffffffffffffff", {
    nodeChanged: (change) => this.changes.push(this.#describe(change)),
  });

  hear(changes: Partial<Heartbeat> = {}, from: ChannelSource = FROM): void {
    this.directory.take(encodeHeartbeat(beat(changes)), from);
  }

  #describe({ change, node: { name, channels } }: NodeChange): string {
    return `${change} ${name} ${channels.map((channel) => channel.name).join(",")}`.trim();
  }
}

describe("encodeHeartbeat()", () => {
  test("writes the documented layout", () => {
    const bytes = encodeHeartbeat(beat({ revision: 2, totalChannels: 3, isLeaving: true }));
    expect(bytes.toString("hex")).toBe(
      ["47434842", "01", "01", SESSION, "000003e8", "00000002", "00000003", "0001", "06", "63616d657261", "01", "04", "706f7365"].join(""),
    );
  });

  test("is undone by decodeHeartbeat()", () => {
    const names = fc.stringMatching(/^[ -.0-~]{1,9}(\/[ -.0-~]{1,9}){0,2}$/).filter((name) => !name.split("/").includes(".."));
    const usage = fc.record({ name: names, isPublished: fc.boolean(), isSubscribed: fc.boolean() });
    const beats = fc.record({
      session: fc.stringMatching(/^[0-9a-f]{16}$/),
      name: fc.string({ maxLength: 60 }),
      periodMs: fc.nat(60_000),
      revision: fc.nat(),
      totalChannels: fc.nat(),
      channels: fc.array(usage, { maxLength: 20 }),
      isLeaving: fc.boolean(),
    });
    fc.assert(
      fc.property(beats, (given) => {
        expect(decodeHeartbeat(encodeHeartbeat(given))).toEqual(given);
      }),
    );
  });
});

/** A heartbeat of one channel, with another name for it. */
function renamed(bytes: Buffer, name: string): Buffer {
  return Buffer.concat([bytes.subarray(0, bytes.length - "pose".length - 1), Buffer.of(name.length), Buffer.from(name)]);
}

describe("decodeHeartbeat()", () => {
  test.each([["a"], ["..."], ["a/..b/.c"], ["a b"], ["x".repeat(255)]])("takes a channel named %j", (name) => {
    expect(decodeHeartbeat(renamed(encodeHeartbeat(beat()), name))?.channels).toEqual([published(name)]);
  });

  test.each([
    ["another version", (bytes: Buffer) => bytes.fill(2, 4, 5)],
    ["another schema", (bytes: Buffer) => bytes.fill("PULI", 0, 4)],
    ["a channel without a name", (bytes: Buffer) => renamed(bytes, "")],
    ["a name with an empty part", (bytes: Buffer) => renamed(bytes, "a//b")],
    ["a name with a leading slash", (bytes: Buffer) => renamed(bytes, "/a")],
    ["a name that ends with a slash", (bytes: Buffer) => renamed(bytes, "a/")],
    ["a name that goes up", (bytes: Buffer) => renamed(bytes, "a/../b")],
    ["a name that is but the way up", (bytes: Buffer) => renamed(bytes, "..")],
    ["a name that is not ASCII", (bytes: Buffer) => bytes.fill(0xe9, bytes.length - 1)],
    ["more channels than there are", (bytes: Buffer) => bytes.fill(9, 27, 28)],
    ["bytes behind the last channel", (bytes: Buffer) => bytes.fill(0, 26, 28)],
    ["a cut-off", (bytes: Buffer) => bytes.subarray(0, bytes.length - 1)],
    ["a header alone", (bytes: Buffer) => bytes.subarray(0, 28)],
  ])("ignores %s", (_, change) => {
    expect(decodeHeartbeat(change(encodeHeartbeat(beat())) as Buffer)).toBeUndefined();
  });

  test("never throws, whatever was changed on the way", () => {
    const good = encodeHeartbeat(beat());
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 10 }), fc.nat(good.length), (changes, length) => {
        const bytes = Buffer.from(good);
        for (const [offset, value] of changes) bytes[offset] = value;
        decodeHeartbeat(bytes.subarray(0, length));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("NodeDirectory", () => {
  test("tells of a node when it is first heard, and not again while nothing changes", () => {
    const neighbours = new Neighbours();
    neighbours.hear();
    neighbours.hear();
    expect(neighbours.changes).toEqual(["appeared camera pose"]);
    expect(neighbours.directory.nodes).toMatchObject([{ session: SESSION, name: "camera", channels: [published("pose")] }]);
  });

  test("does not tell a node of itself", () => {
    const neighbours = new Neighbours();
    neighbours.hear({ session: "ffffffffffffffff" });
    expect(neighbours.changes).toEqual([]);
  });

  test("tells what changed: a name, a channel more, one fewer, one that is used otherwise", () => {
    const neighbours = new Neighbours();
    neighbours.hear();
    neighbours.hear({ name: "lens" });
    neighbours.hear({ name: "lens", revision: 2, totalChannels: 2, channels: [published("pose"), published("image")] });
    neighbours.hear({ name: "lens", revision: 3, totalChannels: 1, channels: [published("image")] });
    neighbours.hear({ name: "lens", revision: 4, channels: [{ name: "image", isPublished: true, isSubscribed: true }] });
    const changed = ["changed lens pose", "changed lens pose,image", "changed lens image", "changed lens image"];
    expect(neighbours.changes).toEqual(["appeared camera pose", ...changed]);
  });

  test("keeps what it knows of a list while the parts of the next one come in", () => {
    const neighbours = new Neighbours();
    neighbours.hear({ totalChannels: 2, channels: [published("a"), published("b")] });
    neighbours.hear({ revision: 2, totalChannels: 2, channels: [published("b")] });
    expect(neighbours.directory.nodes[0]!.channels.map(({ name }) => name)).toEqual(["a", "b"]);
    neighbours.hear({ revision: 2, totalChannels: 2, channels: [published("c")] });
    expect(neighbours.directory.nodes[0]!.channels.map(({ name }) => name)).toEqual(["b", "c"]);
  });

  test("takes a node for dead when three of its heartbeats have not come", async () => {
    const neighbours = new Neighbours();
    neighbours.hear({ periodMs: 200 });
    await neighbours.clock.advance(590);
    neighbours.hear({ periodMs: 200 });
    await neighbours.clock.advance(590);
    expect(neighbours.changes).toEqual(["appeared camera pose"]);
    await neighbours.clock.advance(110);
    expect(neighbours.changes).toEqual(["appeared camera pose", "gone camera pose"]);
    expect(neighbours.directory.nodes).toEqual([]);
  });

  test("hears a good-bye at once, and one from a stranger not at all", () => {
    const neighbours = new Neighbours();
    neighbours.hear({ isLeaving: true });
    neighbours.hear();
    neighbours.hear({ isLeaving: true });
    expect(neighbours.changes).toEqual(["appeared camera pose", "gone camera pose"]);
  });

  test("does not keep for ever who says that its period is for ever", async () => {
    const neighbours = new Neighbours();
    neighbours.hear({ periodMs: 0xffff_ffff });
    await neighbours.clock.advance(181_000);
    expect(neighbours.directory.nodes).toEqual([]);
  });

  test("holds 1024 nodes, 512 of one address, the latest, and counts who had to make room", () => {
    const neighbours = new Neighbours();
    const sessions = Array.from({ length: 3000 }, (_, index) => index.toString(16).padStart(16, "0"));
    for (const [index, session] of sessions.entries()) neighbours.hear({ session }, { id: `${index}`, address: `192.0.2.${index % 2}` });
    expect(neighbours.directory.statistics()).toMatchObject({ nodes: 1024, channels: 1024, evicted: 1976 });
    expect(neighbours.directory.nodes.map(({ session }) => session)).toEqual(sessions.slice(-1024));
    for (const session of sessions.slice(0, 1024)) neighbours.hear({ session }, { id: "one sender without an address" });
    expect(neighbours.directory.statistics()).toMatchObject({ nodes: 1024, evicted: 1976 + 1024 });
    expect(neighbours.directory.nodes.slice(-512).map(({ session }) => session)).toEqual(sessions.slice(512, 1024));
  });

  test("counts the ports of an address as one", () => {
    const neighbours = new Neighbours();
    const beatFrom = (index: number, address: string): void =>
      neighbours.hear({ session: index.toString(16).padStart(16, "0") }, { id: `${address}:${index}`, address, port: index });
    beatFrom(1, "192.0.2.1");
    for (let i = 2; i < 3000; i++) beatFrom(i, "192.0.2.2");
    expect(neighbours.directory.statistics()).toMatchObject({ nodes: 513, evicted: 2998 - 512 });
  });

  test("holds 65,536 channels, half of them of one node or address, and counts the rest", () => {
    const directory = new NodeDirectory(new ManualClock(), undefined, { nodeChanged: () => {} });
    const perBeat = 100;
    const announce = (session: string, count: number, from: ChannelSource): void => {
      for (let i = 0; i < count; i += perBeat) {
        const channels = Array.from({ length: perBeat }, (_, index) => published(`channel ${i + index}`));
        directory.take(encodeHeartbeat(beat({ session, totalChannels: count, channels })), from);
      }
    };
    announce(SESSION, 1_000_000, FROM);
    expect(directory.statistics()).toMatchObject({ nodes: 1, channels: 32_768, refused: 1_000_000 - 32_768, evicted: 0 });
    announce("1".repeat(16), 30_000, FROM); // makes the first node of this address go
    expect(directory.statistics()).toMatchObject({ nodes: 1, channels: 30_000, evicted: 1 });
    announce("2".repeat(16), 30_000, { id: "b" });
    announce("3".repeat(16), 10_000, { id: "c" }); // makes the node go that was silent for longest, whosever it is
    expect(directory.statistics()).toMatchObject({ nodes: 2, channels: 40_000, evicted: 2 });
    expect(directory.nodes.map(({ session }) => session[0])).toEqual(["2", "3"]);
  });

  test("counts what it cannot read", () => {
    const neighbours = new Neighbours();
    neighbours.directory.take(Buffer.from("nonsense"), FROM);
    expect(neighbours.directory.statistics()).toMatchObject({ nodes: 0, malformed: 1 });
  });
});

describe("Announcer", () => {
  function announcer(clock: ManualClock, names: string[], periodMs = 1000): { beats: Heartbeat[]; announcer: Announcer } {
    const beats: Heartbeat[] = [];
    const usages = () => names.map(published);
    const send = (bytes: Buffer) => beats.push(decodeHeartbeat(bytes)!);
    const started = new Announcer({ clock, session: SESSION, name: "camera", periodMs, rate: alone(periodMs), usages, send });
    started.start();
    return { beats, announcer: started };
  }

  test("beats at once, and then each period", async () => {
    const clock = new ManualClock();
    const { beats } = announcer(clock, ["pose"]);
    await clock.advance(10);
    expect(beats).toEqual([beat()]);
    await clock.advance(3000);
    expect(beats).toHaveLength(4);
  });

  test("tells a change at once, in one heartbeat for all that changed in one turn", async () => {
    const clock = new ManualClock();
    const names = ["pose"];
    const { beats, announcer: one } = announcer(clock, names);
    await clock.advance(10);
    names.push("image");
    one.changed();
    one.changed();
    await clock.advance(10);
    expect(beats.at(-1)).toMatchObject({ revision: 2, totalChannels: 2 });
    expect(beats).toHaveLength(2);
  });

  test("tells a list of 10,000 channels within a second, no heartbeat longer than a packet of Ethernet", async () => {
    const clock = new ManualClock();
    const names = Array.from({ length: 10_000 }, (_, index) => `robot/part/${index}`);
    const lengths: number[] = [];
    const directory = new NodeDirectory(clock, undefined, { nodeChanged: () => {} });
    const send = (bytes: Buffer) => {
      lengths.push(bytes.length);
      directory.take(bytes, FROM);
    };
    new Announcer({
      clock,
      session: SESSION,
      name: "camera",
      periodMs: 1000,
      rate: alone(1000),
      usages: () => names.map(published),
      send,
    }).start();
    await clock.advance(1000);
    expect(directory.statistics().channels).toBe(10_000);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(1300);
  });

  test("repeats a part of a long list with each beat, so that who missed one hears it later", async () => {
    const clock = new ManualClock();
    const { beats } = announcer(
      clock,
      Array.from({ length: 200 }, (_, index) => `a/rather/long/name/${index}`),
    );
    await clock.advance(1000);
    const first = beats.splice(0).flatMap(({ channels }) => channels.map(({ name }) => name));
    expect(new Set(first).size).toBe(200);
    await clock.advance(6000);
    expect(new Set(beats.flatMap(({ channels }) => channels.map(({ name }) => name))).size).toBe(200);
  });

  test("repeats the whole list for newcomers once a period, however many are invented", async () => {
    const clock = new ManualClock();
    const { beats, announcer: one } = announcer(clock, ["pose"]);
    await clock.advance(10);
    beats.length = 0;
    for (let i = 0; i < 1000; i++) {
      one.repeat();
      await clock.advance(10);
    }
    expect(beats.length).toBeLessThanOrEqual(20);
    expect(beats.length).toBeGreaterThanOrEqual(10);
  });

  test("sends a list to its end, however often it changes, and rests after it for as long as it was", async () => {
    const clock = new ManualClock();
    const names = Array.from({ length: 6000 }, (_, index) => `robot/part/${index}`);
    const { beats, announcer: one } = announcer(clock, names);
    const revisions = new Map<number, number>();
    for (let ms = 0; ms < 4000; ms += 5) {
      one.changed();
      await clock.advance(5);
    }
    for (const { revision, channels } of beats) revisions.set(revision, (revisions.get(revision) ?? 0) + channels.length);
    expect(beats.length).toBeLessThan(4 * 100 + 100);
    const [, ...counts] = [...revisions.values()].reverse();
    expect(counts.length).toBeGreaterThan(1);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(names.length);
  });

  test("does not miss a period while a long list rests", async () => {
    const clock = new ManualClock();
    const { beats, announcer: one } = announcer(
      clock,
      Array.from({ length: 30_000 }, (_, index) => `robot/part/${index}`),
    );
    await clock.advance(500);
    one.changed();
    await clock.advance(10);
    beats.length = 0;
    await clock.advance(3000);
    expect(beats.length).toBeGreaterThanOrEqual(2);
    expect(new Set(beats.map(({ revision }) => revision))).toEqual(new Set([1]));
  });

  test("sends a list to its end, though its program was busy for seconds in between", async () => {
    const clock = new ManualClock();
    const names = Array.from({ length: 10_000 }, (_, index) => `robot/part/${index}`);
    const { beats, announcer: one } = announcer(clock, names);
    await clock.advance(10);
    const nowMs = clock.nowMs();
    vi.spyOn(clock, "nowMs").mockImplementation(() => nowMs + 10_000);
    one.changed();
    await clock.advance(100);
    const first = beats.filter(({ revision }) => revision === 1).flatMap(({ channels }) => channels);
    expect(first.length).toBeGreaterThanOrEqual(names.length);
    expect(beats.at(-1)!.revision).toBe(2);
  });

  test("tells a change in the middle of a list as soon as that list has rested, long before the period is over", async () => {
    const clock = new ManualClock();
    const names = Array.from({ length: 4000 }, (_, index) => `robot/part/${index}`);
    const { beats, announcer: one } = announcer(clock, names, 60_000);
    await clock.advance(10);
    one.changed();
    await clock.advance(1000);
    expect(beats.at(-1)!.revision).toBe(2);
  });

  test("repeats a long list for newcomers no more often than it rests", async () => {
    const clock = new ManualClock();
    const { beats, announcer: one } = announcer(
      clock,
      Array.from({ length: 30_000 }, (_, index) => `robot/part/${index}`),
    );
    for (let ms = 0; ms < 10_000; ms += 100) {
      one.repeat();
      await clock.advance(100);
    }
    expect(beats.length).toBeLessThan(10 * 110 + 500);
  });

  test("says good-bye when it stops, and nothing after", async () => {
    const clock = new ManualClock();
    const { beats, announcer: one } = announcer(clock, ["pose"]);
    await clock.advance(10);
    one.leave();
    one.changed();
    one.repeat();
    await clock.advance(5000);
    expect(beats.map(({ isLeaving }) => isLeaving)).toEqual([false, true]);
  });
});
