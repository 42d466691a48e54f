// The command line of ping, on a network in memory: lines, JSON, the table of a terminal, exit codes.
import { PassThrough } from "node:stream";
import { main } from "@groupcast/cli";
import type { Reactor } from "groupcast";
import { beforeEach, expect, test } from "vitest";
import { GROUP, PingSite } from "./ping-site.js";

/** A run of the command, and what it printed. */
interface Run {
  readonly code: Promise<number>;
  readonly out: () => string;
  readonly err: () => string;
  interrupt(): void;
}

let site: PingSite;

beforeEach(() => {
  site = new PingSite({ link: { delayMs: 5 } });
  for (const host of ["client", "server", "other"]) site.reactor(host);
});

function run(words: readonly string[], { host = "client", isTTY = false, columns = 100 } = {}): Run {
  const texts = { out: "", err: "" };
  const listeners = new Set<() => void>();
  const sink = (name: "out" | "err") => ({
    isTTY,
    columns,
    write: (text: string) => {
      texts[name] += text;
      return true;
    },
  });
  const code = main(["ping", ...words], {
    stdout: { ...sink("out"), on: () => undefined as never },
    stderr: sink("err"),
    stdin: new PassThrough(),
    env: {},
    on: (_, listener) => void listeners.add(listener),
    off: (_, listener) => void listeners.delete(listener),
    exit: () => expect.unreachable(),
    makeReactor: (): Reactor => site.reactor(host),
  });
  return {
    code,
    out: () => texts.out,
    err: () => texts.err,
    interrupt: () => {
      for (const listener of [...listeners]) listener();
    },
  };
}

