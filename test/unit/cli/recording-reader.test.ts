import { writeFileSync } from "node:fs";
import { RecordingError } from "@groupcast/cli";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  block,
  ethernet,
  fileWith,
  interfaceBlock,
  ipv4,
  ipv6,
  option,
  packetBlock,
  pcap,
  readAll,
  section,
  words,
} from "../../support/cli/capture-bytes.js";

const ORDERS = ["little", "big"] as const;
const NANOSECONDS = Buffer.from([9]);
const FROM = { address: "192.0.2.7", port: 4000 };
const TO = { address: "239.1.2.3", port: 5000 };

test.each(ORDERS)("RecordingReader reads pcapng in %s-endian order", async (order) => {
  const name = option(order, 2, Buffer.from("eth7"));
  const flags = option(order, 2, words(order, 0b1001));
  const lost = option(order, 4, order === "little" ? words(order, 12, 0) : words(order, 0, 12));
  const bytes = Buffer.concat([
    section(order),
    interfaceBlock(order, 101, name, option(order, 9, NANOSECONDS)),
    block(order, 0x0bad, Buffer.from("an unknown block")),
    packetBlock(order, 1_795_000_000_123_456_789n, ipv4("hello"), flags, lost),
  ]);
  expect(await readAll(fileWith(bytes))).toEqual({
    skipped: {},
    datagrams: [
      {
        timeNs: 1_795_000_000_123_456_789n,
        from: FROM,
        to: TO,
        ttl: 9,
        interface: "eth7",
        direction: "in",
        drops: 12,
        text: "hello",
      },
    ],
  });
});

test.each([
  [undefined, 1_700_000_000_000_005_000n, 1_700_000_000_000_005n],
  [[3], 1_700_000_000_005_000_000n, 1_700_000_000_005n],
  [[9], 1_700_000_000_000_000_005n, 1_700_000_000_000_000_005n],
  [[0x81], 850_000_000_500_000_000n, 1_700_000_001n],
])("RecordingReader takes times in units of if_tsresol %j", async (resolution, expected, ticks) => {
  const options = resolution === undefined ? [] : [option("little", 9, Buffer.from(resolution))];
  const bytes = Buffer.concat([section("little"), interfaceBlock("little", 101, ...options), packetBlock("little", ticks, ipv4("x"))]);
  const { datagrams } = await readAll(fileWith(bytes));
  expect(datagrams[0]!.timeNs).toBe(expected);
});

test("RecordingReader adds the offset of an interface to its times", async () => {
  const offset = option("little", 14, words("little", 100, 0));
  const bytes = Buffer.concat([section("little"), interfaceBlock("little", 101, offset), packetBlock("little", 7n, ipv4("x"))]);
  expect((await readAll(fileWith(bytes))).datagrams[0]!.timeNs).toBe(100_000_007_000n);
});

test("RecordingReader reads several sections, each with its own order and interfaces", async () => {
  const part = (order: "little" | "big", text: string): Buffer =>
    Buffer.concat([section(order), interfaceBlock(order, 101), packetBlock(order, 1n, ipv4(text))]);
  const { datagrams } = await readAll(fileWith(Buffer.concat([part("little", "a"), part("big", "b")])));
  expect(datagrams.map(({ text }) => text)).toEqual(["a", "b"]);
});

test("RecordingReader reads simple packets, which have no time", async () => {
  const simple = block("little", 3, Buffer.concat([words("little", ipv4("x").length), ipv4("x")]));
  const { datagrams } = await readAll(fileWith(Buffer.concat([section("little"), interfaceBlock("little", 101), simple])));
  expect(datagrams).toMatchObject([{ text: "x", timeNs: undefined }]);
});

test.each(ORDERS)("RecordingReader reads pcap in %s-endian order, in microseconds and nanoseconds", async (order) => {
  const micro = await readAll(fileWith(pcap(order, 101, [ipv4("a"), ipv4("b")])));
  expect(micro.datagrams.map(({ text, timeNs }) => [text, timeNs])).toEqual([
    ["a", 1_700_000_000_000_005_000n],
    ["b", 1_700_000_001_000_005_000n],
  ]);
  const nano = await readAll(fileWith(pcap(order, 101, [ipv4("a")], 0xa1b23c4d)));
  expect(nano.datagrams[0]!.timeNs).toBe(1_700_000_000_000_000_005n);
});

const SLL = Buffer.concat([words("big", "2:4", "2:1", "2:6"), Buffer.alloc(8), words("big", "2:2048")]);
const SLL2 = Buffer.concat([words("big", "2:2048", "2:0", 3, "2:1"), Buffer.from([4, 6]), Buffer.alloc(8)]);

