// The commands about channels, on a network in memory.
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryNetwork } from "@groupcast/backend-memory";
import { ChannelNode, encodeHeartbeat, HEARTBEAT_CHANNEL, multicastGroupForChannel } from "@groupcast/channels";
import { echoChannels, findChannels, listChannels, main, measureChannels, replayInto } from "@groupcast/cli";
import { Reactor } from "groupcast";
import { expect, onTestFinished, test, vi } from "vitest";
import { readAll, temporaryFolder } from "../../support/cli/capture-bytes.js";
import { CommandSite } from "../../support/cli/command-site.js";
import { FakeHost, run, settle } from "../../support/cli/fake-host.js";

const EPOCH_MS = 1_795_000_000_000;
const KEY = randomBytes(32);

/** Hosts with nodes, and one on which the command runs. */
class Site extends CommandSite {
  constructor() {
    super(new MemoryNetwork({ epochMs: EPOCH_MS }));
  }

  reactor(name: string): Reactor {
    return new Reactor({ backend: this.network.host(name), clock: this.network.clock });
  }

  node(name: string, options: { readonly heartbeatMs?: number } = {}): ChannelNode {
    return new ChannelNode(this.reactor(name), { name, ttl: 1, ...options });
  }
}

test("channels list shows names, groups, publishers and subscribers, and ends by itself", async () => {
  const site = new Site();
  site.node("robot").channel("robot/pose").publish(Buffer.from("x"));
  site
    .node("viewer\x1b[2J")
    .channel("robot/pose")
    .subscribe(() => {});
  expect(await settle(site.network.clock, main(["channels", "list"], site.host))).toBe(0);
  expect(site.host.stdout.text).toBe(
    [
      "CHANNEL     GROUP              PUBLISHED BY  SUBSCRIBED BY",
      `robot/pose  ${multicastGroupForChannel("robot/pose")}:8765  robot         viewer\\x1b[2J`,
      "2 nodes, 1 channel\n",
    ].join("\n"),
  );
});

test("channels list --json prints a record for each channel, and ends with 1 where there is none", async () => {
  const site = new Site();
  const robot = site.node("robot");
  robot.channel("log").publish(Buffer.from("x"));
  expect(await settle(site.network.clock, main(["channels", "list", "--json"], site.host))).toBe(0);
  expect(site.host.records).toEqual([
    {
      type: "channel",
      channel: "log",
      group: multicastGroupForChannel("log"),
      port: 8765,
      publishers: [{ name: "robot", session: robot.session }],
      subscribers: [],
    },
    { type: "listed", nodes: 1, channels: 1, leftOut: 0 },
  ]);
  const other = new FakeHost({ on: [site.network, "watcher"] });
  expect(await settle(site.network.clock, main(["channels", "list", "--port", "9000"], other))).toBe(1);
  expect(other.stdout.text).toBe("0 nodes, 0 channels\n");
});

/** Some nodes, and one whose heartbeat comes late: all announce the same period. */
async function crowd(site: Site, count: number, periodMs: number, lateMs: number): Promise<void> {
  const beats = site.node("crowd", { heartbeatMs: 0 }).channel(HEARTBEAT_CHANNEL);
  const about = { name: "of many", periodMs, revision: 1, totalChannels: 0, channels: [], isLeaving: false };
  await site.network.clock.advance(100);
  for (let i = 0; i < count; i++) beats.publish(encodeHeartbeat({ ...about, session: i.toString(16).padStart(16, "0") }));
  await site.network.clock.advance(lateMs - 100);
  beats.publish(encodeHeartbeat({ ...about, session: "f".repeat(16), name: "late" }));
}

test.each([
  ["waits for one period of a large network", 33, undefined, true],
  ["waits for two seconds, however seldom a few nodes have heartbeats", 32, undefined, false],
  ["waits no longer than it is told", 33, 2000, false],
])("listChannels() %s", async (_, count, durationMs, isFound) => {
  const site = new Site();
  const listed = listChannels(site.reactor("watcher"), { durationMs, ttl: 1 });
  await crowd(site, count, 7800, 7900);
  const { nodes } = await settle(site.network.clock, listed);
  expect([nodes.length, nodes.some(({ name }) => name === "late")]).toEqual([count + (isFound ? 1 : 0), isFound]);
});

