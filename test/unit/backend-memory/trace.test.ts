import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatTrace, MemoryNetwork, toPcap } from "@groupcast/backend-memory";
import { describe, expect, test } from "vitest";
import { hasCommand, skipUnless } from "../../support/probe.js";
import { at, ProbeOpener } from "./socket-probe.js";

const EPOCH_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const hasTshark = hasCommand("tshark", "tshark");

/** Everything a capture can hold: both IP versions, multicast, a router, a long, an empty and an odd datagram, ICMP errors. */
async function busyNetwork(): Promise<MemoryNetwork> {
  const opener = new ProbeOpener(new MemoryNetwork({ trace: true, epochMs: EPOCH_MS, link: { delayMs: 0.25 } }));
  const { network } = opener;
  network.router("r", { switches: ["lan", network.switch("other")] });
  for (const name of ["a", "b"]) network.host(name);
  network.host("c", { switch: "other" });
  opener.member("b", "239.1.1.1");
  opener.member("c", "ff15::1");
  const four = opener.open("a", { options: { receiveErrors: 1, trafficClass: 0xb8, multicastTtl: 3 } });
  const six = opener.open("a", { family: 6, port: 6000, options: { receiveErrors: 1, multicastTtl: 3 } });
  four.send("group", at("239.1.1.1"));
  four.send("", at("10.0.0.2", 9));
  four.send("odd", at("10.0.1.1", 9));
  four.send(Buffer.alloc(65_507, "long"), at("10.0.0.2"));
  six.send("group six", at("ff15::1"));
  six.send("refused", at("fd00::2", 9));
  six.send("no route", at("fd00:9::9", 9));
  six.send("loop", at("::1", 9));
  await opener.clock.advance(100);
  return network;
}

test("records tell who sent what to whom, and what became of it", async () => {
  const opener = new ProbeOpener(new MemoryNetwork({ trace: true }));
  opener.open("a");
  opener.member("b", "239.1.1.1");
  opener.open("c");
  const sender = opener.open("a", { port: 4000 });
  sender.send("hello", at("239.1.1.1"));
  await opener.clock.advance(5);
  sender.send("nobody", at("10.0.0.2", 9));
  await opener.clock.advance(0);
  expect(String(opener.network.trace)).toBe(
    [
      '       0.000 ms  #1 a/eth0 sent 10.0.0.1:4000 -> 239.1.1.1:5000 ttl 1 "hello"',
      '       0.000 ms  #1 b/eth0 delivered to 0.0.0.0:5000 10.0.0.1:4000 -> 239.1.1.1:5000 ttl 1 "hello"',
      '       5.000 ms  #2 a/eth0 sent 10.0.0.1:4000 -> 10.0.0.2:9 ttl 64 "nobody"',
      '       5.000 ms  #2 b/eth0 dropped (no socket) 10.0.0.1:4000 -> 10.0.0.2:9 ttl 64 "nobody"',
      '       5.000 ms  #3 b/eth0 sent 10.0.0.2 -> 10.0.0.1 ttl 64 ICMP port unreachable, about 10.0.0.1:4000 -> 10.0.0.2:9 ttl 64 "nobody"',
      '       5.000 ms  #3 a/eth0 dropped (nobody to tell) 10.0.0.2 -> 10.0.0.1 ttl 64 ICMP port unreachable, about 10.0.0.1:4000 -> 10.0.0.2:9 ttl 64 "nobody"',
      "",
    ].join("\n"),
  );
});

test("formatTrace() writes bytes that are no text in hexadecimal, and long ones in part", async () => {
  const opener = new ProbeOpener(new MemoryNetwork({ trace: true }));
  opener.open("b");
  const sender = opener.open("a");
  sender.send(Buffer.from([0, 1, 0xff]), at("10.0.0.1"));
  sender.send("x".repeat(100), at("10.0.0.1"));
  const [first, second] = formatTrace(opener.network.trace.records).split("\n");
  expect(first?.endsWith(" 0001ff")).toBe(true);
  expect(second?.endsWith(` "${"x".repeat(24)}"… (100 bytes)`)).toBe(true);
});

test("trace records nothing until start(), nothing after stop(), and forgets with clear()", () => {
  const opener = new ProbeOpener(new MemoryNetwork());
  const { trace } = opener.network;
  const sender = opener.open("a");
  const send = (): number => {
    sender.send("x", at("10.0.0.1"));
    return trace.records.length;
  };
  expect(send()).toBe(0);
  trace.start();
  expect([send(), trace.isRecording]).toEqual([1, true]);
  trace.stop();
  expect([send(), trace.isRecording]).toEqual([1, false]);
  trace.clear();
  expect(trace.records).toEqual([]);
});

test("trace keeps the newest maxRecords, and counts the others", () => {
  const opener = new ProbeOpener(new MemoryNetwork());
  const { trace } = opener.network;
  trace.start({ maxRecords: 100 });
  const sender = opener.open("a");
  for (let index = 0; index < 1000; index++) sender.send(`${index}`, at("10.0.0.1"));
  expect(trace.records.length).toBeLessThanOrEqual(100);
  expect(trace.records.length + trace.discarded).toBe(1000);
  expect(String(trace.records.at(-1)?.packet.payload)).toBe("999");
});

