import { MemoryNetwork } from "@groupcast/backend-memory";
import { main, RecordingError, replayDatagrams, replayInto } from "@groupcast/cli";
import { Reactor } from "groupcast";
import { expect, onTestFinished, test } from "vitest";
import { DatagramRecorder } from "../../../packages/cli/src/recording/datagram-recorder.js";
import { fileWith, ipv4, pcap, temporaryFolder } from "../../support/cli/capture-bytes.js";
import { FakeHost, run, settle } from "../../support/cli/fake-host.js";
import { listenOn } from "../../support/cli/listener.js";

const START_NS = 1_795_000_000_000_000_000n;

/** A datagram of a recording to make. */
interface Line {
  readonly atMs: number;
  readonly text: string;
  readonly from?: string;
  readonly fromPort?: number;
  readonly to?: string;
  readonly port?: number;
}

function recordingOf(lines: readonly Line[]): string {
  const chunks: Buffer[] = [];
  const recorder = new DatagramRecorder(
    (blocks) => chunks.push(Buffer.from(blocks)),
    () => START_NS,
  );
  for (const { atMs, text, from = "192.0.2.7", fromPort = 4000, to = "239.1.2.3", port = 5000 } of lines) {
    const timestampNs = START_NS + BigInt(atMs) * 1_000_000n;
    const arrival = { truncated: false, interface: "eth7", ttl: 3, timestampNs };
    recorder.record({
      data: Buffer.from(text),
      from: { address: from, port: fromPort, family: from.includes(":") ? 6 : 4 },
      to: { address: to, port },
      arrival,
      listener: 0,
    });
  }
  recorder.end(0);
  return fileWith(Buffer.concat(chunks));
}

const THREE: readonly Line[] = [
  { atMs: 0, text: "a" },
  { atMs: 250, text: "b" },
  { atMs: 1000, text: "c" },
];

/** Runs `groupcast replay` on a host of a network with a member of 239.1.2.3 and of 239.9.9.9. */
async function replay(path: string, words: readonly string[]) {
  const network = new MemoryNetwork();
  const listener = listenOn(network, "b", "239.1.2.3");
  listener.port.joinGroup("239.9.9.9");
  const host = new FakeHost({ on: [network, "a"] });
  const code = await settle(network.clock, main(["replay", path, ...words, "--json"], host), 1);
  const first = listener.kept[0]?.atMs ?? 0;
  const kept = listener.kept.map(({ text, atMs, arrival }) => [text, Math.round(atMs - first), arrival.destination] as const);
  return { code, kept, listener, host };
}

test("replay sends datagrams to their groups, as far apart as they were recorded", async () => {
  const { code, kept, host } = await replay(recordingOf(THREE), []);
  expect(code).toBe(0);
  expect(kept).toEqual([
    ["a", 0, "239.1.2.3"],
    ["b", 250, "239.1.2.3"],
    ["c", 1000, "239.1.2.3"],
  ]);
  expect(host.records).toEqual([expect.objectContaining({ type: "replayed", sent: 3, sentBytes: 3, failed: 0, skipped: {} })]);
});

test.each([
  ["2", [0, 125, 500]],
  ["0.5", [0, 500, 2000]],
  ["max", [0, 0, 0]],
])("replay --speed %s", async (speed, times) => {
  const { kept } = await replay(recordingOf(THREE), ["--speed", speed]);
  expect(kept.map(([, atMs]) => atMs)).toEqual(times);
});

test("replay --loop 2 sends it twice", async () => {
  const { kept } = await replay(recordingOf(THREE), ["--loop", "2"]);
  expect(kept.map(([text]) => text)).toEqual([..."abcabc"]);
  const times = kept.map(([, atMs]) => atMs);
  expect(times.slice(3).map((atMs) => atMs - times[3]!)).toEqual([0, 250, 1000]);
  expect(times[3]).toBeGreaterThanOrEqual(1000);
});

const MIXED: readonly Line[] = [
  { atMs: 0, text: "one" },
  { atMs: 1, text: "two", from: "192.0.2.8" },
  { atMs: 2, text: "other group", to: "239.9.9.9" },
  { atMs: 3, text: "other port", port: 6000 },
  { atMs: 4, text: "to a host", to: "192.0.2.99" },
  { atMs: 5, text: "last" },
];

