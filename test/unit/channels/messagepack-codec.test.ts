import { execFileSync } from "node:child_process";
import { type Codec, CodecMismatchError, loadMessagePackCodec } from "@groupcast/channels";
import { beforeAll, describe, expect, test } from "vitest";
import { MemorySite } from "../../support/channels/memory-site.js";

let codec: Codec<unknown>;

beforeAll(async () => {
  codec = await loadMessagePackCodec();
});

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(" ", ""), "hex");
}

// From msgpack/spec.md, by hand: a value and its shortest form.
const VECTORS: [string, unknown][] = [
  ["c0", null],
  ["c2", false],
  ["c3", true],
  ["00", 0],
  ["7f", 127],
  ["cc80", 128],
  ["cd0100", 256],
  ["ce00010000", 65_536],
  ["cf0000000100000000", 2 ** 32],
  ["ff", -1],
  ["e0", -32],
  ["d0df", -33],
  ["d1ff7f", -129],
  ["d2ffff7fff", -32_769],
  ["d3ffffffff7fffffff", -(2 ** 31) - 1],
  ["cb3ff8000000000000", 1.5],
  ["a0", ""],
  ["a3c3bc21", "ü!"],
  [`d920${"61".repeat(32)}`, "a".repeat(32)],
  ["c403010203", Buffer.of(1, 2, 3)],
  ["90", []],
  ["93010203", [1, 2, 3]],
  ["80", {}],
  ["82a16101a16292c0c3", { a: 1, b: [null, true] }],
  ["d6ff00000001", new Date(1000)],
];

describe("encode() and decode()", () => {
  test.each(VECTORS)("MessagePack %s is what the specification says", (bytes, value) => {
    expect(Buffer.from(codec.encode(value)).toString("hex")).toBe(bytes);
    expect(codec.decode(hex(bytes))).toEqual(value);
  });

  test.each<[string, unknown]>([
    ["ca3fc00000", 1.5],
    ["da000161", "a"],
    ["db0000000161", "a"],
    ["c5000101", Buffer.of(1)],
    ["c60000000101", Buffer.of(1)],
    ["dc000101", [1]],
    ["dd0000000101", [1]],
    ["de0001a16101", { a: 1 }],
    ["df00000001a16101", { a: 1 }],
    ["c70cff000000000000000000000001", new Date(1000)],
    ["d7ff0000000000000001", new Date(1000)],
  ])("decode() takes the longer form %s", (bytes, value) => {
    expect(codec.decode(hex(bytes))).toEqual(value);
  });

  test("decode() of all the kinds of extensions takes as many bytes as they have", () => {
    const kinds = ["d40501", "d5050102", `d605${"01".repeat(4)}`, `d705${"01".repeat(8)}`, `d805${"01".repeat(16)}`];
    for (const bytes of [...kinds, "c7010501", "c800010501", "c9000000010501"]) {
      expect(codec.decode(hex(`92${bytes}07`))).toMatchObject([{ type: 5 }, 7]);
    }
  });

  test.each([
    ["a function", () => {}],
    ["a symbol", Symbol("s")],
    ["a bigint", 1n],
  ])("encode() refuses %s", (_, value) => {
    expect(() => codec.encode({ value })).toThrow(expect.objectContaining({ name: "InvalidArgumentError", operation: "publish" }));
  });

  test("encode() and decode() take a hundred arrays within each other, and no more", () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    expect(codec.decode(Buffer.from(codec.encode(nested(99))))).toEqual(nested(99));
    expect(() => codec.encode(nested(101))).toThrow(expect.objectContaining({ argument: "value" }));
    expect(codec.decode(hex(`${"91".repeat(100)}01`))).toEqual(nested(100));
    expect(() => codec.decode(hex(`${"91".repeat(101)}01`))).toThrow(CodecMismatchError);
  });

  test("decode() refuses an integer that a number would round, unless bigints are asked for", async () => {
    const exact = [hex("cf001fffffffffffff"), hex("d3ffe0000000000001")];
    expect(exact.map((bytes) => codec.decode(bytes))).toEqual([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]);
    const rounded = [hex("cf0020000000000001"), hex("cfffffffffffffffff"), hex("d3ffdfffffffffffff")];
    for (const bytes of rounded) expect(() => codec.decode(bytes)).toThrow(CodecMismatchError);
    const exactly = await loadMessagePackCodec({ bigint: true });
    expect(rounded.map((bytes) => exactly.decode(bytes))).toEqual([2n ** 53n + 1n, 2n ** 64n - 1n, -(2n ** 53n) - 1n]);
    expect(exactly.decode(Buffer.from(exactly.encode(7n)))).toBe(7n);
  });
});