test("findChannels() waits for one period of a large network, and no longer", async () => {
  const site = new Site();
  const begunMs = site.network.clock.nowMs();
  const found = findChannels(site.reactor("watcher"), ["robot/**"], { ttl: 1 });
  await crowd(site, 33, 7800, 7900);
  await settle(site.network.clock, found);
  const tookMs = site.network.clock.nowMs() - begunMs;
  expect([tookMs >= 8800, tookMs < 9000]).toEqual([true, true]);
});

test("findChannels() does not wait for the few nodes that announce a longer period than most", async () => {
  const site = new Site();
  const begunMs = site.network.clock.nowMs();
  const found = findChannels(site.reactor("watcher"), ["robot/**"], { ttl: 1 });
  const beats = site.node("crowd", { heartbeatMs: 0 }).channel(HEARTBEAT_CHANNEL);
  const about = { name: "of many", revision: 1, totalChannels: 0, channels: [], isLeaving: false };
  await site.network.clock.advance(100);
  for (let i = 0; i < 40; i++) {
    beats.publish(encodeHeartbeat({ ...about, periodMs: i < 19 ? 60_000 : 7800, session: i.toString(16).padStart(16, "0") }));
  }
  await settle(site.network.clock, found);
  expect(Math.floor((site.network.clock.nowMs() - begunMs) / 100)).toBe(88);
});

test("channels list --watch prints each change", async () => {
  const site = new Site();
  await site.command(["channels", "list", "--watch"], async () => {
    const robot = site.node("robot");
    await site.turns(50);
    robot.channel("log").publish(Buffer.from("x"));
    await site.turns(1500);
    await robot.close();
  });
  expect(site.host.stdout.text).toMatch(
    /^appeared robot [0-9a-f]{16}: no channels\nchanged robot [0-9a-f]{16}: log \(publishes\)\ngone robot [0-9a-f]{16}\n0 nodes, 0 channels\n$/,
  );
});

test("channels echo prints messages with time, channel, sender, node, number, gap and contents", async () => {
  const site = new Site();
  const robot = site.node("robot");
  const pose = robot.channel("robot/pose", { codec: "json" });
  pose.publish({ x: 0 });
  await site.turns(20);
  const code = await site.command(["channels", "echo", "robot/pose"], async () => {
    await site.turns(2000);
    pose.publish({ x: 1 });
    await site.turns(10);
    site.network.host("robot").setLink("eth0", { loss: 1 });
    pose.publish({ x: 2 });
    await site.turns(10);
    site.network.host("robot").setLink("eth0", { loss: 0 });
    pose.publish({ x: 3 });
  });
  expect(code).toBe(0);
  const [first, second, summary] = site.host.stdout.text.split("\n");
  expect(first).toMatch(/^\d\d:\d\d:\d\d\.\d{6} robot\/pose 10\.0\.0\.\d+:\d+ \(robot\) number 1 7 bytes {2}\{"x":1\}$/);
  expect(second).toMatch(/ number 3 1 missing before it 7 bytes {2}\{"x":3\}$/);
  expect(summary).toMatch(/^2 messages in 2\.\d s, 1 message missing$/);
  expect(site.host.stderr.text).toBe("receiving robot/pose\n");
});