test.each([
  [["--filter", "source=192.0.2.8"], ["two"]],
  [["--filter", "group=239.9.9.9"], ["other group"]],
  [
    ["--filter", "group=239.9.9.9", "--filter", "group=239.1.2.3"],
    ["one", "two", "other group", "last"],
  ],
  [["--filter", "group=239.1.2.3", "--filter", "port=6000", "--map", ":6000=:5000"], ["other port"]],
  [
    ["--filter", "port=5000", "--filter", "source=192.0.2.7"],
    ["one", "other group", "last"],
  ],
  [
    ["--map", ":6000=:5000"],
    ["one", "two", "other group", "other port", "last"],
  ],
  [
    ["--map", "192.0.2.99=239.1.2.3"],
    ["one", "two", "other group", "to a host", "last"],
  ],
  [
    ["--map", "239.1.2.3:6000=239.9.9.9:5000"],
    ["one", "two", "other group", "other port", "last"],
  ],
  [
    ["--to", "10.0.0.255:5000"],
    ["one", "two", "other group", "other port", "to a host", "last"],
  ],
  [
    ["--to", "10.0.0.1:5000"],
    ["one", "two", "other group", "other port", "to a host", "last"],
  ],
])("replay %j delivers %j", async (words, texts) => {
  const { kept } = await replay(recordingOf(MIXED), words);
  expect(kept.map(([text]) => text)).toEqual(texts);
});

test("replay --map changes the group", async () => {
  const { kept } = await replay(recordingOf(THREE), ["--map", "239.1.2.3=239.9.9.9"]);
  expect(kept.map(([, , destination]) => destination)).toEqual(["239.9.9.9", "239.9.9.9", "239.9.9.9"]);
});

test("replay passes over what went to a host, and counts it", async () => {
  const { code, host } = await replay(recordingOf(MIXED.filter(({ text }) => text === "to a host")), []);
  expect({ code, records: host.records }).toEqual({
    code: 1,
    records: [expect.objectContaining({ sent: 0, skipped: { "to a host": 1 } })],
  });
});

test("replay gives each recorded sender a port of its own", async () => {
  const lines = [..."abab"].map((text, n) => ({ atMs: n, text, fromPort: text === "a" ? 4000 : 4001 }));
  const { listener } = await replay(recordingOf(lines), []);
  const ports = listener.kept.map(({ from }) => from.port);
  expect(ports).toEqual([ports[0], ports[1], ports[0], ports[1]]);
  expect(ports[0]).not.toBe(ports[1]);
});

test("replay sends datagrams of more than 64 senders by 64 ports", async () => {
  const lines = Array.from({ length: 70 }, (_, n) => ({ atMs: n, text: String(n), fromPort: 4000 + n }));
  const { listener } = await replay(recordingOf(lines), []);
  expect(listener.kept.map(({ text }) => text)).toEqual(lines.map(({ text }) => text));
  expect(new Set(listener.kept.map(({ from }) => from.port)).size).toBe(65);
});

test("replay keeps the order of a recording whose times go back", async () => {
  const lines = [0, 500, 100, 600].map((atMs) => ({ atMs, text: String(atMs) }));
  const { kept } = await replay(recordingOf(lines), []);
  expect(kept.map(([text, atMs]) => [text, atMs])).toEqual([
    ["0", 0],
    ["500", 500],
    ["100", 500],
    ["600", 600],
  ]);
});

test("replay --ttl sets the TTL, and 1 is the default", async () => {
  const ttls = async (words: readonly string[]) =>
    (await replay(recordingOf(THREE), words)).listener.kept.map(({ arrival }) => arrival.ttl);
  expect(await ttls([])).toEqual([1, 1, 1]);
  expect(await ttls(["--ttl", "9"])).toEqual([9, 9, 9]);
});

test("replay sends what it can of a file that is cut, then says where", async () => {
  const bytes = pcap("little", 101, [ipv4("a"), ipv4("b")]);
  const { code, kept, host } = await replay(fileWith(bytes.subarray(0, -1)), []);
  expect(kept.map(([text]) => text)).toEqual(["a"]);
  expect({ code, err: host.stderr.text }).toEqual({
    code: 3,
    err: expect.stringMatching(/^groupcast replay: Cannot read .* at byte 69: .*\n$/),
  });
});

test("replay ends in the middle of a pause of years at Ctrl-C", async () => {
  const network = new MemoryNetwork();
  const host = new FakeHost({ on: [network, "a"] });
  const member = new Reactor({ backend: network.host("b"), clock: network.clock });
  member.listenMulticast(5000, { datagramReceived: () => host.interrupt() }, { group: "239.1.2.3" });
  const years = [
    { atMs: 0, text: "a" },
    { atMs: 1e12, text: "b" },
  ];
  const code = await settle(network.clock, main(["replay", recordingOf(years)], host));
  expect({ code, out: host.stdout.text }).toEqual({ code: 0, out: expect.stringMatching(/^1 datagram \(1 byte\) sent/) });
});

