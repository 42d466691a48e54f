import { CodecMismatchError, lcmStruct } from "@groupcast/channels";
import { describe, expect, expectTypeOf, test } from "vitest";
import { MemorySite } from "../../support/channels/memory-site.js";

const point = lcmStruct("point_t", { x: "double", y: "double" });
const path = lcmStruct("path_t", { n: "int32_t", points: [point, "n"], label: "string" });

/** Bytes of a value, with its fingerprint, from the hexadecimal of the rest. */
function bytesOf({ fingerprint }: { readonly fingerprint: bigint }, hex: string): Buffer {
  return Buffer.concat([Buffer.from(fingerprint.toString(16).padStart(16, "0"), "hex"), Buffer.from(hex, "hex")]);
}

describe("fingerprint", () => {
  // Bases that lcm-gen has written into public code: LCM's own example, bot_core's image, and messages of two robots.
  test.each<[string, bigint, { readonly fingerprint: bigint }]>([
    [
      "example_t",
      0x1baa9e29b0fbaa8bn,
      lcmStruct("example_t", {
        timestamp: "int64_t",
        position: ["double", 3],
        orientation: ["double", 4],
        num_ranges: "int32_t",
        ranges: ["int16_t", "num_ranges"],
        name: "string",
        enabled: "boolean",
      }),
    ],
    ["file_send_lcmt", 0x90df9b84cdceaf0an, lcmStruct("file_send_lcmt", { data: "string" })],
    [
      "RobotMessage",
      0x91bb7785ac915e68n,
      lcmStruct("RobotMessage", { timeStamp: "double", data_size: "int32_t", data: ["double", "data_size"] }),
    ],
  ])("lcmStruct() has the fingerprint of %s as lcm-gen has it", (_, base, { fingerprint }) => {
    expect(fingerprint).toBe(BigInt.asUintN(64, (base << 1n) + (base >> 63n)));
  });

  test("lcmStruct() adds the fingerprints of structs within structs, as lcm-gen does for image_t", () => {
    const metadata = lcmStruct("image_metadata_t", { key: "string", n: "int32_t", value: ["byte", "n"] });
    const image = lcmStruct("image_t", {
      utime: "int64_t",
      width: "int32_t",
      height: "int32_t",
      row_stride: "int32_t",
      pixelformat: "int32_t",
      size: "int32_t",
      data: ["byte", "size"],
      nmetadata: "int32_t",
      metadata: [metadata, "nmetadata"],
    });
    const sum = BigInt.asUintN(64, 0x6fee6cb20472ff6an + metadata.fingerprint);
    expect(image.fingerprint).toBe(BigInt.asUintN(64, (sum << 1n) + (sum >> 63n)));
  });

  test("lcmStruct() gives types of another name the same fingerprint, and those of another order another one", () => {
    const other = lcmStruct("other_t", { x: "double", y: "double" });
    expect(other.fingerprint).toBe(point.fingerprint);
    expect(lcmStruct("point_t", { y: "double", x: "double" }).fingerprint).not.toBe(point.fingerprint);
    expect(lcmStruct("a", { v: ["byte", 2, 1] }).fingerprint).not.toBe(lcmStruct("a", { v: ["byte", 2] }).fingerprint);
  });
});

describe("declaring", () => {
  test.each<[string, object, string]>([
    ["a name with a space", { "a b": "byte" }, "members"],
    ["a name that begins with a digit", { "1": "byte" }, "members"],
    ["an unknown type", { a: "uint8_t" }, "a"],
    ["a property of all objects for a type", { a: "constructor" }, "a"],
    ["an object that is no struct", { a: {} }, "a"],
    ["nothing for a type", { a: undefined }, "a"],
    ["a length that comes later", { a: ["byte", "n"], n: "int32_t" }, "a"],
    ["a length that is no integer", { n: "double", a: ["byte", "n"] }, "a"],
    ["a length that is a byte", { n: "byte", a: ["byte", "n"] }, "a"],
    ["a length that is an array", { n: ["int32_t", 1], a: ["byte", "n"] }, "a"],
    ["a negative dimension", { a: ["byte", -1] }, "a"],
    ["a dimension and a half", { a: ["byte", 1.5] }, "a"],
    ["a dimension that is no number", { a: ["byte", null] }, "a"],
    ["a dimension beyond 31 bits", { a: ["byte", 2 ** 31] }, "a"],
  ])("lcmStruct() refuses %s", (_, members, argument) => {
    expect(() => lcmStruct("t", members as never)).toThrow(
      expect.objectContaining({ name: "InvalidArgumentError", operation: "lcmStruct", argument }),
    );
  });

  test.each([[undefined], [null], ["byte"]])("lcmStruct() refuses %j for its members", (members) => {
    expect(() => lcmStruct("t", members as never)).toThrow(expect.objectContaining({ argument: "members" }));
  });

  test("lcmStruct() takes a dimension of 31 bits", () => {
    const { decode, fingerprint } = lcmStruct("t", { a: ["byte", 2 ** 31 - 1] });
    expect(() => decode(bytesOf({ fingerprint }, ""))).toThrow("end too early");
  });

  test("lcmStruct() types its values", () => {
    expectTypeOf(path.decode).returns.toEqualTypeOf<{
      readonly n: number;
      readonly points: readonly { readonly x: number; readonly y: number }[];
      readonly label: string;
    }>();
    const all = lcmStruct("t", { t: "int64_t", ok: "boolean", raw: ["byte", 4], grid: ["float", 2, 2], rows: ["byte", 2, 2] });
    expectTypeOf(all.decode).returns.toEqualTypeOf<{
      readonly t: bigint;
      readonly ok: boolean;
      readonly raw: Uint8Array;
      readonly grid: readonly (readonly number[])[];
      readonly rows: readonly Uint8Array[];
    }>();
  });
});

