import fc from "fast-check";
import { expect, test } from "vitest";
import { Output } from "../../../packages/cli/src/command/output.js";
import { printable } from "../../../packages/cli/src/command/printable.js";
import { TextStream } from "../../support/cli/fake-host.js";

const NOT_PRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;

test.each([
  ["hello", "hello"],
  ["grüße 🙂", "grüße 🙂"],
  ["a\nb\tc\r", "a\\nb\\tc\\r"],
  ["\x1b[2J", "\\x1b[2J"],
  ["\u202eabc", "\\u202eabc"],
  ["\u2028", "\\u2028"],
  ["\x9b31m", "\\x9b31m"],
  ["a\\nb", "a\\\\nb"],
  ["\ud800", "\\ud800"],
])("printable(%j) is %j", (text, expected) => {
  expect(printable(text)).toBe(expected);
});

test("printable() leaves nothing that a terminal obeys, whatever the text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => !NOT_PRINTABLE.test(printable(text))));
});

function jsonOf(record: Readonly<Record<string, unknown>>): string {
  const out = new TextStream(undefined);
  new Output({ out, err: new TextStream(undefined), json: true, colors: false }).result(record, "");
  return out.text;
}

test("Output.result() writes JSON that holds the text, and nothing that a terminal obeys", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const line = jsonOf({ text });
      expect(line.slice(0, -1)).not.toMatch(NOT_PRINTABLE);
      expect(JSON.parse(line)).toEqual({ text });
    }),
  );
});

test("Output.result() writes BigInts as text", () => {
  expect(jsonOf({ timeNs: 1_795_000_000_123_456_789n })).toBe('{"timeNs":"1795000000123456789"}\n');
});
