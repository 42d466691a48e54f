import { decodeHeartbeat, encodeHeartbeat } from "@groupcast/channels";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Liveliness } from "../../../packages/channels/src/presence/liveliness.js";
import { decodeQuestion, encodeQuestions } from "../../../packages/channels/src/presence/question.js";

const BEAT = { session: "0123456789abcdef", name: "it", revision: 1, totalChannels: 0, channels: [], isLeaving: false };
const never = (): number => 0;

describe("encodeQuestions()", () => {
  test("writes the documented layout", () => {
    const [question] = encodeQuestions(["0123456789abcdef", "ffffffffffffffff"]);
    expect(question!.toString("hex")).toBe("47434842" + "02" + "02" + "0123456789abcdef" + "ffffffffffffffff");
  });

  test("puts so many sessions into a packet that it fits Ethernet, sealed and signed", () => {
    const sessions = Array.from({ length: 300 }, (_, index) => index.toString(16).padStart(16, "0"));
    const questions = encodeQuestions(sessions);
    expect(questions.flatMap((question) => decodeQuestion(question))).toEqual(sessions);
    expect(questions.map(({ length }) => length)).toEqual([1030, 1030, 6 + 44 * 8]);
  });

  test("is no heartbeat to those who read heartbeats alone", () => {
    expect(decodeHeartbeat(encodeQuestions(["0123456789abcdef"])[0]!)).toBeUndefined();
  });
});

describe("decodeQuestion()", () => {
  test("returns undefined for a heartbeat, and never throws", () => {
    expect(decodeQuestion(encodeHeartbeat({ ...BEAT, periodMs: 1000 }))).toBeUndefined();
    const [good] = encodeQuestions(["0123456789abcdef"]);
    fc.assert(
      fc.property(fc.nat(good!.length), fc.nat(5), fc.nat(255), (length, offset, value) => {
        const bytes = Buffer.from(good!.subarray(0, length));
        if (offset < length) bytes[offset] = value;
        decodeQuestion(bytes);
      }),
    );
  });

  test.each([[5], [13], [15]])("returns undefined for %d bytes of one session", (length) => {
    const [good] = encodeQuestions(["0123456789abcdef"]);
    expect(decodeQuestion(Buffer.concat([good!, Buffer.alloc(1)]).subarray(0, length))).toBeUndefined();
  });
});

/** Times at which a node is asked for, and at which it is gone, in steps of 100 ms. */
function fate(periodMs: number, answers: boolean, asks = true): { asked: number[]; goneMs: number } {
  const node = new Liveliness();
  node.heard({ ...BEAT, periodMs, answers }, 0);
  const asked: number[] = [];
  for (let ms = 0; ; ms += 100) {
    if (node.isSilent(ms)) return { asked, goneMs: ms };
    if (asks && node.takeQuestion(ms, never)) asked.push(ms);
  }
}

describe("Liveliness", () => {
  test("asks a second after a heartbeat was due, every eighth or sixteenth of the period, and gives up after one and a half", () => {
    const { asked, goneMs } = fate(8000, true);
    expect([asked[0], asked.length >= 3, goneMs]).toEqual([9000, true, 13_000]);
    expect(Math.min(...asked.slice(1).map((ms, index) => ms - asked[index]!))).toBeGreaterThanOrEqual(500);
  });

  test.each([
    ["does not answer", { periodMs: 8000, answers: false, asks: true }],
    ["has a short period", { periodMs: 2000, answers: true, asks: true }],
    ["nobody asks for", { periodMs: 8000, answers: true, asks: false }],
  ])("waits for three periods for a node that %s", (_, { periodMs, answers, asks }) => {
    expect(fate(periodMs, answers, asks)).toEqual({ asked: [], goneMs: 3 * periodMs });
  });

  test("does not take a node of a minute for longer than a minute and a half", () => {
    expect(fate(0xffff_ffff, true).goneMs).toBe(91_000);
  });

  test("takes a period of 0 for one of 10 ms", () => {
    const node = new Liveliness();
    node.heard({ ...BEAT, periodMs: 0 }, 0);
    expect([29, 30].map((ms) => node.isSilent(ms))).toEqual([false, true]);
  });

  test("waits when somebody else has asked, and is content with an answer", () => {
    const node = new Liveliness();
    node.heard({ ...BEAT, periodMs: 8000, answers: true }, 0);
    expect(node.takeQuestion(9000, () => 0.5)).toBe(false);
    expect(node.isSuspected).toBe(true);
    node.asked(9200, () => 0.5);
    expect([9600, 9949, 9950].map((ms) => node.takeQuestion(ms, never))).toEqual([false, false, true]);
    node.heard({ ...BEAT, periodMs: 8000, answers: true }, 9960);
    expect([node.isSuspected, node.isSilent(17_000), node.takeQuestion(17_000, never)]).toEqual([false, false, false]);
  });

  test.each([
    ["once it was heard for three of its periods", [0, 1000, 2000, 3000], 1000, true],
    ["not before", [0, 1000, 2000, 2999], 1000, false],
    ["not when it was silent in between", [0, 1000, 4000, 5000, 6000], 1000, false],
    ["again when that is three periods ago", [0, 1000, 4000, 5000, 6000, 7000], 1000, true],
    ["not while it has not kept a longer period", [0, 1000, 2000, 3000, 4000], 1400, false],
  ])("is proven %s", (_, times, lastPeriodMs, isProven) => {
    const node = new Liveliness();
    expect(node.isProven).toBe(false);
    for (const ms of times) node.heard({ ...BEAT, periodMs: ms === times.at(-1) ? lastPeriodMs : 1000 }, ms);
    expect(node.isProven).toBe(isProven);
  });

  test("ignores questions of others about a node that is not suspected", () => {
    const node = new Liveliness();
    node.heard({ ...BEAT, periodMs: 8000, answers: true }, 0);
    for (let ms = 0; ms < 9000; ms += 10) node.asked(ms, never);
    expect([node.isSuspected, node.isSilent(23_000)]).toEqual([false, false]);
  });
});
