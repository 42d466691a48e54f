import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { MemoryNetwork } from "@groupcast/backend-memory";
import { ChannelNode } from "@groupcast/channels";
import { main, openHostMonitor } from "@groupcast/cli";
import type { MonitorSample } from "@groupcast/monitor";
import { Reactor } from "groupcast";
import { expect, onTestFinished, test } from "vitest";
import { fitCell, widthOf } from "../../../packages/cli/src/monitoring/cell-text.js";
import { checkSight } from "../../../packages/cli/src/monitoring/check-sight.js";
import { screenLines } from "../../../packages/cli/src/monitoring/monitor-screen.js";
import { FakeHost, type FakeHostOptions, run, settle } from "../../support/cli/fake-host.js";
import { hostOf } from "../diagnosis/host-folder.js";
import { PROC } from "../diagnosis/kernel-files.js";
import { listenedSample, portSample, sampleOf } from "../monitor/fake-source.js";

const plain = (_: unknown, text: string): string => text;

/** Runs a command line on host `a`, while host `b` sends what `send` says. */
async function runOn(
  network: MemoryNetwork,
  words: readonly string[],
  options: FakeHostOptions = {},
): Promise<{ host: FakeHost; code: number }> {
  const host = new FakeHost({ ...options, on: [network, "a"] });
  return { host, code: await settle(network.clock, main(words, host)) };
}

function numbered(number: number): Buffer {
  const packet = Buffer.from("PULI\x01c\0\0\0\0text");
  packet.writeUInt32BE(number, 6);
  return packet;
}

test("monitor counts rate, gaps and loss of the groups that it is given", async () => {
  const network = new MemoryNetwork();
  const sender = new Reactor({ backend: network.host("b"), clock: network.clock });
  const port = sender.listenMulticast(0, { datagramReceived: () => {} }, { ttl: 1 });
  for (const [index, number] of [1, 2, 5, 6].entries()) {
    sender.callLater(500 + index * 10, () => void port.write(numbered(number), { address: "239.1.2.3", port: 5000 }));
  }
  const { host, code } = await runOn(network, ["monitor", "239.1.2.3:5000", "--duration", "2500ms", "--json"]);
  const records = host.records as unknown as (MonitorSample & { type: string })[];
  expect(code).toBe(0);
  expect(records.map(({ type }) => type)).toEqual(["sample", "sample", "sample", "monitored"]);
  expect(records[1]?.listened).toEqual([
    expect.objectContaining({ id: "239.1.2.3:5000", received: 4, perSecond: 4, lost: 2, lostPerSecond: 2, gaps: 1, streams: 1, drops: 0 }),
  ]);
  expect(records[1]?.events).toContainEqual(expect.objectContaining({ kind: "lost", subject: "239.1.2.3:5000", count: 2 }));
  expect(records.at(-1)).toMatchObject({ samples: 3, received: 4, lost: 2 });
  await sender.stop();
});

test("monitor prints one line for each sample where there is no terminal, and sums up at Ctrl-C", async () => {
  const network = new MemoryNetwork();
  const host = new FakeHost({ on: [network, "a"] });
  const ended = main(["monitor", "239.1.2.3:5000"], host);
  await network.clock.advance(2100);
  host.interrupt();
  expect(await settle(network.clock, ended)).toBe(1);
  const lines = host.stdout.text.trim().split("\n");
  expect(lines.slice(0, 3)).toEqual(Array(3).fill(expect.stringMatching(/^\d\d:\d\d:\d\d UDP in .*; 239\.1\.2\.3:5000 0\/s; /)));
  expect(lines.slice(3)).toEqual([
    expect.stringMatching(/^3 samples in \d/),
    "listened to 1 destination: 0 datagrams, none lost",
    'nothing arrived at 239.1.2.3:5000: run "groupcast doctor" to see why',
  ]);
  expect(host.listeners).toBe(0);
});