test.each([
  [["--speed", "fast"], "a factor is expected"],
  [["--speed", "0"], "a factor is expected"],
  [["--filter", "host=1.2.3.4"], "group=ADDRESS, port=NUMBER or source=ADDRESS"],
  [["--filter", "port=x"], "a whole number"],
  [["--map", "239.1.2.3"], "OLD=NEW is expected"],
  [["--map", ":5000=239.1.2.3"], "an address can replace only an address"],
  [["--to", "239.1.2.3"], "the port is missing"],
  [["--to", "239.1.2.3:1", "--map", ":1=:2"], "exclude each other"],
  [["-i", "eth9"], "there are lo, eth0"],
])("replay %j is refused at once: %s", async (words, message) => {
  const { code, err } = await run(["replay", "/no/such/file", ...words], { on: [new MemoryNetwork(), "a"] });
  expect(code).toBe(2);
  expect(err).toContain(message);
});

test("replay says which file cannot be read", async () => {
  const { code, err } = await run(["replay", "/no/such/file"], { on: [new MemoryNetwork(), "a"] });
  expect({ code, err }).toEqual({ code: 3, err: expect.stringMatching(/^groupcast replay: ENOENT: .*\/no\/such\/file/) });
});

test("replayDatagrams() shows its progress twice a second", async () => {
  const network = new MemoryNetwork();
  const reactor = new Reactor({ backend: network.host("a"), clock: network.clock });
  const sent: number[] = [];
  await settle(network.clock, replayDatagrams(reactor, recordingOf(THREE), { onProgress: (report) => sent.push(report.sent) }));
  expect(sent.at(-1)).toBe(2);
  expect(reactor.ports).toEqual([]);
});

test("replayInto() sends each datagram at its time, from a host with the recorded address and port", async () => {
  const network = new MemoryNetwork();
  const { kept } = listenOn(network, "receiver", "239.1.2.3");
  await network.clock.advance(5000);
  const replay = await replayInto(network, recordingOf(THREE));
  expect(replay).toMatchObject({ datagrams: 3, durationMs: 1000, sent: 0, skipped: {} });
  await network.clock.advance(999);
  expect(kept.map(({ text }) => text)).toEqual(["a", "b"]);
  await network.clock.advance(1);
  expect(kept.map(({ text, atMs, from, arrival }) => [text, atMs, `${from.address}:${from.port}`, arrival.ttl])).toEqual([
    ["a", 5000, "192.0.2.7:4000", 3],
    ["b", 5250, "192.0.2.7:4000", 3],
    ["c", 6000, "192.0.2.7:4000", 3],
  ]);
  expect(replay.sent).toBe(3);
});

test("replayInto() lets a recorded host of the network send its datagrams itself", async () => {
  const network = new MemoryNetwork();
  const { kept } = listenOn(network, "receiver", "239.1.2.3");
  network.host("sender"); // 10.0.0.2
  const replay = await replayInto(network, recordingOf([{ atMs: 0, text: "a", from: "10.0.0.2" }]));
  await network.clock.advance(replay.durationMs);
  expect(kept.map(({ text, from }) => [text, from.address])).toEqual([["a", "10.0.0.2"]]);
  expect(network.hosts.map(({ hostName }) => hostName)).toEqual(["receiver", "sender"]);
});

test("replayInto() lasts until the latest time of a recording whose times go back", async () => {
  const network = new MemoryNetwork();
  const { kept } = listenOn(network, "receiver", "239.1.2.3");
  const replay = await replayInto(network, recordingOf([0, 600, 100].map((atMs) => ({ atMs, text: String(atMs) }))));
  await network.clock.advance(replay.durationMs);
  expect(kept.map(({ text, atMs }) => [text, atMs])).toEqual([
    ["0", 0],
    ["600", 600],
    ["100", 600],
  ]);
});

test("replayInto() keeps the order of datagrams of several senders at one time", async () => {
  const network = new MemoryNetwork();
  const { kept } = listenOn(network, "receiver", "239.1.2.3");
  const lines = [..."abcabc"].map((text, n) => ({ atMs: 0, text: `${text}${n}`, from: `192.0.2.${text.charCodeAt(0)}` }));
  await replayInto(network, recordingOf(lines));
  await network.clock.advance(0);
  expect(kept.map(({ text }) => text)).toEqual(["a0", "b1", "c2", "a3", "b4", "c5"]);
});