test("channels echo --json escapes nothing twice, and names no node where two could be meant", async () => {
  const site = new Site();
  const channels = ["a", "b"].map((name) => site.node(name).channel("log", { codec: "text" }));
  for (const channel of channels) channel.publish("before");
  await site.turns(20);
  await site.command(["channels", "echo", "log", "--json", "--count", "1"], async () => {
    await site.turns(2000);
    channels[0]!.publish("evil \x1b[2J");
  });
  expect(site.host.stdout.text).not.toContain("\x1b");
  const [message, end] = site.host.records;
  expect(message).toEqual({
    type: "message",
    timeNs: expect.stringMatching(/^17950000\d{11}$/),
    channel: "log",
    from: expect.stringMatching(/^10\.0\.0\.\d+:\d+$/),
    number: 1,
    lost: 0,
    lead: 1,
    lengthBytes: 9,
    hex: Buffer.from("evil \x1b[2J").toString("hex"),
  });
  expect(end).toMatchObject({ type: "echoed", messages: 1, channels: ["log"], lost: 0 });
});

test("channels echo receives the channels that fit a pattern as nodes begin to use them, and no others", async () => {
  const site = new Site();
  await site.command(["channels", "echo", "robot/*"], async () => {
    const robot = site.node("robot");
    for (let round = 0; round < 2; round++) {
      for (const name of ["robot/a", "robot/b", "robot/arm/c", "other"]) robot.channel(name).publish(Buffer.from(`${name} ${round}`));
      await site.turns(1500);
    }
  });
  expect(site.host.stdout.text).toContain('"robot/a 1"');
  expect(site.host.stdout.text).toContain('"robot/b 1"');
  expect(site.host.stdout.text).not.toMatch(/robot\/arm|other/);
});

/** Names of two channels that share a group. */
function neighbours(): readonly [string, string] {
  const names = new Map<string, string>();
  for (let n = 0; ; n++) {
    const group = multicastGroupForChannel(`n${n}`);
    const known = names.get(group);
    if (known !== undefined) return [known, `n${n}`];
    names.set(group, `n${n}`);
  }
}

test("channels echo and record --channel keep out another channel on the same group", async () => {
  const site = new Site();
  const path = join(temporaryFolder(), "neighbour.pcapng");
  const [mine, other] = neighbours();
  const recorder = new FakeHost({ on: [site.network, "recorder"] });
  const recording = main(["record", path, "--channel", mine, "--json"], recorder);
  await site.command(["channels", "echo", mine], async () => {
    const robot = site.node("robot");
    for (const name of [other, mine]) robot.channel(name).publish(Buffer.from(`of ${name}`));
  });
  recorder.interrupt();
  await settle(site.network.clock, recording);
  expect(site.host.stdout.text).toContain(`"of ${mine}"`);
  expect(site.host.stdout.text).toMatch(/^1 message in /m);
  expect((await readAll(path)).datagrams).toHaveLength(1);
  expect(recorder.records.at(-1)).toMatchObject({ received: 1, foreign: 1 });
});

test("channels echo names no node once a second sender was heard on the channel", async () => {
  const site = new Site();
  const known = site.node("robot").channel("log");
  const silent = site.node("silent", { heartbeatMs: 0 }).channel("log");
  known.publish(Buffer.from("before"));
  await site.turns(20);
  await site.command(["channels", "echo", "log", "--json"], async () => {
    await site.turns(2000);
    for (const channel of [known, silent, known]) {
      channel.publish(Buffer.from("x"));
      await site.turns(10);
    }
  });
  expect(site.host.records.slice(0, -1).map(({ node }) => node)).toEqual(["robot", undefined, undefined]);
});

test("channels hz receives 256 channels of a pattern, and says that there are more", async () => {
  const site = new Site();
  const robot = site.node("robot");
  await site.command(["channels", "hz", "**", "--json"], async () => {
    for (let n = 0; n < 300; n++) robot.channel(`n${n}`).subscribe(() => {});
    await site.turns(3000);
  });
  expect(site.host.records.filter(({ type }) => type === "rate")).toHaveLength(256);
  expect(site.host.records.at(-1)).toMatchObject({ type: "measured", leftOut: 44 });
});

test("channels echo --interface hears senders of this host, too, which send by loopback", async () => {
  const site = new Site();
  await site.command(["channels", "echo", "log", "-i", "eth0"], async () => {
    new ChannelNode(site.reactor("watcher"), { name: "local", ttl: 0 }).channel("log").publish(Buffer.from("by loopback"));
  });
  expect(site.host.stdout.text).toContain('"by loopback"');
});

