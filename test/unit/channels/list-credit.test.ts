import { describe, expect, test } from "vitest";
import { ListCredit } from "../../../packages/channels/src/presence/list-credit.js";

const LIST_MS = 60_000;
const never = (): number => 0;
const PERIOD_MS = 8000;

describe("ListCredit", () => {
  test("takes nothing as long as no newcomer wants the list", () => {
    expect(new ListCredit(0, never).takeWhole(1_000_000, LIST_MS, PERIOD_MS)).toBe(false);
  });

  test("gives the first list at once, and to each newcomer but once", () => {
    const credit = new ListCredit(0, never);
    credit.want(10);
    expect([credit.takeWhole(20, LIST_MS, PERIOD_MS), credit.takeWhole(20_000, LIST_MS, PERIOD_MS)]).toEqual([true, false]);
  });

  test("gives the second list a period after the last newcomer, and the third when its time has come", () => {
    const credit = new ListCredit(0, never);
    credit.want(0);
    expect(credit.takeWhole(0, LIST_MS, PERIOD_MS)).toBe(true);
    for (const ms of [1000, 5000]) credit.want(ms);
    expect([12_999, 13_000].map((ms) => credit.takeWhole(ms, LIST_MS, PERIOD_MS))).toEqual([false, true]);
    credit.want(14_000);
    expect([59_999, 60_000].map((ms) => credit.takeWhole(ms, LIST_MS, PERIOD_MS))).toEqual([false, true]);
  });

  test("holds credit for two lists, however long nobody came", () => {
    const credit = new ListCredit(0, never);
    const given = [1_000_000, 1_008_000, 1_016_000].map((ms) => {
      credit.want(ms - PERIOD_MS);
      return credit.takeWhole(ms, LIST_MS, PERIOD_MS);
    });
    expect(given).toEqual([true, true, false]);
  });

  test("gives no more than a list in its time and two, to newcomers without end", () => {
    const credit = new ListCredit(0, never);
    let lists = 0;
    for (let ms = 0; ms < 100 * LIST_MS; ms += 1000) {
      credit.want(ms);
      if (credit.takeWhole(ms, LIST_MS, PERIOD_MS)) lists++;
    }
    expect(lists).toBeGreaterThan(50);
    expect(lists).toBeLessThanOrEqual(102);
  });

  test("gives a part after four to eight times, as chance has it", () => {
    const shares = [1, 0.5];
    const credit = new ListCredit(0, () => shares.shift() ?? 0);
    expect([479_999, 480_000, 839_999, 840_000].map((ms) => credit.takePart(ms, LIST_MS))).toEqual([false, true, false, true]);
  });

  test("gives a part every four times at the soonest, none while the whole list was sent", () => {
    const credit = new ListCredit(0, never);
    expect([239_999, 240_000, 240_001].map((ms) => credit.takePart(ms, LIST_MS))).toEqual([false, true, false]);
    credit.sent(400_000);
    expect([480_000, 640_000].map((ms) => credit.takePart(ms, LIST_MS))).toEqual([false, true]);
  });
});
