import { describe, expect, test } from "vitest";
import { MemorySite } from "../../support/channels/memory-site.js";
import { TappedHubs } from "../../support/channels/tapped-hubs.js";

const X = Buffer.from("x");
const DEADLINE_MS = 100;

/** A channel with a deadline, and when it was missed. */
class Expecting {
  readonly site = new MemorySite();
  readonly channel = this.site.node("a").channel("c", { deadlineMs: DEADLINE_MS });
  readonly missed: [atMs: number, sinceMs: number][] = [];
  readonly #startMs = this.site.network.clock.nowMs();

  constructor() {
    this.channel.on("deadline", ({ sinceMs }) => this.missed.push([this.#nowMs, sinceMs]));
  }

  pass(ms: number): Promise<void> {
    return this.site.network.clock.advance(ms);
  }

  get #nowMs(): number {
    return this.site.network.clock.nowMs() - this.#startMs;
  }
}

describe("deadlineMs", () => {
  test("reports silence once, and again only after a message", async () => {
    const one = new Expecting();
    one.channel.subscribe(() => {});
    await one.pass(99);
    expect(one.missed).toEqual([]);
    await one.pass(1000);
    expect(one.missed).toEqual([[100, 100]]);
    one.channel.publish(X);
    await one.pass(1000);
    expect(one.missed).toHaveLength(2);
    expect(one.missed[1]![1]).toBe(100);
    expect(one.channel.statistics().deadlines).toBe(2);
  });

  test("is met by messages that come in time, also the later part of the time", async () => {
    const one = new Expecting();
    one.channel.subscribe(() => {});
    for (let i = 0; i < 20; i++) {
      one.channel.publish(X);
      await one.pass(60);
    }
    expect(one.missed).toEqual([]);
    await one.pass(60);
    expect(one.missed).toHaveLength(1);
    expect(one.missed[0]![1]).toBe(100);
  });

  test("counts from the first subscription, and ends with the last", async () => {
    const one = new Expecting();
    await one.pass(1000);
    expect(one.missed).toEqual([]);
    const subscriptions = [one.channel.subscribe(() => {}), one.channel.subscribe(() => {})];
    await one.pass(50);
    for (const subscription of subscriptions) subscription.unsubscribe();
    await one.pass(1000);
    expect(one.missed).toEqual([]);
    one.channel.subscribe(() => {});
    await one.pass(150);
    expect(one.missed).toEqual([[2150, 100]]);
  });

  test("ends when the channel closes, and leaves no timer", async () => {
    const one = new Expecting();
    one.channel.subscribe(() => {});
    void one.channel.close();
    await one.pass(1000);
    expect(one.missed).toEqual([]);
  });

  test("is not met by messages that do not decode", async () => {
    const site = new MemorySite();
    const channel = site.node("a").channel("c", { codec: "json", deadlineMs: DEADLINE_MS });
    const missed: number[] = [];
    channel.on("deadline", ({ sinceMs }) => missed.push(sinceMs));
    channel.subscribe(() => {});
    const stranger = site.node("a", { name: "stranger" }).channel("c");
    for (let i = 0; i < 10; i++) {
      stranger.publish(Buffer.from("no JSON"));
      await site.network.clock.advance(20);
    }
    expect(missed).toEqual([100]);
    expect(channel.statistics().undecodable).toBe(10);
  });

  test("is not met by a message that comes again", async () => {
    const hubs = new TappedHubs();
    const channel = hubs.node("target", hubs.far.transport()).channel("c", { deadlineMs: DEADLINE_MS });
    const missed: number[] = [];
    channel.on("deadline", ({ sinceMs }) => missed.push(sinceMs));
    channel.subscribe(() => {});
    const [, packet] = hubs.publish("c", ["first", "second"]); // not the first: number 0 again would be a sender that starts again
    for (let i = 0; i < 10; i++) {
      hubs.give(packet!);
      await hubs.pass(20);
    }
    expect(missed).toEqual([100]);
    expect(channel.statistics()).toMatchObject({ received: 10, repeated: 9, deadlines: 1 });
  });

  test.each([[0], [86_400_001], ["1"]])("refuses %j", (deadlineMs) => {
    const node = new MemorySite().node("a");
    expect(() => node.channel("c", { deadlineMs: deadlineMs as number })).toThrow(expect.objectContaining({ argument: "deadlineMs" }));
  });
});
