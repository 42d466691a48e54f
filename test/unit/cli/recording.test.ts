import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { MemoryNetwork } from "@groupcast/backend-memory";
import { main, recordDatagrams } from "@groupcast/cli";
import fc from "fast-check";
import { Reactor } from "groupcast";
import { expect, onTestFinished, test } from "vitest";
import { DatagramRecorder } from "../../../packages/cli/src/recording/datagram-recorder.js";
import { addressBytes, addressText } from "../../../packages/cli/src/recording/ip-bytes.js";
import { RecordingFile } from "../../../packages/cli/src/recording/recording-file.js";
import { complement, MAX_PACKET_BYTES, packetLength, sumOfWords, writePacket } from "../../../packages/cli/src/recording/udp-packet.js";
import { ROOT } from "../../architecture/source-files.js";
import { ChildProgram } from "../../support/child-program.js";
import { fileWith, readAll, temporaryFolder } from "../../support/cli/capture-bytes.js";
import { FakeHost, run, settle } from "../../support/cli/fake-host.js";

const NOW_NS = 1_795_000_000_123_456_789n;

test.each(["192.0.2.1", "::", "::1", "fe80::1", "2001:db8::1:0:0:1", "1:2:3:4:5:6:7:8", "::ffff:c000:201", "1::", "0:1::"])(
  "addressText() undoes addressBytes() of %s",
  (address) => {
    expect(addressText(addressBytes(address))).toBe(address === "0:1::" ? "0:1::" : address);
  },
);

test("addressBytes() reads IPv4 at the end of IPv6, and leaves zones out", () => {
  expect(addressText(addressBytes("::ffff:192.0.2.1"))).toBe("::ffff:c000:201");
  expect(addressText(addressBytes("fe80::1%eth0"))).toBe("fe80::1");
});

test("addressText() writes any 16 bytes as addressBytes() reads them", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 0, 1, 255), { minLength: 16, maxLength: 16 }), (bytes) => {
      expect(addressBytes(addressText(Buffer.from(bytes)))).toEqual(Buffer.from(bytes));
    }),
  );
});

test("writePacket() writes checksums that add up, for any payload", () => {
  const ends = fc.constantFrom(["192.0.2.1", "239.1.2.3"], ["fe80::1%eth0", "ff02::fb"]);
  fc.assert(
    fc.property(ends, fc.uint8Array({ maxLength: 100 }), ([from, to], data) => {
      const fields = { from: { address: from!, port: 4000 }, to: { address: to!, port: 5000 }, ttl: 7, data };
      const bytes = Buffer.alloc(packetLength(fields));
      writePacket(fields, bytes, 0);
      const isIpv4 = bytes[0] === 0x45;
      if (isIpv4) expect(complement(sumOfWords(bytes, 0, 20))).toBe(0);
      const addresses = isIpv4 ? 12 : 8;
      expect(complement(sumOfWords(bytes, addresses, bytes.length) + data.length + 8 + 17)).toBe(0);
    }),
  );
});

test("writePacket() writes a checksum of 0 as 0xffff", () => {
  const fields = { from: { address: "0.0.0.0", port: 0 }, to: { address: "0.0.0.0", port: 0 }, ttl: 1, data: new Uint8Array(2) };
  const bytes = Buffer.alloc(packetLength(fields));
  const sum = 10 + 10 + 17; // length twice, protocol
  fields.data.set([(0xffff - sum) >> 8, (0xffff - sum) & 0xff]);
  writePacket(fields, bytes, 0);
  expect(bytes.readUInt16BE(26)).toBe(0xffff);
});

test("MAX_PACKET_BYTES holds the longest datagram of IPv6", () => {
  const fields = { from: { address: "::1", port: 1 }, to: { address: "::1", port: 1 }, ttl: 1, data: new Uint8Array(65_527) };
  expect(packetLength(fields)).toBe(MAX_PACKET_BYTES);
});

/** Records datagrams to a file, without a network. */
function record(write: (recorder: DatagramRecorder) => void): string {
  const chunks: Buffer[] = [];
  write(
    new DatagramRecorder(
      (blocks) => chunks.push(Buffer.from(blocks)),
      () => NOW_NS,
    ),
  );
  return fileWith(Buffer.concat(chunks));
}

