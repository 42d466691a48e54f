// Late subscribers: messages of before they came.
import { encodeHeartbeat, HEARTBEAT_CHANNEL } from "@groupcast/channels";
import { describe, expect, test } from "vitest";
import { countTo, LossySite, Reader } from "../../support/channels/lossy-site.js";
import { MemorySite } from "../../support/channels/memory-site.js";

describe("history", () => {
  test.each([0, 0.05, 0.2])(
    "history: a late subscriber gets as many messages of before as it wants, in order, at a loss of %d",
    async (loss) => {
      const site = new LossySite(6, { loss, delayMs: 0.2 });
      const publisher = site.open(site.node("a", { heartbeatMs: 1000 }));
      await site.publish(publisher, 2000);
      await site.pass(10_000);
      const reader = new Reader(site.open(site.node("b", { heartbeatMs: 1000 }), { history: { messages: 1000 } }));
      await site.pass(loss === 0 ? 100 : 3000);
      expect(reader.numbers).toEqual(countTo(2000, 1000));
      await site.publish(publisher, 10, 2000);
      await site.pass(1000);
      expect(reader.numbers).toEqual(countTo(2010, 1000));
      expect(reader.messages.every(({ lead }) => lead === 1)).toBe(true);
    },
  );

  test("history: comes no faster than a receive buffer takes it, so that nothing of it has to be sent twice", async () => {
    const site = new MemorySite();
    const open = (host: string) =>
      site.node(host, { ttl: 1, heartbeatMs: 1000 }).channel("plans", { reliable: true, history: { messages: 1000 } });
    const publisher = open("a");
    for (let number = 0; number < 1000; number++) publisher.publish(Buffer.alloc(200, number));
    await site.network.clock.advance(1000);
    let received = 0;
    open("b").subscribe(() => void received++);
    await site.network.clock.advance(200);
    expect([received, publisher.statistics().reliable!.sender]).toMatchObject([1000, { repaired: 1000, cooling: 0, limited: 0 }]);
  });

  test("history: bytes bound it, too", async () => {
    const site = new LossySite();
    const publisher = site.open(site.node("a", { heartbeatMs: 1000 }));
    await site.publish(publisher, 100);
    await site.pass(100);
    const reader = new Reader(site.open(site.node("b", { heartbeatMs: 1000 }), { history: { messages: 50, bytes: 21 } }));
    await site.pass(100);
    expect(reader.numbers).toEqual(countTo(100, 90));
  });

  test("history: a publisher keeps as many messages as its own option says", async () => {
    const site = new LossySite();
    const publisher = site.open(site.node("a", { heartbeatMs: 1000 }), { reliable: { packets: 2 }, history: { messages: 5 } });
    await site.publish(publisher, 100);
    await site.pass(100);
    const reader = new Reader(site.open(site.node("b", { heartbeatMs: 1000 }), { history: { messages: 50 } }));
    await site.pass(100);
    expect(reader.numbers).toEqual(countTo(100, 95));
  });

  test("latest: a subscriber gets the latest message at once, and with fragments the latest whole one", async () => {
    const site = new LossySite();
    const options = { latest: true, fragment: true };
    const publisher = site.open(site.node("a", { heartbeatMs: 1000 }), options);
    await site.publish(publisher, 3);
    publisher.publish(Buffer.alloc(50_000, "4"));
    await site.pass(10_000);
    const lengths: number[] = [];
    site.open(site.node("b", { heartbeatMs: 1000 }), options).subscribe((data) => void lengths.push(data.length));
    await site.pass(100);
    expect(lengths).toEqual([50_000]);
  });

  test("latest: a node that publishes, and subscribes later, hears itself", async () => {
    const site = new LossySite();
    const channel = site.open(site.node("a"), { latest: true });
    await site.publish(channel, 3);
    await site.pass(10_000);
    const reader = new Reader(channel);
    await site.pass(100);
    expect(reader.numbers).toEqual([2]);
  });

  test("latest: without heartbeats it comes within five seconds", async () => {
    const site = new LossySite();
    const publisher = site.open(site.node("a"), { latest: true });
    await site.publish(publisher, 3);
    await site.pass(60_000);
    const reader = new Reader(site.open(site.node("b"), { latest: true }));
    await site.pass(5100);
    expect(reader.numbers).toEqual([2]);
  });

  test.each([
    ["within milliseconds", false, 100],
    ["within five seconds when the heartbeat that tells of the subscriber is lost", true, 5100],
  ])("history: comes %s where hundreds of nodes have heartbeats seldom and without channels", async (_, isLost, waitMs) => {
    const site = new LossySite();
    const publisher = site.open(site.node("a", { heartbeatMs: 1000 }));
    const node = site.node("b", { heartbeatMs: 1000 });
    for (let i = 0; i < 10; i++) node.channel(`another/${i}`).subscribe(() => {});
    const crowd = site.node("crowd").channel(HEARTBEAT_CHANNEL);
    for (let i = 0; i < 500; i++) {
      const session = i.toString(16).padStart(16, "0");
      const about = { session, name: "of many", periodMs: 60_000, revision: 0, totalChannels: 0, channels: [], isLeaving: false };
      crowd.publish(encodeHeartbeat(about));
      await site.pass(1);
    }
    await site.publish(publisher, 100);
    await site.pass(10_000);
    expect(node.nodes.length).toBe(501);
    if (isLost) site.cut("b", true);
    const reader = new Reader(site.open(node, { history: { messages: 10 } }));
    await site.pass(50);
    site.cut("b", false);
    await site.pass(waitMs - 50);
    expect(reader.numbers).toEqual(countTo(100, 90));
  });

  test("history: without the option, nothing of before is delivered", async () => {
    const site = new LossySite();
    const publisher = site.open(site.node("a", { heartbeatMs: 1000 }));
    await site.publish(publisher, 3);
    await site.pass(1000);
    const reader = new Reader(site.open(site.node("b", { heartbeatMs: 1000 })));
    await site.pass(1000);
    await site.publish(publisher, 1, 3);
    await site.pass(50);
    expect(reader.numbers).toEqual([3]);
  });
});
