// Hostile datagrams on LCM's network: what they take is bounded and counted, and honest messages arrive beside them.
import { LcmTransport, type LcmTransportOptions } from "@groupcast/channels";
import { expect, test } from "vitest";
import { MemorySite } from "../support/channels/memory-site.js";

const GROUP = "239.255.76.67";
const PORT = 7667;
const MEBIBYTE = 1024 * 1024;

/** Numbers from 0 to 1, the same in each run. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Fragment {
  readonly sequence?: number;
  readonly totalBytes?: number;
  readonly offset?: number;
  readonly index?: number;
  readonly count?: number;
}

/** A fragment that says of itself what it likes. */
function fragment({ sequence = 0, totalBytes = 4, offset = 0, index = 0, count = 2 }: Fragment, rest: Buffer | string): Buffer {
  const header = Buffer.alloc(20);
  header.write("LC03", "latin1");
  for (const [at, value] of [sequence, totalBytes, offset].entries()) header.writeUInt32BE(value, 4 + 4 * at);
  header.writeUInt16BE(index, 16);
  header.writeUInt16BE(count, 18);
  return Buffer.concat([header, typeof rest === "string" ? Buffer.from(rest, "latin1") : rest]);
}

/** A node that hears "c", an honest node, and somebody who sends datagrams from as many ports as they like. */
function scene(options: LcmTransportOptions = {}) {
  const site = new MemorySite();
  const transport = new LcmTransport(site.reactor("target"), options);
  const got: string[] = [];
  site
    .node("target", { transport })
    .channel("c")
    .subscribe((data) => void got.push(data.toString("latin1")));
  const honest = site.node("honest", { transport: new LcmTransport(site.reactor("target")) }).channel("c");
  const ports = Array.from({ length: 16 }, () => site.reactor("target").listenMulticast(0, { datagramReceived() {} }, { ttl: 0 }));
  const send = (datagram: Buffer, from = 0): void => void ports[from]!.write(datagram, { address: GROUP, port: PORT });
  return { site, transport, got, honest, send };
}

test.each<[string, Buffer]>([
  ["nothing", Buffer.alloc(0)],
  ["a magic alone", Buffer.from("LC02")],
  ["a header without a name", Buffer.from("LC02\0\0\0\0", "latin1")],
  ["a name that does not end", Buffer.from("LC02\0\0\0\0c", "latin1")],
  ["a name of 64 bytes", Buffer.from(`LC02\0\0\0\0${"n".repeat(64)}\0x`, "latin1")],
  ["another magic", Buffer.from("LC04\0\0\0\0c\0x", "latin1")],
  ["a datagram of pulicast", Buffer.from("PULI\x01c\0\0\0\0x", "latin1")],
  ["a fragment's header cut short", fragment({}, "").subarray(0, 19)],
  ["a first fragment without a name", fragment({}, "")],
  ["a first fragment whose name does not end", fragment({}, "ccc")],
  ["a first fragment with a name of 64 bytes", fragment({ totalBytes: 100 }, `${"n".repeat(64)}\0x`)],
  ["a name of 8,000 bytes without an end", Buffer.concat([Buffer.from("LC02\0\0\0\0", "latin1"), Buffer.alloc(8000, "c")])],
  ["a message of no fragments", fragment({ count: 0 }, "c\0x")],
  ["a fragment behind the last", fragment({ index: 2, count: 2 }, "x")],
  ["a part behind the end", fragment({ index: 1, offset: 4 }, "x")],
  ["a part with an offset that overflows", fragment({ index: 1, offset: 0xffff_ffff }, "x")],
  ["a message of 4 GiB", fragment({ totalBytes: 0xffff_ffff, count: 0xffff }, "c\0x")],
  ["a message of 16 MiB and a byte", fragment({ totalBytes: 16 * MEBIBYTE + 1 }, "c\0x")],
])("LcmTransport counts %s as malformed, and hears what comes next", async (_, datagram) => {
  const { site, transport, got, honest, send } = scene();
  send(datagram);
  await site.settle();
  honest.publish(Buffer.from("fence"));
  await site.settle();
  expect(got).toEqual(["fence"]);
  expect(transport.statistics()).toMatchObject({ malformed: 1, received: 1, heldBytes: 0, foreign: 0 });
});

test.each<[string, string]>([
  ["an empty name", ""],
  ["a name that begins with the channel's", "cc"],
  ["a name of 63 bytes", "n".repeat(63)],
  ["a name that is no UTF-8", "\xff\xfe"],
  ["the channel's name as UTF-16", "\xfe\xffc"],
  ["a name of control characters", "\x1b[2J\r\n"],
  ["a property of all objects", "__proto__"],
])("LcmTransport counts messages with %s as foreign, short and in fragments, and holds nothing of them", async (_, name) => {
  const { site, transport, got, honest, send } = scene();
  send(Buffer.from(`LC02\0\0\0\0${name}\0x`, "latin1"));
  send(fragment({ sequence: 1, index: 1, offset: 2 }, "cd"));
  send(fragment({ sequence: 1 }, `${name}\0ab`));
  await site.settle();
  honest.publish(Buffer.from("fence"));
  await site.settle();
  expect(got).toEqual(["fence"]);
  expect(transport.statistics()).toMatchObject({ foreign: 2, malformed: 0, received: 1, heldBytes: 0, incomplete: 0 });
});