const FROM = { address: "192.0.2.7", port: 4000, family: 4 } as const;
const TO = { address: "239.1.2.3", port: 5000 };

test("DatagramRecorder writes what RecordingReader reads", async () => {
  const path = record((recorder) => {
    recorder.record({
      data: Buffer.from("one"),
      from: FROM,
      to: TO,
      arrival: { truncated: false, interface: "eth7", ttl: 3, timestampNs: NOW_NS + 1n, kernelDrops: 0 },
      listener: 0,
    });
    recorder.record({
      data: Buffer.from("two"),
      from: { address: "fe80::7%eth8", port: 1, family: 6 },
      to: { address: "ff02::fb%eth8", port: 5353 },
      arrival: { truncated: false, interface: "eth8", ttl: 255, timestampNs: NOW_NS + 2n, kernelDrops: 5 },
      listener: 1,
    });
    recorder.record({ data: Buffer.alloc(0), from: FROM, to: { address: "", port: 9 }, arrival: { truncated: false }, listener: 2 });
    expect(recorder.end(7)).toMatchObject({ datagrams: 3, drops: 7 });
  });
  const { datagrams, error } = await readAll(path);
  expect(error).toBeUndefined();
  expect(datagrams).toEqual([
    {
      timeNs: NOW_NS + 1n,
      from: { address: "192.0.2.7", port: 4000 },
      to: TO,
      ttl: 3,
      interface: "eth7",
      direction: "in",
      drops: 0,
      text: "one",
    },
    {
      timeNs: NOW_NS + 2n,
      from: { address: "fe80::7", port: 1 },
      to: { address: "ff02::fb", port: 5353 },
      ttl: 255,
      interface: "eth8",
      direction: "in",
      drops: 5,
      text: "two",
    },
    {
      timeNs: NOW_NS,
      from: { address: "192.0.2.7", port: 4000 },
      to: { address: "0.0.0.0", port: 9 },
      ttl: 64,
      interface: undefined,
      direction: "in",
      drops: 0,
      text: "",
    },
  ]);
});

test("DatagramRecorder writes the drops since the datagram before, of each listener", async () => {
  const path = record((recorder) => {
    for (const [listener, kernelDrops] of [
      [0, 3],
      [1, 2],
      [0, 3],
      [0, 10],
    ] as const)
      recorder.record({ data: Buffer.from("x"), from: FROM, to: TO, arrival: { truncated: false, kernelDrops }, listener });
    expect(recorder.end(12).drops).toBe(12);
  });
  expect((await readAll(path)).datagrams.map(({ drops }) => drops)).toEqual([3, 2, 0, 7]);
});

test("DatagramRecorder ends with what each interface has received, and all that was lost", () => {
  const chunks: Buffer[] = [];
  const recorder = new DatagramRecorder(
    (blocks) => chunks.push(Buffer.from(blocks)),
    () => NOW_NS,
  );
  const arrivals = [
    { interface: "a", kernelDrops: 2 },
    { interface: "a", kernelDrops: 2 },
    { interface: "b", kernelDrops: 5 },
  ];
  for (const arrival of arrivals)
    recorder.record({ data: Buffer.from("x"), from: FROM, to: TO, arrival: { ...arrival, truncated: false }, listener: 0 });
  recorder.end(9);
  const bytes = Buffer.concat(chunks);
  const statistics: number[][] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at + 4)) {
    if (bytes.readUInt32LE(at) !== 5) continue; // number, time, isb_ifrecv, isb_osdrop: draft-ietf-opsawg-pcapng, 4.6
    expect([bytes.readUInt16LE(at + 20), bytes.readUInt16LE(at + 32)]).toEqual([4, 7]);
    statistics.push([8, 24, 36].map((offset) => bytes.readUInt32LE(at + offset)));
  }
  expect(statistics).toEqual([
    [0, 2, 6],
    [1, 1, 3],
  ]);
});

