import { byType, type Channel, CodecMismatchError, jsonCodec, lcmStruct, type TypedMessage, typedCodec } from "@groupcast/channels";
import { describe, expect, expectTypeOf, test } from "vitest";
import { MemorySite } from "../../support/channels/memory-site.js";

const position = lcmStruct("position_t", { x: "double", y: "double" });
const codec = typedCodec({ note: "text", raw: "bytes", at: position });

/** A channel of that codec, and one of plain bytes under the same name. */
function scene() {
  const site = new MemorySite();
  return { site, channel: site.node("a").channel("events", { codec }), plain: site.node("a").channel("events") };
}

describe("typedCodec()", () => {
  test("typedCodec() writes the length of the type, the type, and what its codec writes", () => {
    expect(Buffer.from(codec.encode({ type: "note", value: "ü" })).toString("latin1")).toBe("\x04note\xc3\xbc");
    expect(codec.decode(Buffer.from("\x03raw\0", "latin1"))).toEqual({ type: "raw", value: Buffer.of(0) });
    expect(codec.decode(Buffer.from("\x04note"))).toEqual({ type: "note", value: "" });
  });

  test("typedCodec() and byType() type messages by the name of their type", () => {
    type Out = ReturnType<typeof codec.decode>;
    expectTypeOf<Extract<Out, { type: "at" }>["value"]>().toEqualTypeOf<{ readonly x: number; readonly y: number }>();
    expectTypeOf<Extract<Out, { type: "raw" }>["value"]>().toEqualTypeOf<Buffer>();
    const subscribe = (channel: Channel<never, Out>) =>
      channel.subscribe(
        byType({
          note: (text) => {
            expectTypeOf(text).toEqualTypeOf<string>();
          },
          at: ({ x }, { lead }) => {
            expectTypeOf(x).toEqualTypeOf<number>();
            expectTypeOf(lead).toEqualTypeOf<number>();
          },
        }),
      );
    expect(subscribe).toBeTypeOf("function");
  });

  test.each<[string, string]>([
    ["nothing", ""],
    ["a type that is cut off", "\x05note"],
    ["a type that is not declared", "\x05other"],
    ["no type", "\0note"],
    ["a property of all objects", "\x0bconstructor"],
  ])("decode() refuses %s", (_, bytes) => {
    expect(() => codec.decode(Buffer.from(bytes, "latin1"))).toThrow(CodecMismatchError);
  });

  test.each([[undefined], [null], [{}], [{ type: "other", value: 1 }], [{ type: "constructor" }], ["note"]])(
    "encode() refuses %j",
    (message) => {
      expect(() => codec.encode(message as never)).toThrow(expect.objectContaining({ name: "InvalidArgumentError", argument: "type" }));
    },
  );

  test("encode() refuses what the codec of the type refuses", () => {
    expect(() => codec.encode({ type: "note", value: 7 } as never)).toThrow(
      expect.objectContaining({ operation: "publish", argument: "value" }),
    );
    const careless = typedCodec({ t: { name: "careless", encode: () => "text" as never, decode: (bytes: Buffer) => bytes } });
    expect(() => careless.encode({ type: "t", value: 1 } as never)).toThrow(expect.objectContaining({ name: "InvalidArgumentError" }));
  });

  test.each<[string, unknown, string]>([
    ["no table", undefined, "codecs"],
    ["an unknown codec", { note: "xml" }, "note"],
    ["half a codec", { note: { encode() {} } }, "note"],
    ["nothing for a codec", { note: undefined }, "note"],
    ["an empty name", { "": "text" }, "type"],
    ["a name beyond ASCII", { ü: "text" }, "type"],
    ["a name of 256 characters", { ["x".repeat(256)]: "text" }, "type"],
  ])("typedCodec() refuses %s", (_, codecs, argument) => {
    expect(() => typedCodec(codecs as never)).toThrow(
      expect.objectContaining({ name: "InvalidArgumentError", operation: "typedCodec", argument }),
    );
  });

  test("typedCodec() takes a name of 255 characters", () => {
    const type = "x".repeat(255);
    const long = typedCodec({ [type]: jsonCodec });
    expect(long.decode(Buffer.from(long.encode({ type, value: [1] })))).toEqual({ type, value: [1] });
  });
});

describe("byType()", () => {
  test("byType() calls the function of the type with the value and the facts, and passes over the others", async () => {
    const { site, channel } = scene();
    const got: unknown[] = [];
    const others: TypedMessage[] = [];
    channel.subscribe(byType({ note: (text, { lead }) => void got.push([text, lead]) }, (message) => void others.push(message)));
    channel.subscribe(byType({ at: ({ x }) => void got.push(x), note: undefined }));
    channel.publish({ type: "note", value: "one" });
    channel.publish({ type: "at", value: { x: 2, y: 0 } });
    channel.publish({ type: "raw", value: Buffer.of(1) });
    await site.settle();
    expect(got).toEqual([["one", 1], 2]);
    expect(others.map(({ type }) => type)).toEqual(["at", "raw"]);
    expect(channel.statistics()).toMatchObject({ received: 3, failed: 0, undecodable: 0 });
  });

  test("byType() hands the promise of a function to the channel, which counts its rejection", async () => {
    const { site, channel } = scene();
    channel.subscribe(byType({ note: () => Promise.reject(new Error("mine")) }));
    channel.publish({ type: "note", value: "x" });
    await site.settle();
    expect(channel.statistics().failed).toBe(1);
    expect(site.log.errors).toEqual([new Error("mine")]);
  });

  test("a channel counts types that it does not know as undecodable, and goes on", async () => {
    const { site, channel, plain } = scene();
    const got: string[] = [];
    channel.subscribe(byType({ note: (text) => void got.push(text) }));
    plain.publish(Buffer.from("\x05other"));
    plain.publish(Buffer.from("\x02at\0", "latin1"));
    channel.publish({ type: "note", value: "fence" });
    await site.settle();
    expect(got).toEqual(["fence"]);
    expect(channel.statistics()).toMatchObject({ undecodable: 2, received: 1 });
  });

  test.each<[string, unknown[], string]>([
    ["no table", [undefined], "subscribers"],
    ["what is no function", [{ note: 1 }], "note"],
    ["a rest that is no function", [{}, 1], "otherwise"],
  ])("byType() refuses %s", (_, given, argument) => {
    const make = byType as (...words: unknown[]) => unknown;
    expect(() => make(...given)).toThrow(expect.objectContaining({ name: "InvalidArgumentError", operation: "byType", argument }));
  });
});