describe("toPcap()", () => {
  test("begins with the magic number of nanoseconds and LINKTYPE_RAW", async () => {
    const bytes = Buffer.from((await busyNetwork()).trace.toPcap());
    expect([bytes.readUInt32BE(0), bytes.readUInt16BE(4), bytes.readUInt16BE(6), bytes.readUInt32BE(20)]).toEqual([0xa1b23c4d, 2, 4, 101]);
  });

  test("of no records is the header alone", () => {
    expect(toPcap([])).toHaveLength(24);
  });

  test("writePcap() writes the same to a file", async () => {
    const { trace } = await busyNetwork();
    const directory = mkdtempSync(join(tmpdir(), "groupcast-"));
    const path = join(directory, "run.pcap");
    trace.writePcap(path);
    expect(readFileSync(path).equals(trace.toPcap())).toBe(true);
    rmSync(directory, { recursive: true });
  });

  test("is read by tshark: addresses, ports, TTLs, times, payloads, and every checksum right", async (context) => {
    await skipUnless(context, hasTshark);
    const { trace } = await busyNetwork();
    const lines = readByTshark(trace.toPcap());
    expect(lines).toHaveLength(trace.records.filter(({ event }) => event === "sent" || event === "forwarded").length);
    expect(lines.filter((line) => line.includes("Bad") || line.includes("Malformed"))).toEqual([]);
    expect(lines.map((line) => line.split("|").slice(0, 6).join(" ").trim())).toEqual([
      "1767323045.678000000 10.0.0.1 239.1.1.1 3 5000",
      "1767323045.678000000 10.0.0.1 10.0.0.2 64 9",
      "1767323045.678000000 10.0.0.1 10.0.1.1 64 9",
      "1767323045.678000000 10.0.0.1 10.0.0.2 64 5000",
      "1767323045.678000000 fd00::1 ff15::1 3 5000",
      "1767323045.678000000 fd00::1 fd00::2 64 9",
      "1767323045.678000000 fd00::1 fd00:9::9 64 9",
      "1767323045.678000000 ::1 ::1 64 9",
      "1767323045.678000000 ::1,::1 ::1,::1 64,64 9 1",
      "1767323045.678250000 10.0.0.2,10.0.0.1 10.0.0.1,10.0.0.2 64,64 9 3",
      "1767323045.678250000 10.0.0.1 10.0.1.1 63 9",
      "1767323045.678250000 fd00::1 ff15::1 2 5000",
      "1767323045.678250000 fd00::2,fd00::1 fd00::1,fd00::2 64,64 9 1",
      "1767323045.678250000 fd00::ffff,fd00::1 fd00::1,fd00:9::9 64,64 9 1",
      "1767323045.678250000 10.0.1.1,10.0.0.1 10.0.0.1,10.0.1.1 64,63 9 3",
      "1767323045.678250000 10.0.1.1,10.0.0.1 10.0.0.1,10.0.1.1 63,63 9 3",
    ]);
  });
});

/** One line per packet: time, source, destination, TTL, UDP destination port, ICMP type, checksum verdicts, expert messages. */
function readByTshark(capture: Uint8Array): string[] {
  const directory = mkdtempSync(join(tmpdir(), "groupcast-"));
  const path = join(directory, "run.pcap");
  writeFileSync(path, capture);
  const fields = "frame.time_epoch,_ws.col.Source,ip.src,ip.dst,ipv6.src,ipv6.dst,ip.ttl,ipv6.hlim,udp.dstport,icmp.type,icmpv6.type";
  const verdicts = "ip.checksum.status,udp.checksum.status,icmp.checksum.status,icmpv6.checksum.status,_ws.expert.message";
  const names = `${fields},${verdicts}`.split(",").filter((name) => !name.startsWith("_ws.col"));
  const checks = ["ip.check_checksum", "udp.check_checksum"].flatMap((name) => ["-o", `${name}:TRUE`]);
  const args = ["-r", path, "-n", "-T", "fields", "-E", "separator=|", ...checks, ...names.flatMap((name) => ["-e", name])];
  const { stdout, status, stderr } = spawnSync("tshark", args, { encoding: "utf8" });
  rmSync(directory, { recursive: true });
  expect(status, stderr).toBe(0);
  return stdout.trimEnd().split("\n").map(mergedFamilies);
}

/** The columns of both IP versions in one. 0 is a wrong checksum, 1 a right one, 2 not checked. */
function mergedFamilies(line: string): string {
  const [time, source4, destination4, source6, destination6, ttl, hops, port, icmp, icmp6, ...verdicts] = line.split("|");
  const statuses = verdicts.slice(0, 4).join(",").split(",");
  const message = statuses.includes("0") ? "Bad checksum" : verdicts.slice(4).join("|");
  return [time, `${source4}${source6}`, `${destination4}${destination6}`, `${ttl}${hops}`, port, `${icmp}${icmp6}`, message].join("|");
}