test("channels echo opens a sealed channel with its key, puts fragments together, and counts what it cannot open", async () => {
  const site = new Site();
  const file = join(temporaryFolder(), "key");
  writeFileSync(file, `${KEY.toString("hex")}\n`);
  const [owner, stranger] = ["owner", "stranger"].map((name) => site.node(name));
  const plans = owner!.channel("plans", { seal: { keys: { 0: KEY }, current: 0 }, fragment: true });
  await site.command(["channels", "echo", "plans", "--key-file", file, "--json"], async () => {
    plans.publish(Buffer.from("noon"));
    stranger!.channel("plans").publish(Buffer.from("midnight"));
    plans.publish(Buffer.alloc(100_000, "x"));
    await site.turns(200);
  });
  const messages = site.host.records.slice(0, -1);
  expect(messages.map(({ text, lengthBytes }) => [String(text).slice(0, 4), lengthBytes])).toEqual([
    ["noon", 4],
    ["xxxx", 100_000],
  ]);
  expect(site.host.records.at(-1)).toMatchObject({ type: "echoed", messages: 2, unopened: 1 });
});

test("echoChannels() rejects with what onMessage throws, and leaves nothing open", async () => {
  const site = new Site();
  const reactor = site.reactor("watcher");
  const onMessage = (): never => {
    throw new Error("mine");
  };
  const echoing = echoChannels(reactor, { channels: ["log"], onMessage });
  echoing.catch(() => {});
  await site.turns(50);
  site.node("robot").channel("log").publish(Buffer.from("x"));
  await expect(settle(site.network.clock, echoing)).rejects.toThrow("mine");
  expect(reactor.ports).toEqual([]);
});

/** Publishes messages of 40, 50 and 60 bytes, 100 ms apart. */
async function talk(site: Site): Promise<void> {
  const channel = site.node("robot").channel("pose");
  for (const length of [40, 50, 60]) {
    channel.publish(Buffer.alloc(length));
    await site.turns(100);
  }
}

test("channels hz measures the rate and the gaps of each channel", async () => {
  const site = new Site();
  await site.command(["channels", "hz", "pose", "silent"], () => talk(site));
  expect(site.host.stdout.text).toMatch(
    /^pose: 3 packets, 10\/s, gaps min 100, mean 100, max 100, std 0 ms\nsilent: nothing arrived\n3 packets in /,
  );
});

test("channels bw measures bytes a second and sizes, without headers", async () => {
  const site = new Site();
  expect(await site.command(["channels", "bw", "pose", "--json"], () => talk(site))).toBe(0);
  expect(site.host.records[0]).toEqual({
    type: "bandwidth",
    channel: "pose",
    packets: 3,
    spanMs: 200,
    bytesPerSecond: 550,
    sizeBytes: { count: 3, min: 40, mean: 50, max: 60, std: expect.closeTo(8.165, 2) },
  });
});

test("measureChannels() measures the delay from the time in a message, and counts messages without one", async () => {
  const site = new Site();
  const measuring = measureChannels(site.reactor("watcher"), { channels: ["pose"], timeField: "header.stamp", count: 3 });
  await site.turns(50);
  const channel = site.node("robot").channel("pose", { codec: "json" });
  const arrivesMs = EPOCH_MS + site.network.clock.nowMs();
  for (const stamp of [arrivesMs - 40, (arrivesMs - 20) / 1000, "none"]) channel.publish({ header: { stamp } });
  const { channels } = await settle(site.network.clock, measuring);
  expect(channels[0]).toMatchObject({ untimed: 1, delayMs: { count: 2 } });
  const { min, max } = channels[0]!.delayMs!;
  expect(min).toBeCloseTo(20, -1);
  expect(max - min).toBeCloseTo(20, 1);
});