test.each([
  ["Ethernet", 1, ethernet(ipv4("x")), undefined],
  ["Ethernet with a VLAN tag", 1, ethernet(ipv4("x"), 0x8100), undefined],
  ["Ethernet with two VLAN tags", 1, ethernet(ipv4("x"), 0x88a8, 0x8100), undefined],
  ["raw IP", 101, ipv4("x"), undefined],
  ["raw IP as DLT_RAW", 12, ipv4("x"), undefined],
  ["Linux cooked", 113, Buffer.concat([SLL, ipv4("x")]), "out"],
  ["Linux cooked, version 2", 276, Buffer.concat([SLL2, ipv4("x")]), "out"],
  ["BSD loopback", 0, Buffer.concat([words("little", 2), ipv4("x")]), undefined],
] as const)("RecordingReader finds the datagram in a frame of %s", async (_, linkType, frame, direction) => {
  const { datagrams, skipped } = await readAll(fileWith(pcap("little", linkType, [frame])));
  expect(datagrams).toMatchObject([{ text: "x", from: FROM, to: TO, direction }]);
  expect(skipped).toEqual({});
});

const HOP_BY_HOP = Buffer.from([0, 0, 1, 4, 0, 0, 0, 0]);
const AUTHENTICATION = Buffer.alloc(12);
AUTHENTICATION[1] = 1;

test.each([
  ["IPv4 with options", ipv4("x", { options: Buffer.from([0x94, 4, 0, 0]) }), "239.1.2.3"],
  ["IPv6", ipv6("x"), "ff02::fb"],
  [
    "IPv6 with extension headers",
    ipv6("x", [
      [0, HOP_BY_HOP],
      [60, HOP_BY_HOP],
      [51, AUTHENTICATION],
    ]),
    "ff02::fb",
  ],
  ["IPv4 in a padded frame", Buffer.concat([ipv4("x"), Buffer.alloc(17)]), "239.1.2.3"],
])("RecordingReader reads %s", async (_, ip, address) => {
  const { datagrams } = await readAll(fileWith(pcap("little", 101, [ip])));
  expect(datagrams).toMatchObject([{ text: "x", to: { address, port: 5000 }, ttl: 9 }]);
});

test("RecordingReader passes over what holds no whole datagram, and counts it by reason", async () => {
  const fragment6 = ipv6("x", [[44, Buffer.alloc(8)]]);
  const frames = [
    ipv4("first", { fragment: 0x2000 }),
    ipv4("later", { fragment: 185 }),
    fragment6,
    ipv4("tcp", { protocol: 6 }),
    ipv6("icmp", [[58, Buffer.alloc(8)]]),
    ipv4("cut").subarray(0, -1),
    Buffer.from([0x45]),
    Buffer.alloc(0),
    Buffer.from([0x10, 0, 0]),
    ipv4("x", { options: Buffer.alloc(0) }).fill(0x41, 0, 1),
    ipv4("whole"),
  ];
  const { datagrams, skipped } = await readAll(fileWith(pcap("little", 101, frames)));
  expect(datagrams.map(({ text }) => text)).toEqual(["whole"]);
  expect(skipped).toEqual({ "a fragment": 3, "not UDP": 2, "cut short": 2, "empty frame": 1, "not IP": 1, "broken IP header": 1 });
  expect((await readAll(fileWith(pcap("little", 105, [ipv4("x")])))).skipped).toEqual({ "link type 105": 1 });
  expect((await readAll(fileWith(pcap("little", 1, [Buffer.alloc(60)])))).skipped).toEqual({ "not IP": 1 });
});

const START = Buffer.concat([section("little"), interfaceBlock("little", 101), packetBlock("little", 1n, ipv4("ok"))]);

test.each([
  [
    "a file that ends in a block",
    Buffer.concat([START, packetBlock("little", 1n, ipv4("x")).subarray(0, 20)]),
    "ends in the middle of a block",
    0,
  ],
  ["a length of 3", Buffer.concat([START, words("little", 6, 3, 0)]), "the block has 3 bytes", 0],
  ["a length of 13", Buffer.concat([START, words("little", 6, 13, 0)]), "the block has 13 bytes", 0],
  ["a length of 4 GiB", Buffer.concat([START, words("little", 6, 0xfffffffc, 0)]), "the block claims 4294967292 bytes", 0],
  ["two lengths", Buffer.concat([START, words("little", 7, 16, 0, 20)]), "begins with 16 as its length, and ends with 20", 0],
  [
    "an interface that is not described",
    Buffer.concat([START, block("little", 6, words("little", 1, 0, 0, 0, 0))]),
    "interface 1, which is not described",
    0,
  ],
  [
    "a packet longer than its block",
    Buffer.concat([START, block("little", 6, words("little", 0, 0, 0, 500, 500))]),
    "a packet of 500 bytes",
    0,
  ],
  ["a block too short for a packet", Buffer.concat([START, block("little", 6, words("little", 0))]), "a packet's block of 4 bytes", 0],
  ["an interface of 4 bytes", Buffer.concat([START, block("little", 1, words("little", 1))]), "an interface of 4 bytes", 0],
  ["a resolution of 10^-99", Buffer.concat([START, interfaceBlock("little", 1, option("little", 9, Buffer.from([99])))]), "10^-99", 0],
  ["a section without byte order", Buffer.concat([START, words("little", 0x0a0d0d0a, 28, 0, 0, 0, 0, 28)]), "no byte order", 0],
])("RecordingReader refuses %s with a sentence and the offset, after what comes before", async (_, bytes, message, at) => {
  const { datagrams, error } = await readAll(fileWith(bytes));
  expect(datagrams.map(({ text }) => text)).toEqual(["ok"]);
  expect(error).toBeInstanceOf(RecordingError);
  expect(error).toMatchObject({ offset: START.length + at, message: expect.stringContaining(message) });
  expect(error!.message).toMatch(/^Cannot read \/.* at byte \d+: /);
});