function records({ out }: Run): Record<string, unknown>[] {
  return out()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test("groupcast ping prints a line for each answer and a summary", async () => {
  site.respond("server", { serverInformation: "evil\u001b[2J" });
  const command = run([site.address("server"), "--count", "2"]);
  expect(await site.settled(command.code)).toBe(0);
  const rtt = "rtt min/avg/p50/p90/p99/max 10.0/10.0/10.0/10.0/10.0/10.0 ms";
  expect(command.out().split("\n")).toEqual([
    "10.0.0.2 answers on 232.43.211.234 (evil\\x1b[2J)",
    "10.0.0.2 unicast   seq=1 hops=0 time=10.0 ms",
    "10.0.0.2 multicast seq=1 hops=0 time=10.0 ms",
    "10.0.0.2 unicast   seq=2 hops=0 time=10.0 ms",
    "10.0.0.2 multicast seq=2 hops=0 time=10.0 ms",
    "",
    "10.0.0.2 (evil\\x1b[2J), group 232.43.211.234",
    `  unicast   2 sent, 2 received, 0% loss, hops 0, ${rtt}`,
    `  multicast 2 sent, 2 received, 0% loss, hops 0, ${rtt}`,
    "",
  ]);
});

test("groupcast ping --json prints an object for each event, and the report", async () => {
  site.respond("server");
  const command = run([site.address("server"), "--count", "2", "--json"]);
  expect(await site.settled(command.code)).toBe(0);
  const objects = records(command);
  expect(objects.map(({ type }) => type)).toEqual(["responder", "answer", "answer", "answer", "answer", "ping"]);
  expect(objects[1]).toEqual({ type: "answer", address: "10.0.0.2", via: "unicast", sequence: 1, rttMs: 10, hops: 0, kind: "answer" });
  expect(objects.at(-1)).toMatchObject({ target: "10.0.0.2", responders: [{ multicast: { sent: 2, received: 2 } }] });
});

test("groupcast ping redraws a table on a terminal, within its width", async () => {
  site.respond("server", { group: GROUP });
  site.respond("other", { group: GROUP });
  const command = run([GROUP], { isTTY: true, columns: 60 });
  await site.network.clock.advance(1200);
  command.interrupt();
  expect(await site.settled(command.code)).toBe(0);
  const drawings = command.out().split("\x1b[5A\x1b[J"); // up five lines, and clear from there
  expect(drawings).toHaveLength(3);
  expect(drawings[0]!.split("\n").slice(3, 5)).toEqual([
    "10.0.0.2        1      0%    10.0      0%    10.0",
    "10.0.0.3        1      0%    10.0      0%    10.0",
  ]);
  expect(Math.max(...drawings[0]!.split("\n").map(({ length }) => length))).toBe(58);
  expect(drawings[2]).toContain("\n10.0.0.3 (groupcast ");
});

test("groupcast ping ends with code 1, and with advice, when nobody answers", async () => {
  const command = run([GROUP, "--count", "1"]);
  expect(await site.settled(command.code)).toBe(1);
  expect(command.out()).toBe(`\nnobody answered 1 message to ${GROUP}: run "groupcast ping --respond" on the other hosts\n`);
});

test("groupcast ping ends with code 1, and names the groups on offer, when a host declines", async () => {
  site.respond("server");
  const command = run([site.address("server"), "--group", GROUP]);
  expect(await site.settled(command.code)).toBe(1);
  expect(command.out()).toContain("10.0.0.2 does not serve that group; it offers 232.43.211.234/32");
});

test("groupcast ping ends with code 1 when multicast stopped, and says after which time, and why", async () => {
  site.respond("server");
  site.network.switch("lan", { querier: false });
  const command = run([site.address("server"), "--json", "--count", "300"]);
  const people = run([site.address("server"), "--count", "300"]);
  expect(await site.settled(command.code)).toBe(1);
  expect(await site.settled(people.code)).toBe(1);
  expect(records(command).filter(({ type }) => type === "multicastStopped")).toHaveLength(1);
  expect(people.out()).toMatch(/^10\.0\.0\.2 multicast has stopped after 259 s; unicast goes on$/m);
  expect(people.out()).toMatch(
    /^multicast from 10\.0\.0\.2 stopped after 259 s, at \d\d:\d\d:\d\d, .* hears no querier forgets a group after 260 s/m,
  );
});

test("groupcast ping --respond answers until Ctrl-C, and sums up", async () => {
  const responder = run(["--respond", GROUP, "--rate", "2"], { host: "server" });
  await site.network.clock.advance(1);
  expect(responder.err()).toBe("responding on 0.0.0.0:9903, 0.0.0.0:4321; Ctrl-C ends and sums up\n");
  const client = run([GROUP, "--count", "2"]);
  expect(await site.settled(client.code)).toBe(0);
  site
    .reactor("other")
    .listenMulticast(0, { datagramReceived: () => {} })
    .write("nonsense", { address: "10.0.0.2", port: 9903 });
  await site.network.clock.advance(100);
  responder.interrupt();
  expect(await site.settled(responder.code)).toBe(0);
  const [first, ...rest] = responder.out().split("\n");
  expect(first).toMatch(/^10\.0\.0\.1:\d+ asks, and is answered on 239\.1\.2\.3$/);
  expect(rest).toEqual(["2 requests answered, 2 sessions given", "1 datagram refused:", "  1 no message of the protocol", ""]);
});

test.each([
  [[], "GROUP|HOST is missing"],
  [["example.org"], "an IP address is expected"],
  [["--respond", "192.0.2.1"], "--respond takes a group"],
  [["--respond", "--count", "1"], "--count, --interval, --timeout, --group are for asking"],
  [[GROUP, "--rate", "5"], "need --respond"],
  [[GROUP, "--group", GROUP], "--group is for a host"],
  [["192.0.2.1", "--group", "192.0.2.2"], "--group takes a group"],
  [["192.0.2.1", "--group", "ff15::1"], "of different IP versions"],
  [["232.1.1.1"], "ask its source"],
  [["192.0.2.1", "--interval", "5ms"], "--interval is from 10ms to 1m"],
  [["192.0.2.1", "--timeout", "2m"], "--timeout is from 1ms to 1m"],
  [["192.0.2.1", "--ttl", "0"], "from 1 to 255"],
])("groupcast ping refuses %j and says what to type", async (words, message) => {
  const command = run(words);
  expect(await command.code).toBe(2);
  expect(command.err()).toContain(message);
});

test("groupcast ping refuses an interface that does not exist, instead of waiting for it", async () => {
  for (const words of [["10.0.0.2"], ["--respond"]]) {
    const command = run([...words, "-i", "nope"]);
    expect(await site.settled(command.code)).toBe(2);
  }
});