test("measureChannels() measures from the kernel to this program where messages carry no time", async () => {
  const site = new Site();
  const nowNs = (): bigint => BigInt(EPOCH_MS + site.network.clock.nowMs()) * 1_000_000n + 3_000_000n;
  const measuring = measureChannels(site.reactor("watcher"), { channels: ["pose"], count: 1, nowNs });
  await site.turns(50);
  site.node("robot").channel("pose").publish(Buffer.from("x"));
  const { channels } = await settle(site.network.clock, measuring);
  expect(channels[0]!.delayMs).toMatchObject({ count: 1, min: expect.closeTo(3, 0) });
});

test("record --channel records a channel and not its neighbours, and replay --channel sends it under another name", async () => {
  const site = new Site();
  const path = join(temporaryFolder(), "channels.pcapng");
  const robot = site.node("robot");
  const [pose, log] = ["robot/pose", "robot/log"].map((name) => robot.channel(name, { codec: "text" }));
  const code = await site.command(["record", path, "--channel", "robot/pose"], async () => {
    for (const text of ["one", "two"]) for (const channel of [pose!, log!]) channel.publish(text);
  });
  expect(code).toBe(0);
  const { datagrams } = await readAll(path);
  expect(datagrams.map(({ to }) => to)).toEqual(Array(2).fill({ address: multicastGroupForChannel("robot/pose"), port: 8765 }));

  const heard: string[] = [];
  const test1 = site.node("test").channel("test/pose", { codec: "text" });
  test1.subscribe((text, { lead }) => void heard.push(`${text} ${lead}`));
  pose!.subscribe((text) => void heard.push(`old name: ${text}`));
  const replayer = new FakeHost({ on: [site.network, "replayer"] });
  expect(await settle(site.network.clock, main(["replay", path, "--channel", "robot/pose=test/pose"], replayer))).toBe(0);
  await site.turns(50);
  expect(heard).toEqual(["one 1", "two 1"]);
  expect(replayer.stdout.text).toMatch(/^2 datagrams /);
});

test("record --channel finds the channels of a pattern, and ends with 1 where there are none", async () => {
  const site = new Site();
  const path = join(temporaryFolder(), "pattern.pcapng");
  const log = site.node("robot").channel("robot/log", { codec: "text" });
  log.publish("known");
  await site.turns(50);
  await site.command(["record", path, "--channel", "robot/*"], async () => {
    await site.turns(2000);
    log.publish("recorded");
  });
  const { datagrams } = await readAll(path);
  expect(datagrams.map(({ text }) => text.endsWith("recorded"))).toEqual([true]);
  const other = new FakeHost({ on: [site.network, "watcher"] });
  expect(await settle(site.network.clock, main(["record", `${path}2`, "--channel", "none/*"], other))).toBe(1);
  expect(other.stderr.text).toContain("no node uses such a channel now");
});

test("replayInto() replays chosen channels into a network, and counts the others", async () => {
  const site = new Site();
  const path = join(temporaryFolder(), "all.pcapng");
  const robot = site.node("robot");
  await site.command(["record", path, "--channel", "a", "--channel", "b"], async () => {
    for (const name of ["a", "b", "a"]) robot.channel(name).publish(Buffer.from(name));
  });
  const lab = new MemoryNetwork();
  const heard: string[] = [];
  const node = new ChannelNode(new Reactor({ backend: lab.host("under-test"), clock: lab.clock }), { name: "n", heartbeatMs: 0 });
  for (const name of ["a", "b", "c"]) node.channel(name).subscribe((data, { channel }) => void heard.push(`${channel}: ${data}`));
  const replay = await replayInto(lab, path, { channels: [{ channel: "a", as: "c" }] });
  await lab.clock.advance(replay.durationMs + 100);
  expect(heard).toEqual(["c: a", "c: a"]);
  expect(replay).toMatchObject({ datagrams: 2, skipped: { "other channels": 1 } });
});