test("LcmTransport allocates no more than what arrives, whatever totals the fragments announce", async () => {
  const { site, transport, got, honest, send } = scene();
  const before = process.memoryUsage().arrayBuffers;
  for (let sequence = 0; sequence < 128; sequence++) {
    send(fragment({ sequence, totalBytes: 16 * MEBIBYTE, count: 65_535 }, "c\0ab"), sequence % 16);
    if (sequence % 16 === 15) await site.settle();
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * MEBIBYTE);
  expect(transport.statistics().heldBytes).toBeGreaterThan(0);
  expect(transport.statistics().heldBytes).toBeLessThan(128 * 1024);
  honest.publish(Buffer.from("fence"));
  await site.settle();
  expect(got).toEqual(["fence"]);
});

test("LcmTransport loses at most the message that a forger spoils under the sender's own address and number", async () => {
  const { site, transport, got, send } = scene();
  send(fragment({ totalBytes: 5, index: 1, offset: 2 }, "xyz")); // forged: comes before the message's own
  send(fragment({}, "c\0ab"));
  send(fragment({ index: 1, offset: 2 }, "cd"));
  send(fragment({ sequence: 1 }, "c\0ab"));
  send(fragment({ sequence: 1, index: 1, offset: 2 }, "cd"));
  await site.settle();
  expect(got).toEqual(["abcd"]);
  expect(transport.statistics()).toMatchObject({ malformed: 2, received: 1 });
  await site.network.clock.advance(2100);
  expect(transport.statistics()).toMatchObject({ incomplete: 1, heldBytes: 0 });
});

test.each<[string, readonly Buffer[]]>([
  ["overlap", [fragment({}, "c\0abc"), fragment({ index: 1, offset: 1 }, "xyz")]],
  ["overlap and leave a gap as long", [fragment({}, "c\0ab"), fragment({ index: 1, offset: 1 }, "xy")]],
  ["leave a gap", [fragment({}, "c\0a"), fragment({ index: 1, offset: 2 }, "x")]],
  ["end too early", [fragment({}, "c\0ab"), fragment({ index: 1, offset: 2 }, "x")]],
])("LcmTransport refuses a message whose parts %s: memory that nobody wrote does not leave", async (_, fragments) => {
  const { site, transport, got, honest, send } = scene();
  for (const part of fragments) send(part);
  await site.settle();
  honest.publish(Buffer.from("fence"));
  await site.settle();
  expect(got).toEqual(["fence"]);
  expect(transport.statistics()).toMatchObject({ malformed: 1, heldBytes: 0, incomplete: 0 });
});

test("LcmTransport counts fragments that contradict those before them, and completes the message all the same", async () => {
  const { site, transport, got, send } = scene();
  send(fragment({}, "c\0ab"));
  send(fragment({ index: 1, offset: 2, totalBytes: 5 }, "xyz"));
  send(fragment({ index: 1, offset: 2, count: 3 }, "xy"));
  send(fragment({ index: 1, offset: 2 }, "cd"));
  await site.settle();
  expect(got).toEqual(["abcd"]);
  expect(transport.statistics().malformed).toBe(2);
});

test("LcmTransport holds no more of messages that never become whole than its bound, and for two seconds at most", async () => {
  const maxReassemblyBytes = MEBIBYTE;
  const { site, transport, got, honest, send } = scene({ maxReassemblyBytes });
  const part = Buffer.alloc(8000);
  let largest = 0;
  for (let sequence = 0; sequence < 2000; sequence++) {
    send(fragment({ sequence, totalBytes: 16 * MEBIBYTE, index: 1, offset: 100, count: 2000 }, part), sequence % 16);
    if (sequence % 10 === 9) await site.settle(); // as many as a receive buffer holds
    largest = Math.max(largest, transport.statistics().heldBytes);
  }
  expect(largest).toBeGreaterThan(maxReassemblyBytes / 4);
  expect(largest).toBeLessThanOrEqual(maxReassemblyBytes);
  honest.publish(Buffer.from("h".repeat(50_000)));
  await site.settle();
  expect(got.map((text) => text.length)).toEqual([50_000]);
  await site.network.clock.advance(2100);
  expect(transport.statistics()).toMatchObject({ heldBytes: 0, incomplete: 2000 });
});

test("LcmTransport counts tiny fragments for what they cost", async () => {
  const { site, transport, send } = scene({ maxReassemblyBytes: 65_536 });
  for (let index = 1; index < 1000; index++) send(fragment({ totalBytes: 65_535, offset: index, index, count: 65_535 }, ""));
  await site.settle();
  expect(transport.statistics().heldBytes).toBeLessThanOrEqual(65_536 / 2); // one sender has half of it
  expect(transport.statistics().incomplete).toBeGreaterThan(0);
});

test("LcmTransport survives a hundred thousand mutated datagrams, and accounts for each", async () => {
  const { site, transport, got, honest, send } = scene();
  const random = seededRandom(7667);
  const pick = (below: number): number => Math.floor(random() * below);
  const models = [Buffer.from("LC02\0\0\0\0c\0payload", "latin1"), fragment({}, "c\0ab"), fragment({ index: 1, offset: 2 }, "cd")];
  for (let count = 0; count < 100_000; count++) {
    const datagram = Buffer.from(models[pick(models.length)]!);
    for (let flips = 1 + pick(3); flips > 0; flips--) datagram[pick(datagram.length)] = pick(256);
    send(datagram.subarray(0, random() < 0.2 ? pick(datagram.length + 1) : datagram.length), pick(16));
    if (count % 500 === 499) await site.settle();
  }
  await site.network.clock.advance(2100);
  const { malformed, received, foreign, heldBytes } = transport.statistics();
  expect(heldBytes).toBe(0);
  expect(Math.min(malformed, received, foreign)).toBeGreaterThan(1000);
  expect(got).toHaveLength(received);
  honest.publish(Buffer.from("fence"));
  await site.settle();
  expect(got.at(-1)).toBe("fence");
});