test("RecordingReader refuses more than 65,536 interfaces", async () => {
  const { error } = await readAll(fileWith(Buffer.concat([section("little"), ...Array(65_537).fill(interfaceBlock("little", 1))])));
  expect(error!.message).toContain("more than 65536 interfaces");
});

test.each([
  ["nothing", Buffer.alloc(0), "it is empty"],
  ["text", Buffer.from("hello, world"), "it is neither pcapng nor pcap"],
  ["one byte", Buffer.from([0x0a]), "it is neither pcapng nor pcap"],
  ["gzip", Buffer.from([0x1f, 0x8b, 8, 0, 0, 0]), "run gunzip"],
  ["zstd", Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]), "run unzstd"],
  ["a header cut short", section("little").subarray(0, 10), "ends in the middle of a block"],
  ["a header of pcap cut short", pcap("little", 1, []).subarray(0, 10), "ends in the middle of the header of the file"],
])("RecordingReader refuses a file of %s", async (_, bytes, message) => {
  const { datagrams, error } = await readAll(fileWith(bytes));
  expect(datagrams).toEqual([]);
  expect(error).toMatchObject({ name: "RecordingError", message: expect.stringContaining(message) });
});

test("RecordingReader refuses a pcap whose last packet is cut, after those before", async () => {
  const whole = pcap("little", 101, [ipv4("a"), ipv4("b")]);
  const { datagrams, error } = await readAll(fileWith(whole.subarray(0, -1)));
  expect(datagrams.map(({ text }) => text)).toEqual(["a"]);
  expect(error!.message).toContain("ends in the middle of a packet");
  const long = Buffer.concat([pcap("little", 101, []), words("little", 0, 0, 0x7fffffff, 1)]);
  expect((await readAll(fileWith(long))).error!.message).toContain("the packet claims 2147483647 bytes");
});

test("RecordingReader.open() rejects with what the system says", async () => {
  await expect(readAll("/no/such/file")).rejects.toMatchObject({ code: "ENOENT", syscall: "open" });
  expect((await readAll("/tmp")).error).toMatchObject({ code: "EISDIR", syscall: "read" });
});

test("RecordingReader reads packets that lie across its chunks of 256 KiB", async () => {
  const texts = Array.from({ length: 900 }, (_, n) => `${n} `.padEnd(1000, "x"));
  const blocks = texts.map((text, n) => packetBlock("little", BigInt(n), ipv4(text)));
  const { datagrams } = await readAll(fileWith(Buffer.concat([section("little"), interfaceBlock("little", 101), ...blocks])));
  expect(datagrams.map(({ text }) => text)).toEqual(texts);
});

const SAMPLE = [
  Buffer.concat([
    START,
    packetBlock("little", 2n, ipv6("x", [[0, HOP_BY_HOP]])),
    section("big"),
    interfaceBlock("big", 1),
    packetBlock("big", 3n, ethernet(ipv4("y"), 0x8100)),
  ]),
  pcap("big", 113, [Buffer.concat([SLL, ipv4("x")]), Buffer.concat([SLL, ipv6("y")])]),
  pcap("little", 276, [Buffer.concat([SLL2, ipv4("x")])]),
];

test("RecordingReader takes hostile files: it ends, with datagrams or a RecordingError", async () => {
  const path = fileWith("");
  const change = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...SAMPLE), change, fc.nat(), async (sample, changes, cut) => {
      const bytes = Buffer.from(sample);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      writeFileSync(path, cut % 2 === 0 ? bytes : bytes.subarray(0, cut % bytes.length));
      const { datagrams, error } = await readAll(path);
      expect(datagrams.length).toBeLessThan(10);
      if (error !== undefined) expect(error).toBeInstanceOf(RecordingError);
    }),
    { numRuns: 300 },
  );
});
