// Recordings of ours and of others: tshark reads what we write, and we read what tcpdump and tshark write.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { main, recordDatagrams } from "@groupcast/cli";
import { Reactor } from "groupcast";
import { expect, onTestFinished, test } from "vitest";
import { DatagramRecorder } from "../../packages/cli/src/recording/datagram-recorder.js";
import { ChildProgram } from "../support/child-program.js";
import { fileWith, readAll, temporaryFolder } from "../support/cli/capture-bytes.js";
import { FakeHost } from "../support/cli/fake-host.js";
import { tcpdump } from "../support/lab/tcpdump.js";
import { hasCommand, hasIPv6, hasMulticastLoopback, isRoot, skipUnless } from "../support/probe.js";

const hasTshark = hasCommand("tshark", "tshark");
const hasTcpdump = hasCommand("tcpdump", "tcpdump");
const GROUP = "239.255.77.1";
const PORT = 27_821;
const WARNING = 0x60_0000; // PI_WARN of Wireshark's epan/proto.h

/** Returns fields of each packet of a file, as tshark dissects it with all checksums verified. */
function dissected(path: string, fields: readonly string[], filter = ""): string[][] {
  const checks = ["ip", "udp"].flatMap((protocol) => ["-o", `${protocol}.check_checksum:TRUE`]);
  const words = ["-n", "-r", path, ...checks, "-T", "fields", ...fields.flatMap((field) => ["-e", field]), "-Y", filter];
  const { status, stdout, stderr } = spawnSync("tshark", words, { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => line.split("\t"));
}

/** Records what is sent to targets of this machine's loopback. */
async function recorded(targets: readonly { address: string; port: number }[], texts: readonly string[]): Promise<string> {
  const path = join(temporaryFolder(), "ours.pcapng");
  const reactor = new Reactor();
  onTestFinished(() => reactor.stop());
  const count = targets.length * texts.length;
  await recordDatagrams(reactor, path, {
    targets,
    interface: "lo",
    count,
    onListening() {
      for (const target of targets) {
        const local = target.address.includes(":") ? "::1" : "127.0.0.1";
        const sender = reactor.listenMulticast(0, { datagramReceived: () => {} }, { interface: local, outgoingInterface: "lo", ttl: 5 });
        for (const text of texts) sender.write(text, target);
      }
    },
  });
  return path;
}

test("tshark reads a recording of record: addresses, payloads, interface, direction, time, and no expert warning", async (context) => {
  await skipUnless(context, hasTshark, hasMulticastLoopback);
  const path = await recorded([{ address: GROUP, port: PORT }], ["hello", "odd", "", "x".repeat(9000)]);
  const fields = ["ip.src", "ip.dst", "ip.ttl", "udp.dstport", "udp.length", "frame.interface_name", "frame.packet_flags_direction"];
  const row = (length: number): string[] => ["127.0.0.1", GROUP, "5", String(PORT), String(length + 8), "lo", "0x00000001"];
  expect(dissected(path, fields)).toEqual([row(5), row(3), row(0), row(9000)]);
  expect(dissected(path, ["udp.payload"], "udp.length == 13")).toEqual([[Buffer.from("hello").toString("hex")]]);
  expect(dissected(path, ["ip.checksum.status", "udp.checksum.status"])).toEqual(Array(4).fill(["1", "1"])); // good
  expect(dissected(path, ["frame.number", "_ws.expert.message"], `_ws.expert.severity >= ${WARNING}`)).toEqual([]);
  const times = dissected(path, ["frame.time_epoch"]).map(([time]) => time!);
  const { datagrams } = await readAll(path);
  expect(times.map((time) => BigInt(time.replace(".", "")))).toEqual(datagrams.map(({ timeNs }) => timeNs));
});

test("tshark reads IPv6 of a recording without an expert warning", async (context) => {
  await skipUnless(context, hasTshark, hasIPv6);
  const path = await recorded([{ address: "::1", port: PORT }], ["hello", "six"]);
  expect(dissected(path, ["ipv6.src", "ipv6.dst", "udp.length", "udp.checksum.status"])).toEqual([
    ["::1", "::1", "13", "1"],
    ["::1", "::1", "11", "1"],
  ]);
  expect(dissected(path, ["_ws.expert.message"], `_ws.expert.severity >= ${WARNING}`)).toEqual([]);
});

test("tshark reads the drops and the kind of reception that a recording has", async (context) => {
  await skipUnless(context, hasTshark);
  const chunks: Buffer[] = [];
  const recorder = new DatagramRecorder(
    (blocks) => chunks.push(Buffer.from(blocks)),
    () => 1_795_000_000_000_000_000n,
  );
  for (const [address, kernelDrops] of [
    [GROUP, 0],
    ["192.0.2.1", 5],
    ["192.0.2.255", 7],
  ] as const)
    recorder.record({
      data: Buffer.from("x"),
      from: { address: "192.0.2.7", port: 4000, family: 4 },
      to: { address, port: PORT },
      arrival: { truncated: false, kernelDrops, interface: "eth7", ttl: 64 },
      listener: 0,
    });
  recorder.end(9);
  const path = fileWith(Buffer.concat(chunks));
  expect(dissected(path, ["frame.drop_count", "frame.packet_flags_reception_type"])).toEqual([
    ["", "2"],
    ["5", "1"],
    ["2", "3"],
  ]);
});

/** Captures what is sent on the loopback by a program of others. */
async function captured(words: readonly string[]): Promise<void> {
  const { command, args } = tcpdump(words);
  const capture = new ChildProgram("bash", ["-c", 'exec "$@" 2>&1', "bash", command, ...args]);
  onTestFinished(() => capture[Symbol.asyncDispose]());
  await capture.line(/listening on/);
  const receiver = new Reactor();
  onTestFinished(() => receiver.stop());
  receiver.listenUDP(PORT, { datagramReceived: () => {} }, { interface: "127.0.0.1" });
  expect(await main(["send", `127.0.0.1:${PORT}`, "value {n}", "--count", "3"], new FakeHost())).toBe(0);
  await capture.stop("SIGINT"); // it writes what it has
}

test.for([
  ["Ethernet", ["-i", "lo"]],
  ["Linux cooked frames", ["-i", "any", "-y", "LINUX_SLL"]],
  ["Linux cooked frames, version 2", ["-i", "any", "-y", "LINUX_SLL2"]],
  ["nanoseconds", ["-i", "lo", "--time-stamp-precision=nano"]],
] as const)("RecordingReader reads what tcpdump writes: %s", async ([, words], context) => {
  await skipUnless(context, hasTcpdump, isRoot);
  const path = join(temporaryFolder(), "theirs.pcap");
  const common = ["-n", "-U", "--immediate-mode", "-Z", "root", "-w", path, `udp dst port ${PORT}`];
  await captured([...words, ...common]);
  const { datagrams, skipped, error } = await readAll(path);
  expect({ skipped, error }).toEqual({ skipped: {}, error: undefined });
  const texts = [...new Set(datagrams.map(({ text }) => text))]; // "any" sees them leave and arrive
  expect(texts).toEqual(["value 0", "value 1", "value 2"]);
  expect(datagrams[0]).toMatchObject({ from: { address: "127.0.0.1" }, to: { address: "127.0.0.1", port: PORT } });
  expect(Math.abs(Number(datagrams[0]!.timeNs! / 1_000_000n) - Date.now())).toBeLessThan(600_000);
});

test("RecordingReader reads what tshark writes: pcapng with its options, converted from tcpdump's", async (context) => {
  await skipUnless(context, hasTcpdump, hasTshark, isRoot);
  const folder = temporaryFolder();
  const [theirs, path] = [join(folder, "theirs.pcap"), join(folder, "theirs.pcapng")];
  await captured(["-n", "-U", "--immediate-mode", "-Z", "root", "-i", "lo", "-w", theirs, `udp port ${PORT}`]);
  expect(spawnSync("tshark", ["-r", theirs, "-F", "pcapng", "-w", path]).status).toBe(0);
  const { datagrams, error } = await readAll(path);
  expect(error).toBeUndefined();
  expect(datagrams.map(({ text }) => text)).toEqual(["value 0", "value 1", "value 2"]);
});
