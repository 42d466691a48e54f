import { describe, expect, test } from "vitest";
import { readSoakOptions } from "../../../packages/bench/src/soak/soak-options.js";
import { trendOf } from "../../../packages/bench/src/soak/trend.js";
import { conclusionOf, judge, type Sample } from "../../../packages/bench/src/soak/verdict.js";

const SECONDS = 180;
const STEADY: Omit<Sample, "minute"> = { residentMiB: 80, heapMiB: 10, externalMiB: 8, descriptors: 50, medianMs: 1, slowMs: 5 };

/** Noise between -1 and 1 that is the same in each run. */
function noise(index: number): number {
  return Math.sin(index * 12.9898) * Math.cos(index * 78.233);
}

function samples(change: (minute: number, index: number) => Partial<Sample>, seconds = SECONDS): Sample[] {
  return Array.from({ length: seconds }, (_, index) => ({ ...STEADY, minute: index / 60, ...change(index / 60, index) }));
}

function verdictOf(recorded: readonly Sample[], accounts: Parameters<typeof judge>[0]["accounts"] = [], failures: readonly string[] = []) {
  const findings = judge({ backend: "native", samples: recorded, accounts, failures });
  return {
    bad: findings.filter(({ isGood }) => !isGood).map(({ line }) => line),
    lines: findings.map(({ line }) => line),
    conclusion: conclusionOf(findings),
  };
}

describe("trendOf", () => {
  test("finds the slope, the mean and the span of a line without noise, and is sure of it", () => {
    const trend = trendOf([0, 1, 2, 3].map((minute) => ({ minute, value: 5 + 2 * minute })));
    expect(trend).toMatchObject({ count: 4, minutes: 3, mean: 8 });
    expect([trend.slope, trend.margin, trend.spread].map((value) => Math.round(value * 1e9) / 1e9)).toEqual([2, 0, 0]);
  });

  test("computes margin and spread as the textbook does, where neighbours are not alike", () => {
    const trend = trendOf([1, 3, 1, 3].map((value, minute) => ({ minute, value }))); // residuals -0.4, 1.2, -1.2, 0.4
    expect(trend.slope).toBeCloseTo(0.4, 9);
    expect(trend.spread).toBeCloseTo(Math.sqrt(3.2 / 2), 9);
    expect(trend.margin).toBeCloseTo(2 * Math.sqrt(3.2 / 2 / 5), 9);
  });

  test("is less sure of waves than of noise of the same size", () => {
    const wave = trendOf(samples(() => ({})).map(({ minute }, index) => ({ minute, value: Math.sin(index / 10) })));
    const shuffled = trendOf(samples(() => ({})).map(({ minute }, index) => ({ minute, value: Math.sin((index * 97) / 10) })));
    expect(wave.margin).toBeGreaterThan(3 * shuffled.margin);
  });
});

describe("judge", () => {
  test.each([
    ["RSS", (minute: number, index: number) => ({ residentMiB: 80 + 4 * minute + noise(index) })],
    ["heap", (minute: number, index: number) => ({ heapMiB: 10 + minute + 0.2 * noise(index) })],
    ["external memory", (minute: number, index: number) => ({ externalMiB: 8 + 1.5 * minute + noise(index) })],
    ["descriptors", (minute: number) => ({ descriptors: 50 + Math.floor(6 * minute) })],
  ])("calls a leak of %s a leak, and nothing else", (name, change) => {
    const { bad } = verdictOf(samples(change));
    expect(bad).toEqual([expect.stringMatching(new RegExp(`^${name} grew .* ± .*LEAK`))]);
  });

  test("calls noise without growth steady, and shows latency without judging it", () => {
    const noisy = samples((minute, index) => ({
      residentMiB: 80 + 5 * noise(index),
      heapMiB: 10 + noise(index),
      externalMiB: 8 + 3 * noise(index),
      descriptors: 50 + Math.round(2 * noise(index)),
      medianMs: minute, // a machine that gets busier
      slowMs: 10 * minute,
    }));
    const { bad, lines } = verdictOf(noisy);
    expect(bad).toEqual([]);
    expect(lines.filter((line) => line.endsWith("shown, not judged"))).toHaveLength(2);
  });

  test("does not look at the warm-up: what grows in the first third only is steady", () => {
    expect(verdictOf(samples((minute) => ({ heapMiB: 10 + Math.min(minute, 0.99) * 5 }))).bad).toEqual([]);
  });

  test("judges no trend of a short run, or of a process that gave hardly a sample, and says so", () => {
    const leak = (minute: number) => ({ heapMiB: 10 + 50 * minute });
    const short = verdictOf(samples(leak, 30));
    expect(short.bad).toEqual([]);
    expect(short.lines).toContainEqual(expect.stringMatching(/^heap grew 50\.00 .*not judged in less than/));
    expect(verdictOf(samples(leak, 3)).lines).toContain("heap: not judged, 2 samples");
  });

  test("concludes that nothing leaks only from a run that was long enough to judge", () => {
    const lossless = samples(() => ({}), 30);
    expect(verdictOf(lossless).conclusion).toBe("nothing is lost; too short a run to say whether anything leaks");
    expect(verdictOf(lossless, [], ["uncaught"]).conclusion).toBe("NOT STEADY: see the lines with a cross");
    expect(verdictOf(samples(() => ({}))).conclusion).toBe("steady: nothing leaks, nothing is lost");
  });

  test("leaves out what the system does not tell", () => {
    expect(verdictOf(samples(() => ({ descriptors: undefined }))).lines).toContain("descriptors: not judged, 0 samples");
  });

  test.each([
    [{ sent: 10, delivered: 7, refused: 2, counted: 1 }, [], "complete"],
    [{ sent: 10, delivered: 7, refused: 1, counted: 1 }, ["way: 10 = 7 delivered + 1 refused + 1 counted: 1 LOST"], "LOST"],
    [{ sent: 10, delivered: 12, refused: 0, counted: 0 }, ["way: 10 = 12 delivered + 0 refused + 0 counted: 2 TOO MANY"], "TOO MANY"],
  ])("adds up %o", (account, bad, verdict) => {
    const found = verdictOf(
      samples(() => ({})),
      [{ path: "way", ...account }],
    );
    expect(found.bad).toEqual(bad);
    expect(found.lines.at(-1)).toContain(verdict);
  });

  test("is not steady after a failure that is no number", () => {
    expect(
      verdictOf(
        samples(() => ({})),
        [],
        ["the process ended with code 1"],
      ).bad,
    ).toEqual(["the process ended with code 1"]);
  });
});

describe("readSoakOptions", () => {
  test("reads minutes, and has three where none are given", () => {
    expect(readSoakOptions([])).toEqual({ action: "run", minutes: 3, wantsJson: false });
    expect(readSoakOptions(["--minutes", "0.2", "--json"])).toEqual({ action: "run", minutes: 0.2, wantsJson: true });
    expect(readSoakOptions(["--help"]).action).toBe("help");
  });

  test.each([["--minutes", "0.05"], ["--minutes", "some"], ["--minutes", "Infinity"], ["--hours", "1"], ["all night"]])(
    "refuses %s %s",
    (...args) => {
      expect(() => readSoakOptions(args.filter((arg) => arg !== undefined))).toThrow();
    },
  );
});