describe("publishing", () => {
  const all = lcmStruct("all_t", {
    i8: "int8_t",
    i64: "int64_t",
    b: "byte",
    d: "double",
    s: "string",
    ok: "boolean",
    n: "int16_t",
    raw: ["byte", "n"],
    list: ["int32_t", "n"],
    at: point,
  });
  const right = { i8: 1, i64: 1n, b: 1, d: 1, s: "", ok: true, n: 1, raw: Buffer.alloc(1), list: [1], at: { x: 0, y: 0 } };

  test.each<[string, unknown]>([
    ["i8", 128],
    ["i8", -129],
    ["i8", 0.5],
    ["i8", "1"],
    ["i64", 1],
    ["i64", 2n ** 63n],
    ["b", -1],
    ["b", 256],
    ["d", "1"],
    ["d", undefined],
    ["s", 1],
    ["s", "a\0b"],
    ["ok", 1],
    ["raw", [1]],
    ["raw", Buffer.alloc(2)],
    ["raw", Object.defineProperty(Buffer.alloc(2), "length", { value: 1 })],
    ["list", [1, 2]],
    ["list", [2 ** 31]],
    ["list", "x"],
    ["at", null],
    ["at", "x"],
  ])("encode() refuses %s: %s", (argument, value) => {
    const encode = () => all.encode({ ...right, [argument]: value } as never);
    expect(encode).toThrow(expect.objectContaining({ name: "InvalidArgumentError", operation: "publish", argument }));
  });

  test("encode() refuses a proxy of bytes, which has none", () => {
    const encode = () => all.encode({ ...right, raw: new Proxy(Buffer.alloc(1), {}) });
    expect(encode).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_TYPE", argument: "raw" }));
  });

  test("encode() refuses what is no object, and a member that is missing in a struct within it", () => {
    expect(() => all.encode(1 as never)).toThrow(expect.objectContaining({ argument: "value" }));
    expect(() => all.encode({ ...right, at: { x: 1 } } as never)).toThrow(expect.objectContaining({ argument: "y" }));
  });

  test.each<[string, unknown, string]>([
    ["raw", [1], "a Uint8Array"],
    ["list", Buffer.alloc(1), "an array"],
  ])("encode() says of %s: %s that it takes %s", (argument, value, expected) => {
    expect(() => all.encode({ ...right, [argument]: value } as never)).toThrow(expected);
  });

  test("encode() writes numbers at their limits, and long values into memory that grows", () => {
    for (const value of [
      { ...right, i8: -128, i64: -(2n ** 63n), b: 255, d: Number.NaN },
      { ...right, i8: 127, i64: 2n ** 63n - 1n, d: -0, s: "€".repeat(5000) },
    ]) {
      expect(all.decode(Buffer.from(all.encode(value)))).toEqual(value);
    }
  });
});