test("monitor redraws in place on a terminal, and leaves the summary below", async () => {
  const network = new MemoryNetwork();
  const { host } = await runOn(network, ["monitor", "239.1.2.3:5000", "--duration", "1500ms"], { columns: 60 });
  const [first = "", second = "", ...more] = host.stdout.text.replaceAll("\x1b", "ESC").split(/(?=ESC\[\d+A)/);
  expect(more).toEqual([]);
  expect(first).toContain("LISTENED TO");
  expect(second).toMatch(new RegExp(`^ESC\\[${first.split("\n").length - 1}A\r`));
  expect(second).toMatch(/ESC\[J\n2 samples in /);
});

test("monitor ends when nobody reads its output any more", async () => {
  const network = new MemoryNetwork();
  const host = new FakeHost({ on: [network, "a"] });
  const ended = main(["monitor"], host);
  await network.clock.advance(1500);
  host.stdout.emit("error", Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
  expect(await settle(network.clock, ended)).toBe(0);
  expect(host.stderr.text).toBe("");
});

test("monitor --network shows the nodes of a network of channels, and none of its own", async () => {
  const network = new MemoryNetwork();
  const reactor = new Reactor({ backend: network.host("b"), clock: network.clock });
  const node = new ChannelNode(reactor, { name: "camera \x1b[2J", ttl: 1 });
  node.channel("frames").publish(Buffer.from("one"));
  const { host } = await runOn(network, ["monitor", "--network", "udp", "--duration", "4s"], { columns: 100 });
  expect(host.stdout.text).toContain("camera \\x1b[2J  frames");
  expect(host.stdout.text).not.toContain("groupcast monitor");
  expect(host.stdout.text).not.toContain("\x1b[2J");
  expect(host.stdout.text).toContain("1 node seen");
  await reactor.stop();
});

test.each([
  [["monitor", "239.1.2.3"], /239\.1\.2\.3 needs a port/],
  [["monitor", "--interval", "50ms"], /--interval is from 100ms to 1h/],
  [["monitor", "--interval", "2h"], /--interval is from 100ms to 1h/],
  [["monitor", "--source", "192.0.2.7"], /--source is for groups: name one/],
  [["monitor", "5000", "--source", "192.0.2.7"], /--source is for groups, and port 5000 is not a group/],
  [["monitor", "--network", "tcp"], /a network of channels is udp, udp:PORT or nats:\/\/HOST:PORT/],
  [["monitor", "--network", "udp:70000"], /a network of channels is udp/],
  [["monitor", "--port", "8080"], /--port is for --web: add it, or leave --port out/],
  [["monitor", "-i", "eth77"], /there is no such interface/],
])("main(%j) is refused with what to type", async (words, message) => {
  const { code, out, err } = await run(words);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(message);
});

test("monitor --web prints the address of a page, and no samples", async () => {
  const host = new FakeHost({ on: [new MemoryNetwork(), "a"] });
  const ended = main(["monitor", "--web", "--json"], host);
  await expect.poll(() => host.stdout.text).toContain("url");
  const [page] = host.records;
  expect(page).toEqual({ type: "page", url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/$/) });
  const { status, body } = await fetch(String(page?.url));
  expect([status, (await body?.getReader().read())?.value?.length]).toEqual([200, expect.any(Number)]);
  host.interrupt();
  expect(await ended).toBe(0);
  expect(host.records.map(({ type }) => type)).toEqual(["page", "monitored"]);
  await expect(fetch(String(page?.url))).rejects.toThrow();
});

test("monitor --web says what to do when another program has the port", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const { code, err } = await run(["monitor", "--web", "--port", String(port)], { on: [new MemoryNetwork(), "a"] });
  expect({ code, err }).toEqual({
    code: 3,
    err: `groupcast monitor: another program has port ${port}: name another one with --port, or leave it out\n`,
  });
});

test("checkSight() refuses a monitor that sees nothing at all, with the reason", () => {
  const network = new MemoryNetwork();
  const reactor = new Reactor({ backend: network.host("a"), clock: network.clock });
  const blind = openHostMonitor(reactor, { files: hostOf({}) }).monitor.sample();
  expect(() => checkSight(blind, false)).toThrow(
    /^the monitor can see nothing here\. Not read: \/proc\/self\/net\/udp: it does not exist\./,
  );
  expect(() => checkSight(blind, true)).not.toThrow();
  const idle = openHostMonitor(reactor, {
    files: hostOf({ ...PROC, "/proc/self/net/udp": "titles\n", "/proc/self/net/udp6": "titles\n" }),
  });
  expect(() => checkSight(idle.monitor.sample(), false)).not.toThrow();
});

const HOST = sampleOf({
  title: "a-host-with-a-name",
  listened: Array.from({ length: 12 }, (_, index) => listenedSample({ id: `239.1.2.${index}:5000`, lost: index })),
  ports: Array.from({ length: 30 }, (_, index) =>
    portSample({ port: 5000 + index, program: "視聴-program\x1b[2J", pid: 4242, groups: ["239.1.2.3"], groupCount: 3 }),
  ),
  groups: [{ group: "ff15::1234:5678:9abc:def0", interface: "eth0", users: 2 }],
  limits: ["3 processes are hidden from this user: root sees which programs have their ports."],
});

test.each([
  [20, 24],
  [20, 8],
  [40, 24],
  [80, 24],
  [80, 3],
  [200, 60],
])("screenLines() stays within %d columns and %d rows", (columns, rows) => {
  const lines = screenLines(HOST, [{ timeMs: 0, kind: "dropped", subject: "0.0.0.0:5000", count: 7 }], { columns, rows }, plain);
  expect(lines.length).toBeLessThan(rows);
  expect(Math.max(...lines.map(widthOf))).toBeLessThan(columns);
  expect(lines.join("\n")).not.toContain("\x1b");
});

test("screenLines() lets columns leave where it is narrow, those that matter most last", () => {
  const titles = (columns: number) => {
    const lines = screenLines(HOST, [], { columns, rows: 60 }, plain);
    return lines.find((line) => line.startsWith("LISTENED"))?.split(/ {2,}/);
  };
  expect(titles(120)).toEqual(["LISTENED TO", "rate/s", "bytes/s", "datagrams", "lost", "gaps", "doubled", "late", "dropped"]);
  expect(titles(50)).toEqual(["LISTENED TO", "rate/s", "datagrams", "lost", "dropped"]);
  expect(titles(26)).toEqual(["LISTENED TO", "rate/s"]);
});

test("screenLines() shares the height, and counts what it leaves out", () => {
  const lines = screenLines(HOST, [], { columns: 80, rows: 24 }, plain);
  expect(lines).toHaveLength(23);
  expect(lines.filter((line) => /^and \d+ more$/.test(line)).length).toBe(2);
  expect(lines.some((line) => line.startsWith("GROUPS"))).toBe(true);
  const shown = lines.filter((line) => /^239\.1\.2\.\d+:5000/.test(line)).length;
  expect(lines).toContain(`and ${12 - shown} more`);
});

test.each([
  ["abc", 5, "left", "abc  "],
  ["abc", 5, "right", "  abc"],
  ["abcdef", 4, "left", "abc…"],
  ["視聴者", 4, "left", "視… "],
  ["e\u0301e\u0301", 2, "left", "e\u0301e\u0301"],
  ["abc", 0, "left", ""],
] as const)("fitCell(%j, %d, %s) is %j", (text, width, align, expected) => {
  expect(fitCell(text, width, align)).toBe(expected);
});