test("DatagramRecorder hands over whole blocks only, also of the longest datagrams", async () => {
  const chunks: Buffer[] = [];
  const recorder = new DatagramRecorder(
    (blocks) => chunks.push(Buffer.from(blocks)),
    () => NOW_NS,
  );
  for (let n = 0; n < 40; n++)
    recorder.record({ data: Buffer.alloc(65_507 - n, n), from: FROM, to: TO, arrival: { truncated: false }, listener: 0 });
  recorder.end(0);
  expect(chunks.length).toBeGreaterThan(5);
  for (const chunk of chunks) {
    let at = 0;
    while (at < chunk.length) at += chunk.readUInt32LE(at + 4);
    expect(at).toBe(chunk.length);
  }
  const { datagrams } = await readAll(fileWith(Buffer.concat(chunks)));
  expect(datagrams.map(({ text }) => text.length)).toEqual(Array.from({ length: 40 }, (_, n) => 65_507 - n));
});

test("RecordingFile.open() refuses a file with something in it, unless it may write over it", () => {
  const path = fileWith("precious");
  expect(() => RecordingFile.open(path)).toThrow(`${path} exists already: choose another name, or add --overwrite`);
  expect(readFileSync(path, "utf8")).toBe("precious");
  const file = RecordingFile.open(path, { overwrite: true });
  file.append(Buffer.from("new"));
  file.close();
  expect(readFileSync(path, "utf8")).toBe("new");
});

test("RecordingFile leaves a file that was there as it was, when nothing is written to it", () => {
  const [precious, empty] = [fileWith("precious"), fileWith("")];
  RecordingFile.open(precious, { overwrite: true }).close();
  RecordingFile.open(empty).close();
  expect([precious, empty].map((path) => readFileSync(path, "utf8"))).toEqual(["precious", ""]);
});

test.each([["record"], ["listen", "--pcap"]])(
  "%s leaves no file behind when it cannot listen, and none changed",
  async (...[name, ...flag]) => {
    const on = [new MemoryNetwork(), "a"] as const;
    const reactor = new Reactor({ backend: on[0].host("a"), clock: on[0].clock });
    reactor.listenMulticast(5000, { datagramReceived: () => {} }, { interface: "239.1.2.3" }); // shares it with nobody
    const [path, old] = [join(temporaryFolder(), "new.pcapng"), fileWith("precious")];
    const words = (file: string): string[] => [name!, ...flag, file, "239.1.2.3:5000"];
    expect(await run(words(path), { on })).toMatchObject({ code: 3, err: expect.stringContaining("EADDRINUSE") });
    expect(await run([...words(old), "--overwrite"], { on })).toMatchObject({ code: 3, err: expect.stringContaining("EADDRINUSE") });
    expect(existsSync(path)).toBe(false);
    expect(readFileSync(old, "utf8")).toBe("precious");
  },
);

test("record writes each datagram to a file, and its summary", async () => {
  const network = new MemoryNetwork({ epochMs: 1_795_000_000_000 });
  const path = join(temporaryFolder(), "new.pcapng");
  const host = new FakeHost({ on: [network, "a"] });
  const ended = main(["record", path, "239.1.2.3:5000", "--count", "3", "--json"], host);
  await settle(
    network.clock,
    main(["send", "239.1.2.3:5000", "n {n}", "--count", "3", "--rate", "10"], new FakeHost({ on: [network, "b"] })),
  );
  expect(await settle(network.clock, ended)).toBe(0);
  const { datagrams } = await readAll(path);
  expect(datagrams).toMatchObject(
    [0, 1, 2].map((n) => ({ text: `n ${n}`, to: TO, interface: "eth0", ttl: 1, from: { address: "10.0.0.2" } })),
  );
  expect(datagrams[2]!.timeNs! - datagrams[0]!.timeNs!).toBe(200_000_000n);
  expect(host.records).toEqual([
    expect.objectContaining({ type: "recorded", file: path, datagrams: 3, received: 3, drops: 0, fileBytes: statSync(path).size }),
  ]);
});