test("replayInto() delivers unicast, broadcast and IPv6, by mappings too", async () => {
  const network = new MemoryNetwork();
  const four = listenOn(network, "receiver"); // 10.0.0.1
  const texts: string[] = [];
  const six = new Reactor({ backend: network.host("receiver"), clock: network.clock });
  six.listenMulticast(
    5353,
    { datagramReceived: (data, from) => void texts.push(`${data} ${from.address}`) },
    { interface: "::", group: "ff02::fb" },
  );
  const path = recordingOf([
    { atMs: 0, text: "unicast", to: "172.16.0.1" },
    { atMs: 1, text: "broadcast", to: "255.255.255.255" },
    { atMs: 2, text: "six", from: "fe80::99", to: "ff02::fb", port: 5353 },
  ]);
  const replay = await replayInto(network, path, { mappings: [{ from: { address: "172.16.0.1" }, to: { address: "10.0.0.1" } }] });
  await network.clock.advance(replay.durationMs);
  expect(four.kept.map(({ text }) => text)).toEqual(["unicast", "broadcast"]);
  expect(texts).toEqual(["six fe80::99%eth0"]);
});

test("replayInto() sends what was recorded on loopback from a host of the switch", async () => {
  const network = new MemoryNetwork();
  const { kept } = listenOn(network, "receiver", "239.1.2.3");
  await replayInto(network, recordingOf([{ atMs: 0, text: "a", from: "127.0.0.1" }]));
  await network.clock.advance(0);
  expect(kept.map(({ text, from }) => [text, from.address])).toEqual([["a", "10.0.0.2"]]);
});

test("replayInto() passes over impossible senders, and counts them", async () => {
  const lines = [
    { atMs: 0, text: "a", from: "239.0.0.1" },
    { atMs: 0, text: "b", fromPort: 0 },
    { atMs: 0, text: "c", port: 0 },
    { atMs: 0, text: "d" },
  ];
  const replay = await replayInto(new MemoryNetwork(), recordingOf(lines));
  expect(replay).toMatchObject({ datagrams: 1, skipped: { "impossible sender": 2, "port 0": 1 } });
});

test("replayInto() stops at once, and frees the ports of its senders", async () => {
  const network = new MemoryNetwork();
  const { kept } = listenOn(network, "receiver", "239.1.2.3");
  const replay = await replayInto(network, recordingOf(THREE));
  await network.clock.advance(300);
  await settle(network.clock, replay.stop());
  await replayInto(network, recordingOf([{ atMs: 0, text: "fence" }]));
  await network.clock.advance(2000);
  expect(kept.map(({ text }) => text)).toEqual(["a", "b", "fence"]);
});

test("replayInto() refuses a recording that is too long for memory, or broken", async () => {
  const path = recordingOf([
    { atMs: 0, text: "12345678" },
    { atMs: 1, text: "9" },
  ]);
  await expect(replayInto(new MemoryNetwork(), path, { maxBytes: 8 })).rejects.toMatchObject({
    name: "Refusal",
    message: expect.stringContaining("holds more than 8 bytes"),
  });
  await expect(replayInto(new MemoryNetwork(), fileWith("text"))).rejects.toBeInstanceOf(RecordingError);
  await expect(replayInto(new MemoryNetwork(), `${temporaryFolder()}/none`)).rejects.toMatchObject({ code: "ENOENT" });
});

test("replay sends on the loopback of this machine what record has recorded there", async () => {
  const path = `${temporaryFolder()}/loop.pcapng`;
  const recorded = main(["record", path, "127.0.0.1:27815", "--count", "3"], new FakeHost());
  const sent = main(["send", "127.0.0.1:27815", "text {n}", "--count", "3"], new FakeHost());
  expect(await Promise.all([recorded, sent])).toEqual([0, 0]);
  const texts: string[] = [];
  const reactor = new Reactor();
  onTestFinished(() => reactor.stop());
  const done = new Promise<void>((resolve) => {
    reactor.listenUDP(
      27_815,
      { datagramReceived: (data) => void (texts.push(data.toString()) === 3 && resolve()) },
      { interface: "127.0.0.1" },
    );
  });
  expect(await main(["replay", path, "--to", "127.0.0.1:27815"], new FakeHost())).toBe(0);
  await done;
  expect(texts).toEqual(["text 0", "text 1", "text 2"]);
});
