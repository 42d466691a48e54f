// The program `groupcast` among hostile packets, closed streams, signals at any moment and broken recordings: no stack trace, one sentence,
// an exit code that the manual has.
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { Refusal } from "@groupcast/cli";
import { Reactor } from "groupcast";
import { expect, onTestFinished, test } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { ChildProgram, type Ending } from "../support/child-program.js";
import {
  block,
  ethernet,
  fileWith,
  interfaceBlock,
  ipv4,
  option,
  packetBlock,
  pcap,
  readAll,
  section,
  words,
} from "../support/cli/capture-bytes.js";
import { unusedPort } from "../support/unused-port.js";

import { hostilePayloads } from "./support/hostile-payloads.js";

const PROGRAM = `${ROOT}packages/cli/dist/groupcast.js`;
const FENCE = "the fence of this test";
const TRACE = /^\s+at |node:internal|Node\.js v/m;

function start(...args: readonly string[]): ChildProgram {
  const program = new ChildProgram(process.execPath, [PROGRAM, ...args]);
  onTestFinished(() => program[Symbol.asyncDispose]());
  return program;
}

/** Sends `payloads` to a port of this host, slowly enough for its receive buffer, until `isOver`. */
async function bombard(payloads: readonly Buffer[], port: number, isOver: () => boolean): Promise<void> {
  const reactor = new Reactor();
  onTestFinished(() => reactor.stop());
  const sender = reactor.listenUDP(0, { datagramReceived() {} }, { interface: "127.0.0.1" });
  const to = { address: "127.0.0.1", port };
  for (const [index, payload] of payloads.entries()) {
    sender.write(payload, to);
    if (index % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  while (!isOver()) {
    sender.write(FENCE, to);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function listenToHostility(args: readonly string[], lastOf: RegExp): Promise<Ending> {
  const port = await unusedPort();
  const program = start("listen", `127.0.0.1:${port}`, ...args);
  let isSeen = false;
  const seen = program.line(lastOf).then(() => {
    isSeen = true;
  });
  await bombard(hostilePayloads(), port, () => isSeen || program.hasEnded);
  await seen;
  return program.stop("SIGINT");
}

test("listen shows hostile payloads without a control character, and goes on", async () => {
  const { exitCode, stdout, stderr } = await listenToHostility([], new RegExp(FENCE));
  expect({ exitCode, trace: TRACE.test(stderr) }).toEqual({ exitCode: 0, trace: false });
  const odd = stdout.split("\n").filter((line) => /[\p{C}\p{Zl}\p{Zp}]/u.test(line));
  expect(odd).toEqual([]);
});

test("listen --json prints one object a line, whatever arrives", async () => {
  const { exitCode, stdout, stderr } = await listenToHostility(["--json"], new RegExp(FENCE));
  expect({ exitCode, trace: TRACE.test(stderr) }).toEqual({ exitCode: 0, trace: false });
  const types = stdout
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { type: string }).type);
  expect(types.at(-1)).toBe("listened");
  expect(new Set(types.slice(0, -1))).toEqual(new Set(["datagram"]));
});

/** Pings a responder of this host until it has answered. */
async function ping(port: number): Promise<void> {
  const client = start("ping", "127.0.0.1", "--port", String(port), "--no-legacy");
  await client.line(/^127\.0\.0\.1 unicast +seq=/);
  await client.stop("SIGINT");
}

test("ping --respond refuses hostile messages, counts them, and answers a ping afterwards", async () => {
  const port = await unusedPort();
  const responder = start("ping", "--respond", "--port", String(port), "--no-legacy", "--json");
  await ping(port);
  await bombard(hostilePayloads(), port, () => true);
  await ping(port);
  const { exitCode, stdout, stderr } = await responder.stop("SIGTERM");
  expect({ exitCode, trace: TRACE.test(stderr) }).toEqual({ exitCode: 0, trace: false });
  const report = JSON.parse(stdout.trimEnd().split("\n").at(-1)!) as { answered: number; clients: number; refused: { malformed: number } };
  expect(report.answered).toBeGreaterThanOrEqual(2);
  expect(report.clients).toBe(2);
  expect(report.refused.malformed).toBeGreaterThan(0);
});

test.each([0, 50, 100, 200])("listen ends by SIGTERM %i ms after its start, without a stack trace", async (delayMs) => {
  const program = start("listen", `127.0.0.1:${await unusedPort()}`);
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  const { exitCode, signal, stderr } = await program.stop("SIGTERM");
  expect(signal === "SIGTERM" || exitCode === 1, `${exitCode} ${signal}`).toBe(true); // before it listens to signals, or with its summary
  expect(stderr).not.toMatch(TRACE);
});

/** Recordings of every kind. */
const RECORDINGS: Readonly<Record<string, Buffer>> = {
  pcapng: Buffer.concat([
    section("little"),
    interfaceBlock("little", 1, option("little", 2, Buffer.from("eth0")), option("little", 9, Buffer.of(9))),
    packetBlock("little", 5n, ethernet(ipv4("one"))),
    block("little", 0x0bad, Buffer.alloc(8)),
    packetBlock("little", 9n, ethernet(ipv4("two"), 0x8100), option("little", 2, words("little", 1))),
  ]),
  pcap: pcap("big", 101, [ipv4("one"), ipv4("two")]),
};
const HOSTILE_WORDS = [0, 3, 0x7fff_ffff, 0xffff_ffff];

/** Replays a file into a network; returns whether it was taken. What is thrown is a refusal with a sentence, or the test fails. */
async function isTaken(path: string, bytes: Buffer): Promise<boolean> {
  writeFileSync(path, bytes);
  const { error } = await readAll(path);
  if (error !== undefined) expect(error).toBeInstanceOf(Refusal);
  return error === undefined;
}

test.each(Object.entries(RECORDINGS))(
  "RecordingReader takes a %s cut after any byte, or refuses it with a sentence",
  async (_kind, whole) => {
    const path = fileWith(whole);
    const taken = [];
    for (let length = 0; length <= whole.length; length++) taken.push(await isTaken(path, whole.subarray(0, length)));
    expect(taken.at(-1)).toBe(true);
    expect(taken.filter((isWhole) => !isWhole).length).toBeGreaterThan(whole.length / 2);
  },
);

test.each(Object.entries(RECORDINGS))(
  "RecordingReader takes a %s with hostile words, or refuses it, in bounded memory",
  async (_kind, whole) => {
    const path = fileWith(whole);
    const taken = [];
    for (let at = 0; at + 4 <= whole.length; at += 4) {
      for (const word of HOSTILE_WORDS) {
        const bytes = Buffer.from(whole);
        bytes.writeUInt32LE(word, at);
        taken.push(await isTaken(path, bytes));
      }
    }
    expect(new Set(taken)).toEqual(new Set([true, false]));
    expect(process.resourceUsage().maxRSS).toBeLessThan(2 * 1024 * 1024); // KiB; a file that claims 4 GiB gets none of them
  },
);

test("groupcast names no word of a command line that could write to the terminal", async () => {
  for (const word of ["\x1b[2J", "\u202e5000", "239.1.2.3:5000\n", "\ud800"]) {
    const { exitCode, stderr } = await start("listen", word, "--duration", "1ms").ended;
    expect(exitCode).toBe(2);
    expect(stderr.trimEnd()).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
  }
});

test("listen says that it may open no more files, and ends with 3", async () => {
  const groups = Array.from({ length: 40 }, (_, index) => `239.255.77.${index + 1}`);
  const words = [PROGRAM, "listen", ...groups, String(await unusedPort()), "-i", "lo", "--duration", "10s"];
  const program = new ChildProgram("bash", ["-c", 'ulimit -n 32; exec "$0" "$@"', process.execPath, ...words]);
  onTestFinished(() => program[Symbol.asyncDispose]());
  const { exitCode, stderr } = await program.ended;
  expect(exitCode, stderr).toBe(3);
  expect(stderr.trimEnd().split("\n").at(-1)).toMatch(/^groupcast listen: address .*: too many open files \(EMFILE\); /);
});

test.each([0, 60, 120, 180, 240])("record ends by SIGTERM %i ms after its start, and leaves no half file", async (delayMs) => {
  const path = fileWith(Buffer.alloc(0));
  rmSync(path);
  const program = start("record", path, `127.0.0.1:${await unusedPort()}`);
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  const { exitCode, signal, stderr } = await program.stop("SIGTERM");
  expect(signal === "SIGTERM" || exitCode === 1, `${exitCode} ${signal}`).toBe(true); // before it listens to signals, or with its summary
  expect(stderr).not.toMatch(TRACE);
  if (existsSync(path)) expect(await readAll(path)).toMatchObject({ datagrams: [] });
});

/** Numbered datagrams, each of a stream of its own. */
function strangers(count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) =>
    Buffer.from(`groupcast/1 ${index.toString(16).padStart(8, "0")} 0 1\n${".".repeat(40)}`),
  );
}

