import { expect, test } from "vitest";
import { MemorySite } from "../../support/channels/memory-site.js";

/** A channel of text with one subscriber that conflates. */
function conflated(options: { maxPending?: number; ordered?: boolean } = {}) {
  const site = new MemorySite();
  const channel = site.node("a").channel("c", { codec: "text" });
  const got: string[] = [];
  const ends: (() => void)[] = [];
  const call = (text: string): Promise<void> | undefined => {
    got.push(text);
    return options.maxPending === undefined ? undefined : new Promise((resolve) => void ends.push(resolve));
  };
  const subscription = channel.subscribe(call as (text: string) => void, { conflate: true, ...options });
  const publish = (...texts: readonly string[]): void => {
    for (const text of texts) channel.publish(text);
  };
  return { site, channel, subscription, got, ends, publish };
}

test("conflate: of messages that arrive together only the newest is delivered, and the others count as dropped", async () => {
  const { site, channel, subscription, got, publish } = conflated();
  const all: string[] = [];
  channel.subscribe((text) => void all.push(text));
  publish("1", "2", "3");
  await site.settle();
  publish("4");
  await site.settle();
  expect([got, all]).toEqual([
    ["3", "4"],
    ["1", "2", "3", "4"],
  ]);
  expect([subscription.dropped, channel.statistics().discarded]).toEqual([2, 2]);
});

test("conflate: a subscriber that is busy gets the newest when it is done", async () => {
  const { site, got, ends, publish } = conflated({ maxPending: 1 });
  for (const text of ["1", "2", "3"]) {
    publish(text);
    await site.settle();
  }
  expect(got).toEqual(["1"]);
  ends[0]!();
  await site.settle();
  expect(got).toEqual(["1", "3"]);
});

test("conflate: a paused subscription delivers the newest when it is resumed", async () => {
  const { site, subscription, got, publish } = conflated();
  subscription.pause();
  publish("1", "2");
  await site.settle();
  publish("3");
  await site.settle();
  expect([got, subscription.waiting]).toEqual([[], 1]);
  subscription.resume();
  await site.settle();
  expect(got).toEqual(["3"]);
});

test("conflate: what waits for the end of the turn is discarded when the subscription ends before", async () => {
  const { site, channel, subscription, got, publish } = conflated();
  channel.subscribe((text) => {
    if (text === "2") subscription.unsubscribe();
  });
  publish("1", "2", "3");
  await site.settle();
  expect([got, subscription.dropped]).toEqual([[], 2]);
});

test.each([1, "yes", null])("subscribe() refuses conflate: %j", (conflate) => {
  const channel = new MemorySite().node("a").channel("c");
  const refusal = expect.objectContaining({ code: "ERR_ARGUMENT_TYPE", message: expect.stringContaining("conflate") });
  expect(() => channel.subscribe(() => {}, { conflate: conflate as never })).toThrow(refusal);
  expect(channel.isSubscribed).toBe(false);
});
