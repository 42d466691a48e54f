import { describe, expect, test } from "vitest";
import { HeartbeatRate } from "../../../packages/channels/src/presence/heartbeat-rate.js";

const BEAT_BYTES = 46; // 100 as a packet

function rateOf(nodes: number, periodMs = 1000, random = 0, sealBytes = 0): HeartbeatRate {
  return new HeartbeatRate({ periodMs, nodes: () => nodes, sealBytes, random: () => random });
}

describe("HeartbeatRate", () => {
  test.each([
    [1, 1000, 1000],
    [120, 1000, 1000],
    [240, 1000, 2000],
    [1200, 1000, 10_000],
    [1200, 100, 1000],
    [7200, 1000, 60_000],
    [7201, 1000, 60_000],
    [1_000_000, 1000, 60_000],
    [1_000_000, 60_000, 60_000],
  ])("periodMs() of %d nodes that are to beat every %d ms is %d ms", (nodes, periodMs, expected) => {
    expect(rateOf(nodes, periodMs).periodMs(BEAT_BYTES)).toBe(expected);
  });

  test("periodMs() grows with what a packet has besides, and with sealing", () => {
    expect(rateOf(120).periodMs(BEAT_BYTES + 100)).toBe(2000);
    expect(rateOf(120, 1000, 0, 100).periodMs(BEAT_BYTES)).toBe(2000);
  });

  test("isLarge() is so when heartbeats with channels are more than 12 kB in a period, none longer than a packet", () => {
    expect([rateOf(60).isLarge(BEAT_BYTES, 100), rateOf(61).isLarge(BEAT_BYTES, 100)]).toEqual([false, true]);
    expect([rateOf(8).isLarge(BEAT_BYTES, 1_000_000), rateOf(9).isLarge(BEAT_BYTES, 1_000_000)]).toEqual([false, true]);
  });

  test("delayMs() is 75 to 100 % of the period", () => {
    expect([rateOf(1, 1000, 0).delayMs(8000), rateOf(1, 1000, 1).delayMs(8000)]).toEqual([8000, 6000]);
  });

  test("listMs() is the time in which the lists of all nodes are 4 kB in a period", () => {
    expect(rateOf(1000).listMs(250)).toBe(62_500);
    expect(rateOf(1000, 100).listMs(250)).toBe(6250);
  });
});