test("listen --json keeps 4,096 streams of a sender that makes up more, and counts what it leaves out", async () => {
  const port = await unusedPort();
  const most = 4096;
  const program = start("listen", `127.0.0.1:${port}`, "--json");
  let isSeen = false;
  const seen = program.line(new RegExp(FENCE)).then(() => {
    isSeen = true;
  });
  await bombard([...strangers(most + 1500)], port, () => isSeen || program.hasEnded);
  await seen;
  const { exitCode, stdout } = await program.stop("SIGINT");
  const { received, streams } = JSON.parse(stdout.trimEnd().split("\n").at(-1)!) as { received: number; streams: readonly unknown[] };
  expect(exitCode).toBe(0);
  expect(received).toBeGreaterThan(0);
  expect(streams.length).toBeLessThanOrEqual(most);
});

test("ping --json prints times with three decimals at most", async () => {
  const port = await unusedPort();
  start("ping", "--respond", "--port", String(port), "--no-legacy");
  const client = start("ping", "127.0.0.1", "--port", String(port), "--no-legacy", "--json");
  const answer = JSON.parse((await client.line(/^.*"type":"answer".*$/))[0]) as { rttMs: number };
  expect(String(answer.rttMs)).toMatch(/^\d+(\.\d{1,3})?$/);
});
