import { expect, test } from "vitest";
import { chart } from "../../../packages/bench/src/chart.js";
import { readOptions, timingOf } from "../../../packages/bench/src/options.js";
import type { Measurement } from "../../../packages/bench/src/rounds.js";
import { SCENARIOS } from "../../../packages/bench/src/scenarios.js";
import { medianOf, spreadOf } from "../../../packages/bench/src/statistics.js";
import { asMarkdown, asText, rowsOf } from "../../../packages/bench/src/tables.js";

const MEASUREMENT: Measurement = {
  scenario: SCENARIOS.find(({ id }) => id === "send-1")!,
  entries: [
    { peer: "groupcast", rounds: [{ cpuUs: 0.5, perSecond: 2e6, lost: 0 }], failures: [] },
    { peer: "node:dgram", rounds: [{ cpuUs: 5, perSecond: 2e5, lost: 1234 }], failures: [] },
    { peer: "Go", rounds: [], failures: ["did not start"] },
  ],
};

test("medianOf() is the middle, or the mean of the two in the middle", () => {
  expect(medianOf([3, 1, 2])).toBe(2);
  expect(medianOf([4, 1, 2, 3])).toBe(2.5);
});

test("spreadOf() is half the range over the median", () => {
  expect(spreadOf([9, 10, 11])).toBeCloseTo(0.1);
});

test("rowsOf() has ratios to node:dgram, and names what failed", () => {
  const { head, rows } = rowsOf(MEASUREMENT);
  expect(head).toEqual(["", "CPU", "rate", "lost", "±", "× node:dgram"]);
  expect(rows).toEqual([
    ["groupcast", "0.500 µs", "2000 k/s", "0", "0 %", "0.10"],
    ["node:dgram", "5.00 µs", "200 k/s", "1,234", "0 %", "1.00"],
    ["Go", "failed", "", "", "", ""],
  ]);
});

test("rowsOf() has ratios to uvloop, Go and C, too, where they were measured", () => {
  const further = (["uvloop", "Go", "C recvmmsg"] as const).map((peer, index) => ({
    peer,
    rounds: [{ cpuUs: index + 1, perSecond: 1e5, lost: 0 }],
    failures: [],
  }));
  const { head, rows } = rowsOf({ ...MEASUREMENT, entries: [MEASUREMENT.entries[0]!, ...further] });
  expect(head.slice(5)).toEqual(["× uvloop", "× Go", "× C recvmmsg"]);
  expect(rows[0]!.slice(5)).toEqual(["0.50", "0.25", "0.17"]);
});

test("timingOf() warms up a quick run as long as the whole run", () => {
  const whole = timingOf({ isQuick: false });
  const quick = timingOf({ isQuick: true });
  expect(quick.warmS).toBe(whole.warmS);
  expect(quick.measuredS).toBeLessThan(whole.measuredS);
});

test("asText() and asMarkdown() have a line for each peer", () => {
  expect(asText(rowsOf(MEASUREMENT)).split("\n")).toHaveLength(4);
  expect(asMarkdown(rowsOf(MEASUREMENT)).split("\n")).toHaveLength(5);
});

test("chart() cuts a bar that would leave nothing of the others, and says its value", () => {
  const slow = { peer: "asyncio" as const, rounds: [{ cpuUs: 500, perSecond: 2e3, lost: 0 }], failures: [] };
  const drawn = chart({ ...MEASUREMENT, entries: [...MEASUREMENT.entries, slow] });
  const widths = [...drawn.matchAll(/<rect .*width="(\d+)"/g)].map(([, width]) => Number(width));
  expect(widths).toHaveLength(4); // two bars, and two parts of the third
  expect(widths[1]).toBeGreaterThan(300);
  expect(drawn).toContain("500 µs");
});

test("chart() draws a bar for each peer that was measured", () => {
  expect(chart(MEASUREMENT).match(/<rect /g)).toHaveLength(2);
});

test.each([
  [["--only", "echo,nosuch"], "--only nosuch: there is none"],
  [["--peers", "groupcast,nosuch"], "--peers nosuch: there is none"],
  [["--rounds", "0"], "--rounds 0: a whole number"],
  [["--rounds", "many"], "--rounds many: a whole number"],
  [["--nosuch"], "Unknown option '--nosuch'"],
])("readOptions(%o) says what is wrong", (args, message) => {
  expect(() => readOptions(args)).toThrow(message);
});

test("readOptions() of a partial run writes no page unless told to", () => {
  expect(readOptions([])).toMatchObject({ writesPage: true, isQuick: false, action: "run" });
  expect(readOptions(["--only", "echo,start"])).toMatchObject({ writesPage: false, only: ["echo", "start"] });
  expect(readOptions(["--quick", "--page"])).toMatchObject({ writesPage: true, isQuick: true });
});

test("readOptions() refuses what it does not know", () => {
  expect(() => readOptions(["--fast"])).toThrow(expect.objectContaining({ code: "ERR_PARSE_ARGS_UNKNOWN_OPTION" }));
});
