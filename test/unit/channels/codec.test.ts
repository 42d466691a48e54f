import { jsonCodec, SchemaMismatchError, type StandardSchema, textCodec } from "@groupcast/channels";
import { expect, test } from "vitest";
import { withSchema } from "../../../packages/channels/src/channel/standard-schema.js";
import { MemorySite } from "../../support/channels/memory-site.js";

interface Pose {
  readonly x: number;
}

/** As a library of schemas would make it: takes { x: number }, and yields it with x rounded. */
const poseSchema: StandardSchema<Pose, Pose> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => {
      const { x } = (value ?? {}) as { x?: unknown };
      return typeof x === "number" ? { value: { x: Math.round(x) } } : { issues: [{ message: "x is no number", path: ["x"] }] };
    },
  },
};

test("textCodec keeps text, a byte order mark included", () => {
  const text = "\ufeffHällo \u{1f600}";
  expect(textCodec.decode(Buffer.from(textCodec.encode(text)))).toBe(text);
});

test("textCodec refuses bytes that are no UTF-8", () => {
  expect(() => textCodec.decode(Buffer.of(0xc3, 0x28))).toThrow(TypeError);
});

test("jsonCodec keeps what JSON has", () => {
  const value = { a: [1, null, "x"], b: { c: true } };
  expect(jsonCodec.decode(Buffer.from(jsonCodec.encode(value)))).toEqual(value);
});

test.each([[undefined], [() => {}], [Symbol("s")]])("jsonCodec refuses to publish %s, which JSON does not have", (value) => {
  expect(() => jsonCodec.encode(value)).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_TYPE", argument: "value" }));
});

test("withSchema() yields what the schema makes of a received value", () => {
  expect(withSchema(jsonCodec, poseSchema).decode(Buffer.from('{"x":1.4}'))).toEqual({ x: 1 });
});

test("withSchema() sends the value as it was given, not as the schema changes it", () => {
  expect(Buffer.from(withSchema(jsonCodec, poseSchema).encode({ x: 1.4 })).toString()).toBe('{"x":1.4}');
});

test("withSchema() refuses a received value with the issues the schema has", () => {
  const decode = () => withSchema(jsonCodec, poseSchema).decode(Buffer.from('{"x":"1"}'));
  expect(decode).toThrow(mismatchWith([{ message: "x is no number", path: ["x"] }]));
});

test("withSchema() refuses to publish a value that does not fit", () => {
  const encode = () => withSchema(jsonCodec, poseSchema).encode({ x: "1" } as never);
  expect(encode).toThrow(
    expect.objectContaining({ code: "ERR_ARGUMENT_TYPE", message: expect.stringContaining("does not fit the schema (x is no number)") }),
  );
});

test("withSchema() refuses a schema that has to wait", () => {
  const waiting: StandardSchema = { "~standard": { version: 1, vendor: "test", validate: () => Promise.resolve({ value: 1 }) } };
  expect(() => withSchema(jsonCodec, waiting).decode(Buffer.from("1"))).toThrow(
    expect.objectContaining({ code: "ERR_ARGUMENT_TYPE", argument: "schema" }),
  );
});

function mismatchWith(issues: SchemaMismatchError["issues"]): unknown {
  return expect.objectContaining({ name: SchemaMismatchError.name, issues });
}

test.each([
  ["text", () => "text"],
  ["numbers", () => [1, 2]],
  ["wider numbers", () => Uint16Array.of(1, 2)],
  ["an ArrayBuffer", () => new ArrayBuffer(2)],
  ["nothing", () => undefined],
  ["a proxy of bytes", () => new Proxy(Buffer.from("text"), {})],
  ["bytes that say they are longer", () => Object.defineProperty(Buffer.from("text"), "length", { value: 100 })],
  ["a promise", () => Promise.reject(new Error("nobody waits for it"))],
])("publish() refuses what a codec of the user's returns, when it is %s and no bytes", (_, encode) => {
  const codec = { name: "wrong", encode: encode as unknown as () => Uint8Array, decode: (bytes: Buffer) => bytes };
  const site = new MemorySite();
  const channel = site.node("a").channel("c", { codec });
  const error = expect.objectContaining({ code: "ERR_ARGUMENT_TYPE", argument: "result of the codec's encode()" });
  expect(() => channel.publish("text" as never)).toThrow(error);
  expect([channel.statistics().published, site.reactor("a").ports.length]).toEqual([0, 0]);
});

test.each([
  ["a proxy of bytes", new Proxy(Buffer.from("text"), {})],
  ["bytes that say they are longer", Object.defineProperty(Buffer.from("text"), "length", { value: 100 })],
  ["bytes that say they are shorter", Object.defineProperty(Buffer.from("text"), "length", { value: 1 })],
])("publish() without a codec refuses %s", (_, value) => {
  const channel = new MemorySite().node("a").channel("c");
  expect(() => channel.publish(value)).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_TYPE", argument: "value" }));
  expect(channel.statistics().published).toBe(0);
});