test("listChannels() and findChannels() refuse what is no name and no network", async () => {
  const site = new Site();
  await expect(findChannels(site.reactor("a"), ["ü"])).rejects.toMatchObject({ code: "ERR_CHANNEL_NAME" });
  await expect(listChannels(site.reactor("a"), { port: 70_000 })).rejects.toMatchObject({ argument: "port", value: 70_000 });
  await expect(replayInto(site.network, "x", { channels: [{ channel: "a/*", as: "b" }] })).rejects.toMatchObject({ argument: "channels" });
});

test.each([
  [["channels"], 'there is no command "channels": '],
  [["channels", "lst"], 'did you mean "channels list"?'],
  [["channels", "echo"], "CHANNEL is missing"],
  [["channels", "list", "--watch", "--duration", "1s"], "leave --duration out"],
  [["channels", "list", "--prefix", "x"], "--prefix is for --nats"],
  [["channels", "hz", "a", "--nats", "x", "-i", "lo"], "--interface is for UDP"],
  [["channels", "echo", "a", "--key-id", "1"], "--key-id is for --key-file"],
  [["channels", "delay", "a", "--nats", "x"], "add --time FIELD"],
  [["record", "x.pcapng"], "add GROUP[:PORT]|PORT, or --channel NAME"],
  [["record", "x.pcapng", "239.1.2.3:5000", "--port", "1"], "--port is for --channel"],
  [["replay", "x.pcapng", "--channel", "a=b=c"], "NAME or OLD=NEW is expected"],
])("%j is refused at once: %s", async (words, message) => {
  const { code, err } = await run(words, { on: [new MemoryNetwork(), "a"] });
  expect(code).toBe(2);
  expect(err).toContain(message);
});

test("channels echo counts packets that were sealed at another time, and says what to compare", async () => {
  const site = new Site();
  const file = join(temporaryFolder(), "key");
  writeFileSync(file, KEY);
  const now = (): number => Date.now() - 61_000;
  const late = site.node("owner").channel("plans", { seal: { keys: { 0: KEY }, current: 0, now } });
  await site.command(["channels", "echo", "plans", "--key-file", file], async () => {
    late.publish(Buffer.from("noon"));
    await site.turns(20);
  });
  expect(site.host.stdout.text).toMatch(/^no message in .*\n1 packet refused: sealed more than a minute ago, .* clocks of both hosts\n$/);
});

test("channels delay measures from when a message was sealed", async () => {
  const site = new Site();
  const date = vi.spyOn(Date, "now").mockImplementation(() => EPOCH_MS + site.network.clock.nowMs());
  onTestFinished(() => date.mockRestore());
  const measuring = measureChannels(site.reactor("watcher"), { channels: ["plans"], seal: { keys: { 0: KEY }, current: 0 }, count: 3 });
  await site.turns(50);
  const plans = site.node("owner").channel("plans", { seal: { keys: { 0: KEY }, current: 0, now: () => Date.now() - 40 } });
  plans.publish(Buffer.from("noon"));
  plans.publish(Buffer.from("one"));
  site.node("stranger").channel("plans").publish(Buffer.from("midnight"));
  const { channels, unopened } = await settle(site.network.clock, measuring);
  expect(unopened).toBe(1);
  expect(channels[0]).toMatchObject({ packets: 3, untimed: 0, delayMs: { count: 2, min: expect.closeTo(40, -1) } });
});

test("channels echo reads no more of a key file than a key may have", async () => {
  const { code, err } = await run(["channels", "echo", "a", "--key-file", "/dev/zero"], { on: [new MemoryNetwork(), "a"] });
  expect(code).toBe(3);
  expect(err).toContain("/dev/zero is not a key: expected 32 bytes or 64 hexadecimal digits, not more than 1024 bytes");
});

test("channels echo refuses a file that has no key without showing it", async () => {
  const file = join(temporaryFolder(), "key");
  writeFileSync(file, "s3cret");
  const { code, err } = await run(["channels", "echo", "a", "--key-file", file], { on: [new MemoryNetwork(), "a"] });
  expect(code).toBe(3);
  expect(err).toContain("is not a key: expected 32 bytes or 64 hexadecimal digits, not 6 bytes");
  expect(err).not.toContain("s3cret");
});
