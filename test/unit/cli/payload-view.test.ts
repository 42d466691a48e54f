import fc from "fast-check";
import { expect, test } from "vitest";
import { hexDump, parsedJson, payloadLine, viewOf } from "../../../packages/cli/src/payload/payload-view.js";

test.each([
  ["hello", "text"],
  ["grüße\n\ttab", "text"],
  ['{"a":1}', "json"],
  [" [1, 2]", "json"],
  ["{not json", "text"],
  ["42", "text"],
  ["a\0b", "hex"],
  ["\x1b[2J", "hex"],
  ["", "hex"],
])("viewOf(%j) is %s", (text, view) => {
  expect(viewOf(Buffer.from(text))).toBe(view);
});

test("viewOf() takes bytes that are no UTF-8 for hex", () => {
  expect(viewOf(Buffer.from([0xff, 0x41]))).toBe("hex");
});

test.each([
  [Buffer.from("a\nb"), "text", 80, '"a\\nb"'],
  [Buffer.from('{"a": [1,  2]}'), "json", 80, '{"a":[1,2]}'],
  [Buffer.from("plain"), "json", 80, '"plain"'],
  [Buffer.from([1, 255]), "hex", 80, "01 ff"],
  [Buffer.from([1, 2, 3, 4]), "hex", 9, "01 02 03 …"],
  [Buffer.from("abcdefghij"), "text", 8, '"abcde …'],
  [Buffer.alloc(0), "text", 80, "(empty)"],
  [Buffer.from([0xff]), "text", 80, '"\ufffd"'],
] as const)("payloadLine(%j, %s, %d) is %s", (bytes, view, columns, line) => {
  expect(payloadLine(bytes, view, columns)).toBe(line);
});

test("hexDump() has sixteen bytes a row, with offset and ASCII", () => {
  expect(hexDump(Buffer.from("0123456789abcdef\x00z"))).toEqual([
    "0000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef",
    `0010  00 7a${" ".repeat(43)} .z`,
  ]);
});

test.each([["[".repeat(65) + "]".repeat(65)], [`["${"]".repeat(100)}", ${"[".repeat(65)}${"]".repeat(65)}]`], ["[".repeat(60_000)]])(
  "parsedJson() refuses what is nested deeper than 64",
  (text) => {
    expect(parsedJson(text)).toBeUndefined();
  },
);

test("payloadLine() shows any bytes in any view, on one line", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom("text", "json", "hex" as const), (bytes, view) => {
      const line = payloadLine(Buffer.from(bytes), view as "text", 100);
      expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      expect(line.length).toBeLessThanOrEqual(102);
    }),
  );
});

test.each([
  ["quotation marks that all might begin a string", '\\"'.repeat(32_000)],
  ["the same, and a backslash at the end", `${'\\"'.repeat(32_000)}\\`],
  ["brackets", "[".repeat(65_000)],
])("viewOf() looks at each character of %s once: twenty such payloads take no time", (_what, text) => {
  const payload = Buffer.from(`[${text}`);
  for (let times = 0; times < 20; times++) expect(viewOf(payload)).toBe("text"); // minutes, if it looked again for each
});

test("parsedJson() finds brackets behind strings with escapes, and none within strings", () => {
  expect(parsedJson(`["\\\\", ${"[".repeat(64)}${"]".repeat(64)}]`)).toBeUndefined();
  expect(parsedJson(`["${"[".repeat(100)}\\"${"[".repeat(100)}"]`)).toHaveLength(1);
});