describe("hostile bytes", () => {
  test.each([
    ["nothing", ""],
    ["c1, which is never used", "c1"],
    ["a string without its bytes", "a3 61"],
    ["a length that is cut off", "dd 00 00"],
    ["an integer that is cut off", "cf 00"],
    ["an array of four thousand millions", "dd ffffffff"],
    ["a map of four thousand millions", "df ffffffff c0"],
    ["arrays within arrays, each of which announces all", "dd 00000006 dd 00000006 c0 c0 c0 c0"],
    ["a string of four thousand millions", "db ffffffff"],
    ["bytes behind the value", "c0 c0"],
    ["a string that is no UTF-8 in an array that is cut off", "92 a1 ff"],
  ])("decode() refuses %s before the library sees it", (_, bytes) => {
    expect(() => codec.decode(hex(bytes))).toThrow(CodecMismatchError);
  });

  test.each([
    ["a map with the key __proto__", "81 a9 5f5f70726f746f5f5f 80"],
    ["a map whose key is a map", "81 80 c0"],
  ])("decode() refuses %s", (_, bytes) => {
    expect(() => codec.decode(hex(bytes))).toThrow();
  });

  test("decode() says how many bytes are behind the value", () => {
    expect(() => codec.decode(hex("a3616161 c0c0"))).toThrow("continue for 2 after the value");
  });

  test("decode() takes the longest map, array and text with their length in the first byte", () => {
    const pairs = Array.from({ length: 15 }, (_, index) => `a1${(0x61 + index).toString(16)}c0`).join("");
    expect(Object.keys(codec.decode(hex(`8f${pairs}`)) as object)).toHaveLength(15);
    expect(codec.decode(hex(`9f${"01".repeat(15)}`))).toHaveLength(15);
    expect(codec.decode(hex(`bf${"61".repeat(31)}`))).toBe("a".repeat(31));
    for (const bytes of [`8f${pairs.slice(0, -2)}`, `9f${"01".repeat(14)}`, `bf${"61".repeat(30)}`]) {
      expect(() => codec.decode(hex(bytes))).toThrow("end too early");
    }
  });

  test("decode() makes no room for what arrays announce: a megabyte of headers costs no more than itself", () => {
    const header = hex("dd000fffff");
    const bytes = Buffer.concat(Array.from({ length: 200_000 }, () => header));
    const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
    expect(() => codec.decode(bytes)).toThrow(CodecMismatchError);
    expect(process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024);
  });

  test("decode() takes as many values as maxValues says", async () => {
    const few = await loadMessagePackCodec({ maxValues: 4 });
    expect(few.decode(hex("93 01 02 03"))).toEqual([1, 2, 3]);
    expect(() => few.decode(hex("94 01 02 03 04"))).toThrow(CodecMismatchError);
    const empty = Buffer.alloc(1_048_577 + 5, 0x80);
    empty.writeUInt8(0xdd, 0);
    empty.writeUInt32BE(1_048_577, 1);
    expect(() => codec.decode(empty)).toThrow("more than 1048576 values");
  });

  test("a channel counts bytes that are no MessagePack as undecodable", async () => {
    const site = new MemorySite();
    const channel = site.node("a").channel("c", { codec });
    const got: unknown[] = [];
    channel.subscribe((value) => void got.push(value));
    site.node("a").channel("c").publish(hex("c1"));
    channel.publish({ x: 1 });
    await site.settle();
    expect(got).toEqual([{ x: 1 }]);
    expect(channel.statistics()).toMatchObject({ undecodable: 1, received: 1 });
  });
});

test.each([[{ maxValues: 0 }], [{ maxValues: 16_777_217 }], [{ bigint: 1 }], [{ depth: 3 }]])(
  "loadMessagePackCodec() refuses %j",
  async (options) => {
    await expect(loadMessagePackCodec(options as never)).rejects.toMatchObject({
      name: "InvalidArgumentError",
      operation: "loadMessagePackCodec",
    });
  },
);

test("@groupcast/channels does not load the library before the codec is asked for", () => {
  // A loader that knows no @msgpack/msgpack: whoever asks for it fails.
  const loader = `export const resolve = (name, context, next) => { if (name.includes("msgpack")) throw new Error("asked for"); return next(name, context); };`;
  const script = `
    import { register } from "node:module";
    register("data:text/javascript,${encodeURIComponent(loader)}");
    const { loadMessagePackCodec } = await import("@groupcast/channels");
    const refusal = await loadMessagePackCodec().catch((error) => error);
    console.log(JSON.stringify([refusal.code, refusal.operation, refusal.remedy, refusal.cause.message]));`;
  const printed = execFileSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" });
  const remedy = expect.stringContaining("npm install @msgpack/msgpack");
  expect(JSON.parse(printed)).toEqual(["ERR_MESSAGEPACK_MISSING", "loadMessagePackCodec", remedy, expect.stringContaining("asked for")]);
});
