import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LatencyHistogram } from "../../../packages/channels/src/channel/latency-histogram.js";
import { MemorySite } from "../../support/channels/memory-site.js";
import { KEYS, TestTime } from "../../support/channels/sealed-pair.js";

function figures(...latencies: number[]): ReturnType<LatencyHistogram["statistics"]> {
  const histogram = new LatencyHistogram();
  for (const latency of latencies) histogram.add(latency);
  return histogram.statistics();
}

describe("LatencyHistogram", () => {
  test("has no figures before the first latency, nor of what is no number", () => {
    expect([figures(), figures(Number.NaN, Number.POSITIVE_INFINITY)]).toEqual([undefined, undefined]);
  });

  test("has percentiles by nearest rank", () => {
    const figured = figures(...Array.from({ length: 50 }, (_, index) => index + 1));
    expect(figured).toEqual({ count: 50, minMs: 1, p50Ms: 25, p90Ms: 45, p99Ms: 50, maxMs: 50 });
    expect(figures(7)).toEqual({ count: 1, minMs: 7, p50Ms: 7, p90Ms: 7, p99Ms: 7, maxMs: 7 });
  });

  test("takes negative ones, of senders whose clock is ahead", () => {
    expect(figures(-20, -10, 0)).toEqual({ count: 3, minMs: -20, p50Ms: -10, p90Ms: 0, p99Ms: 0, maxMs: 0 });
  });

  test("is at most 1 in 32 off, whatever comes, and orders its percentiles", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -(2 ** 47), max: 2 ** 47 }), { minLength: 1, maxLength: 50 }), (latencies) => {
        const { minMs, p50Ms, p90Ms, p99Ms, maxMs } = figures(...latencies)!;
        const sorted = [...latencies].sort((a, b) => a - b);
        const exact = sorted[Math.ceil(0.5 * sorted.length) - 1]!;
        expect(Math.abs(p50Ms - exact)).toBeLessThanOrEqual(Math.abs(exact) / 32);
        expect([minMs, maxMs]).toEqual([sorted[0], sorted.at(-1)]);
        expect(p50Ms <= p90Ms && p90Ms <= p99Ms && p99Ms <= maxMs && minMs <= p50Ms).toBe(true);
      }),
    );
  });

  test("keeps a bounded number of sizes", () => {
    const histogram = new LatencyHistogram();
    for (let exponent = 0; exponent < 48; exponent++) {
      for (let i = 0; i < 200; i++) for (const sign of [1, -1]) histogram.add(sign * 2 ** exponent * (1 + i / 200));
    }
    expect(histogram.sizes).toBeLessThan(3100);
  });
});

describe("channel.statistics().latency", () => {
  test("has the time from sealing to arrival on a sealed channel, by the clock of the seal", async () => {
    const site = new MemorySite();
    const [sending, receiving] = [new TestTime(), new TestTime()];
    const seal = (now: () => number): object => ({ seal: { keys: { 1: KEYS[1] }, current: 1, now } });
    const from = site.node("a", { ttl: 1 }).channel("c", seal(sending.now));
    const to = site.node("b", { ttl: 1 }).channel("c", seal(receiving.now));
    to.subscribe(() => {});
    for (const latencyMs of [5, 10, 40]) {
      receiving.ms = sending.ms + latencyMs;
      from.publish(Buffer.from("x"));
      await site.settle();
    }
    expect(to.statistics().latency).toEqual({ count: 3, minMs: 5, p50Ms: 10, p90Ms: 40, p99Ms: 40, maxMs: 40 });
    expect(from.statistics().latency).toBeUndefined();
  });

  test("leaves out a message at which the clock of the seal throws, which is reported; it is delivered all the same", async () => {
    const site = new MemorySite();
    let readings = 0;
    const now = (): number => {
      readings++; // to seal it, to see that it is fresh, to measure it
      if (readings === 3) throw new Error("no time");
      return 1_800_000_000_000;
    };
    const channel = site.node("a").channel("c", { seal: { keys: { 1: KEYS[1] }, current: 1, now } });
    const got: string[] = [];
    channel.subscribe((data) => void got.push(String(data)));
    for (const text of ["x", "y"]) {
      channel.publish(Buffer.from(text));
      await site.settle();
    }
    expect([got, site.log.errors.map(String), channel.statistics().latency?.count]).toEqual([["x", "y"], ["Error: no time"], 1]);
  });

  test("is undefined on a plain channel: nothing says when its messages were sent", async () => {
    const site = new MemorySite();
    const channel = site.node("a").channel("c");
    channel.subscribe(() => {});
    channel.publish(Buffer.from("x"));
    await site.settle();
    expect(channel.statistics()).toMatchObject({ received: 1, latency: undefined });
  });
});
