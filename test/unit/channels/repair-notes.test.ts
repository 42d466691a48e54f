import fc from "fast-check";
import { expect, test } from "vitest";
import {
  decodeNote,
  encodeGone,
  encodeQuestion,
  encodeStatus,
  MAX_RANGES,
  NO_STREAM,
  NO_TOKEN,
} from "../../../packages/channels/src/reliable/repair-notes.js";

const STREAM = "00112233445566778899aabbccddeeff";
const TOKEN = "0123456789abcdef";
const QUESTION = { stream: STREAM, token: TOKEN, nonce: 0x0e0f1011, subscribedMs: 1, historyMessages: 2, historyBytes: 3 };

const STATUS = { stream: STREAM, token: TOKEN, nonce: 1, next: 0, from: 0 };

test("each note is what docs/reliable-channels.md says, byte by byte", () => {
  const status = { stream: STREAM, token: TOKEN, nonce: 6, next: 0x01020304, from: 5 };
  expect(encodeStatus(status).toString("hex")).toBe(`01${STREAM}${TOKEN}000000060102030400000005`);
  expect(encodeQuestion({ ...QUESTION, ranges: [{ first: 7, last: 0x0a0b0c0d }] }).toString("hex")).toBe(
    `02${STREAM}${TOKEN}0e0f1011000000010000000200000003000000070a0b0c0d`,
  );
  expect(encodeGone(STREAM, [{ first: 1, last: 1 }]).toString("hex")).toBe(`03${STREAM}0000000100000001`);
});

test("each note is read as it was written", () => {
  const ranges = Array.from({ length: MAX_RANGES }, (_, index) => ({ first: index * 9, last: index * 9 + 4 }));
  const status = { stream: STREAM, token: TOKEN, nonce: 0xffff_fffe, next: 0xffff_ffff, from: 0 };
  expect(decodeNote(encodeStatus(status))).toEqual({ kind: "status", ...status });
  expect(decodeNote(encodeQuestion({ ...QUESTION, ranges }))).toEqual({ kind: "question", ...QUESTION, ranges });
  expect(decodeNote(encodeQuestion({ ...QUESTION, ranges: [] }))).toMatchObject({ ranges: [] });
  expect(decodeNote(encodeGone(STREAM, ranges))).toEqual({ kind: "gone", stream: STREAM, ranges });
  expect(decodeNote(encodeGone(STREAM, [{ first: 0xffff_fffe, last: 1 }]))).toMatchObject({ ranges: [{ last: 1 }] }); // over the end
});

test("a status is shorter than any question, so that an answer to a forged address is no more than what was sent", () => {
  const status = encodeStatus({ stream: NO_STREAM, token: NO_TOKEN, nonce: 0, next: 0, from: 0 });
  expect(status.length).toBeLessThan(encodeQuestion({ ...QUESTION, ranges: [] }).length);
});

test.each([
  ["nothing", Buffer.alloc(0)],
  ["a kind that is unknown", Buffer.alloc(37, 9)],
  ["a status with a byte more", Buffer.concat([encodeStatus(STATUS), Buffer.of(0)])],
  ["a status that was cut", encodeStatus(STATUS).subarray(0, 36)],
  ["a question without its counts", encodeQuestion({ ...QUESTION, ranges: [] }).subarray(0, 40)],
  ["a question with half a range", encodeQuestion({ ...QUESTION, ranges: [{ first: 1, last: 2 }] }).subarray(0, 45)],
  ["a range that ends before it begins", encodeGone(STREAM, [{ first: 2, last: 1 }])],
  [
    "more ranges than a note has",
    encodeGone(
      STREAM,
      Array.from({ length: MAX_RANGES + 1 }, () => ({ first: 1, last: 1 })),
    ),
  ],
])("decodeNote() refuses %s", (_what, note) => {
  expect(decodeNote(note)).toBeUndefined();
});

test("decodeNote() throws at no bytes", () => {
  fc.assert(
    fc.property(fc.constantFrom(1, 2, 3, 4), fc.uint8Array({ maxLength: 100 }), (kind, rest) => {
      const note = decodeNote(Buffer.from([kind, ...rest]));
      expect(note === undefined || note.kind.length > 0).toBe(true);
    }),
  );
});