describe("receiving", () => {
  test.each<[string, string]>([
    ["nothing", ""],
    ["a length without elements", "00000001"],
    ["a negative length", "ffffffff"],
    ["a length of two thousand millions", "7fffffff"],
    ["a string of no bytes", "0000000000000000"],
    ["a string of a negative length", "00000000ffffffff"],
    ["a string that is too long", "00000000000000026100ff".slice(0, 18)],
    ["a string without its end", "000000000000000161"],
    ["a string that is no UTF-8", "0000000000000002ff00"],
    ["a byte too many", "00000000000000010000"],
  ])("decode() refuses %s", (_, hex) => {
    expect(() => path.decode(bytesOf(path, hex))).toThrow();
  });

  test("decode() refuses a negative length, also when the rest of the bytes would do", () => {
    expect(() => path.decode(bytesOf(path, "ffffffff0000000100"))).toThrow("have an array of -1 elements");
    const bytes = lcmStruct("bytes_t", { n: "int32_t", raw: ["byte", "n"], rest: "int32_t" });
    expect(() => bytes.decode(bytesOf(bytes, "fffffffc"))).toThrow("have an array of -4 elements");
  });

  test("decode() refuses another fingerprint, and bytes that have no room for one", () => {
    const bytes = bytesOf(path, "000000000000000100");
    expect(path.decode(bytes)).toEqual({ n: 0, points: [], label: "" });
    bytes[3]! ^= 1;
    expect(() => path.decode(bytes)).toThrow(CodecMismatchError);
    for (let length = 0; length < 8; length++) expect(() => path.decode(bytes.subarray(0, length))).toThrow(CodecMismatchError);
  });

  test("decode() refuses a boolean that is neither 0 nor 1", () => {
    const flag = lcmStruct("flag_t", { on: "boolean" });
    expect([0, 1].map((value) => flag.decode(bytesOf(flag, `0${value}`)).on)).toEqual([false, true]);
    expect(() => flag.decode(bytesOf(flag, "02"))).toThrow(CodecMismatchError);
  });

  test("decode() makes no arrays that take no bytes beyond the length of the message", () => {
    const empty = lcmStruct("empty_t", {});
    const many = lcmStruct("many_t", { n: "int32_t", m: "int32_t", none: [empty, "n"], grid: ["double", "n", "m"] });
    expect(many.decode(bytesOf(many, "0000000300000000"))).toEqual({ n: 3, m: 0, none: [{}, {}, {}], grid: [[], [], []] });
    expect(() => many.decode(bytesOf(many, "7fffffff00000000"))).toThrow(CodecMismatchError);
    expect(() => many.decode(bytesOf(many, "0000100000000000"))).toThrow(CodecMismatchError);
  });

  test("decode() takes 1024 elements without bytes more than a message has bytes, and not one more", () => {
    const empty = lcmStruct("empty_t", {});
    const list = lcmStruct("list_t", { n: "int32_t", none: [empty, "n"] });
    const most = 12 + 1024; // bytes of the fingerprint and of n, and the spare elements
    expect(list.decode(bytesOf(list, most.toString(16).padStart(8, "0"))).none).toHaveLength(most);
    expect(() => list.decode(bytesOf(list, (most + 1).toString(16).padStart(8, "0")))).toThrow(CodecMismatchError);
  });

  test("decode() takes arrays of arrays with an element each, however long", () => {
    const columns = lcmStruct("columns_t", { n: "int32_t", flags: ["boolean", "n", 1], marks: ["boolean", "n", "n"] });
    const one = lcmStruct("one_t", { n: "int32_t", flags: ["boolean", "n", 1] });
    const flags = Array.from({ length: 5000 }, () => [true]);
    expect(one.decode(Buffer.from(one.encode({ n: 5000, flags }))).flags).toHaveLength(5000);
    const marks = Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => false));
    expect(columns.decode(Buffer.from(columns.encode({ n: 100, flags: flags.slice(0, 100), marks }))).marks).toEqual(marks);
  });

  test("decode() makes a property of a member that is called __proto__", () => {
    const odd = lcmStruct("odd_t", { ["__proto__"]: "byte", toString: "byte" });
    const value = odd.decode(bytesOf(odd, "0102"));
    expect(Object.entries(value)).toEqual([
      ["__proto__", 1],
      ["toString", 2],
    ]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    // Subscribers may change what is theirs.
    expect(Object.getOwnPropertyDescriptor(value, "toString")).toEqual({ value: 2, writable: true, enumerable: true, configurable: true });
  });

  test("a channel counts what its struct refuses as undecodable, and goes on", async () => {
    const site = new MemorySite();
    const channel = site.node("a").channel("path", { codec: path });
    const got: string[] = [];
    const errors: unknown[] = [];
    channel.subscribe(({ label }) => void got.push(label));
    channel.on("undecodable", ({ error }) => errors.push(error));
    site.node("a").channel("path").publish(bytesOf(path, "00"));
    channel.publish({ n: 1, points: [{ x: 1, y: 2 }], label: "one" });
    await site.settle();
    expect(got).toEqual(["one"]);
    expect(errors).toEqual([expect.any(CodecMismatchError)]);
    expect(channel.statistics().undecodable).toBe(1);
  });
});