test("listen --pcap records what it prints", async () => {
  const network = new MemoryNetwork();
  const path = join(temporaryFolder(), "new.pcapng");
  const host = new FakeHost({ on: [network, "a"] });
  const ended = main(["listen", "239.1.2.3:5000", "--count", "1", "--pcap", path], host);
  await settle(network.clock, main(["send", "239.1.2.3:5000", "hello"], new FakeHost({ on: [network, "b"] })));
  await settle(network.clock, ended);
  expect(host.stdout.text).toMatch(/"hello"[\s\S]*1 datagram recorded to .*new\.pcapng \(\d+ bytes\)/);
  expect((await readAll(path)).datagrams.map(({ text }) => text)).toEqual(["hello"]);
});

test("record writes what it has twice a second, so that a program that is killed leaves a whole file", async () => {
  const network = new MemoryNetwork();
  const path = join(temporaryFolder(), "new.pcapng");
  const reactor = new Reactor({ backend: network.host("a"), clock: network.clock });
  const end = new AbortController();
  const recording = recordDatagrams(reactor, path, { targets: [{ address: "239.1.2.3", port: 5000 }], signal: end.signal });
  await settle(network.clock, main(["send", "239.1.2.3:5000", "hello"], new FakeHost({ on: [network, "b"] })), 0);
  expect(statSync(path).size).toBe(0);
  await network.clock.advance(500);
  expect(await readAll(path)).toMatchObject({ datagrams: [{ text: "hello" }], skipped: {} });
  end.abort();
  await recording;
});

test("record refuses a file that is there, and a folder", async () => {
  const path = fileWith("precious");
  const on = [new MemoryNetwork(), "a"] as const;
  expect(await run(["record", path, "239.1.2.3:5000"], { on })).toMatchObject({ code: 3, err: expect.stringContaining("--overwrite") });
  expect(await run(["record", "/tmp", "239.1.2.3:5000"], { on })).toMatchObject({ code: 3, err: expect.stringContaining("EISDIR") });
});

/** Runs `record` on this machine's loopback below a limit of the size of files, as a full disk is. */
test("record leaves whole blocks when the disk is full, and says so", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "full.pcapng");
  // SIGXFSZ is ignored, so that write(2) fails with EFBIG at 300 KiB: in the middle of a block, as on a full disk.
  const script = `trap '' XFSZ; ulimit -f 300; exec "$NODE" "$PROGRAM" record "$FILE" 27813`;
  const env = { NODE: process.execPath, PROGRAM: `${ROOT}packages/cli/dist/groupcast.js`, FILE: path };
  const recorder = new ChildProgram("bash", ["-c", script], { env });
  onTestFinished(() => recorder[Symbol.asyncDispose]());
  const sender = new ChildProgram("bash", ["-c", `exec "$NODE" "$PROGRAM" send 127.0.0.1:27813 --size 1000 --rate 2000`], { env });
  onTestFinished(() => sender[Symbol.asyncDispose]());
  const { exitCode, stderr } = await recorder.ended;
  await sender.stop("SIGTERM");
  expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: expect.stringMatching(/groupcast record: EFBIG: .*\n$/) });
  const { datagrams, error } = await readAll(path);
  expect(error).toBeUndefined();
  expect(datagrams.length).toBeGreaterThan(200);
  expect(statSync(path).size).toBeLessThanOrEqual(300 * 1024);
});

test("record ends well when the reader of its pipe goes away", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "pipe");
  const env = { NODE: process.execPath, PROGRAM: `${ROOT}packages/cli/dist/groupcast.js`, FILE: path };
  const script = `mkfifo "$FILE"; head -c 100 "$FILE" >/dev/null & exec "$NODE" "$PROGRAM" record "$FILE" 27814`;
  const recorder = new ChildProgram("bash", ["-c", script], { env });
  onTestFinished(() => recorder[Symbol.asyncDispose]());
  const sender = new ChildProgram("bash", ["-c", `exec "$NODE" "$PROGRAM" send 127.0.0.1:27814 --rate 100`], { env });
  onTestFinished(() => sender[Symbol.asyncDispose]());
  const { exitCode, stderr } = await recorder.ended;
  await sender.stop("SIGTERM");
  expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: expect.stringMatching(/groupcast record: EPIPE: .*\n$/) });
});
