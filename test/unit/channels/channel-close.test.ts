import { ChannelNode, UdpTransport } from "@groupcast/channels";
import { describe, expect, test } from "vitest";
import { Hub, HubClock } from "../../support/channels/hub.js";
import { MemorySite } from "../../support/channels/memory-site.js";

const X = Buffer.from("x");
const CLOSED = expect.objectContaining({ code: "ERR_CHANNEL_CLOSED", channel: "c" });

describe("channel.close()", () => {
  test("lets the name be opened again at once, with other options; the closed one stays closed", async () => {
    const site = new MemorySite();
    const node = site.node("a");
    const bytes = node.channel("c");
    bytes.publish(X);
    await site.settle();
    const closed = bytes.close();
    const text = node.channel("c", { codec: "text" });
    const got: string[] = [];
    text.subscribe((value) => void got.push(value));
    text.publish("y");
    await site.settle();
    await closed;
    expect([got, node.channels]).toEqual([["y"], [text]]);
    expect([bytes.isClosed, text.isClosed, bytes.close()]).toEqual([true, false, closed]);
    expect(() => bytes.publish(X)).toThrow(CLOSED);
    expect(() => bytes.subscribe(() => {})).toThrow(CLOSED);
    expect(() => bytes.messages()).toThrow(CLOSED);
    expect(node.channel("c")).toBe(text);
  });

  test("lets what was published before leave, and closes the socket", async () => {
    const site = new MemorySite();
    const got: string[] = [];
    site
      .node("b", { ttl: 1 })
      .channel("c")
      .subscribe((data) => void got.push(String(data)));
    const channel = site.node("a", { ttl: 1 }).channel("c");
    for (const text of ["1", "2"]) channel.publish(Buffer.from(text));
    expect(site.reactor("a").ports).toHaveLength(1);
    const closed = channel.close();
    await site.settle();
    await closed;
    expect([got, site.reactor("a").ports.length]).toEqual([["1", "2"], 0]);
  });

  test("resolves once the sender of the transport is closed", async () => {
    const site = new MemorySite();
    const transport = new Hub(new HubClock()).transport();
    let closeSender = (): void => {};
    const close = (): Promise<void> => new Promise((resolve) => (closeSender = resolve));
    Object.assign(transport, { openSender: () => ({ send: () => true, close }) });
    const channel = new ChannelNode(site.reactor("a"), { name: "a", transport, heartbeatMs: 0 }).channel("c");
    channel.publish(X);
    let isResolved = false;
    const closed = channel.close().then(() => (isResolved = true));
    await site.settle();
    expect(isResolved).toBe(false);
    closeSender();
    expect(await closed).toBe(true);
  });

  test("of a sender on UDP returns a promise of its socket's end: the last of a channel, and no other", async () => {
    const site = new MemorySite();
    const transport = new UdpTransport(site.reactor("a"));
    const [first, last] = [transport.openSender("c"), transport.openSender("c")];
    const socketClosed = new Promise<void>((resolve) => site.reactor("a").on("closed", () => resolve()));
    expect(first.close()).toBeUndefined();
    const closed = last.close();
    expect(closed).toBeInstanceOf(Promise);
    await Promise.all([closed, socketClosed]);
    expect([last.close(), site.reactor("a").ports.length]).toEqual([undefined, 0]);
  });

  test("ends subscriptions and loops; a loop still yields what waits, and groups are left", async () => {
    const site = new MemorySite();
    const node = site.node("a");
    const channel = node.channel("c");
    const subscription = channel.subscribe(() => {});
    const [waiting, reading] = [channel.messages(), channel.messages()];
    channel.publish(X);
    await site.settle();
    await reading.next();
    const next = reading.next();
    void channel.close();
    expect([subscription.isActive, channel.isSubscribed]).toEqual([false, false]);
    expect([await next, (await waiting.next()).done, await waiting.next()]).toEqual([
      { done: true, value: undefined },
      false,
      { done: true, value: undefined },
    ]);
    await site.settle();
    expect(site.reactor("a").ports.flatMap((port) => ("memberships" in port ? port.memberships : []))).toEqual([]);
  });

  test("counts what waits behind a long message as dropped, and gives up what is incomplete", async () => {
    const site = new MemorySite();
    const [from, to] = [site.node("a", { ttl: 1 }), site.node("b", { ttl: 1 })];
    const [sending, receiving] = [from.channel("c", { fragment: true }), to.channel("c", { fragment: true })];
    receiving.subscribe(() => {});
    sending.publish(Buffer.alloc(200_000));
    sending.publish(X);
    await site.network.clock.advance(2);
    expect([from.statistics().waitingBytes > 0, to.statistics().heldBytes > 0]).toEqual([true, true]);
    void sending.close();
    void receiving.close();
    expect([sending.statistics().dropped, from.statistics().waitingBytes]).toEqual([2, 0]);
    expect([receiving.statistics().incomplete, to.statistics().heldBytes]).toEqual([1, 0]);
    await site.settle();
  });

  test("forgets the order of its senders, and of no other channel's", async () => {
    const site = new MemorySite();
    const node = site.node("a");
    for (const name of ["c", "d"]) {
      node.channel(name).subscribe(() => {});
      node.channel(name).publish(X);
    }
    await site.settle();
    expect(node.statistics().sources).toBe(2);
    void node.channel("c").close();
    expect(node.statistics()).toMatchObject({ sources: 1, evicted: 0 });
    node.channel("d").publish(X);
    node.channel("d").publish(X);
    await site.settle();
    expect(node.channel("d").statistics()).toMatchObject({ received: 3, lost: 0, restarts: 0 });
  });

  test("by another receiver of the same packet: it takes nothing more, and remembers nothing", async () => {
    const site = new MemorySite();
    const transport = new UdpTransport(site.reactor("a"));
    const [first, second] = ["first", "second"].map((name) => new ChannelNode(site.reactor("a"), { name, transport, heartbeatMs: 0 }));
    const closing = second!.channel("c");
    first!.channel("c").subscribe(() => void closing.close());
    closing.subscribe(() => {});
    first!.channel("c").publish(X);
    await site.settle();
    expect(first!.channel("c").statistics().received).toBe(1);
    expect([closing.isClosed, closing.statistics().received, second!.statistics().sources]).toEqual([true, 0, 0]);
  });

  test("inside a subscriber ends the rest of what just arrived", async () => {
    const site = new MemorySite();
    const channel = site.node("a").channel("c");
    const got: string[] = [];
    channel.subscribe((data) => {
      got.push(String(data));
      void channel.close();
    });
    channel.subscribe((data) => void got.push(`other ${data}`));
    for (const text of ["1", "2"]) channel.publish(Buffer.from(text));
    await site.settle();
    expect(got).toEqual(["1"]);
  });

  test("inside a codec refuses the message, and opens no socket", () => {
    const site = new MemorySite();
    const encode = (): Buffer => {
      void channel.close();
      return X;
    };
    const channel = site.node("a").channel("c", { codec: { name: "closing", encode, decode: (bytes: Buffer) => bytes } });
    expect(() => channel.publish("x" as never)).toThrow(CLOSED);
    expect(site.reactor("a").ports).toEqual([]);
  });

  test("leaves calls of async subscribers running, and reports their errors", async () => {
    const site = new MemorySite();
    const node = site.node("a");
    const errors: string[] = [];
    node.on("error", ({ message }) => errors.push(message));
    const channel = node.channel("c");
    let fail = (_error: Error): void => {};
    channel.subscribe(() => new Promise<void>((_, reject) => (fail = reject)));
    channel.publish(X);
    await site.settle();
    void channel.close();
    fail(new Error("too late"));
    await site.settle();
    expect([errors, channel.statistics().failed]).toEqual([["too late"], 1]);
  });

  test("emits channelClosed once, with the last counters; the end of the node does not", async () => {
    const site = new MemorySite();
    const node = site.node("a");
    const closed: unknown[] = [];
    node.on("channelClosed", (channel) => closed.push([channel.name, channel.statistics().published, node.channels.length]));
    node.channel("c").publish(X);
    node.channel("d").publish(X);
    void node.channel("c").close();
    const ended = node.close();
    await site.settle();
    await ended;
    expect(closed).toEqual([["c", 1, 1]]);
    expect(node.channel.bind(undefined, "c")).toThrow(expect.objectContaining({ code: "ERR_NODE_CLOSED" }));
  });

  test("after node.close() changes nothing, and a channel that closed before keeps its reason", async () => {
    const site = new MemorySite();
    const node = site.node("a");
    const [c, d] = [node.channel("c"), node.channel("d")];
    void c.close();
    const ended = node.close();
    await Promise.all([d.close(), site.settle(), ended]);
    expect(() => c.publish(X)).toThrow(CLOSED);
    expect(() => d.publish(X)).toThrow(expect.objectContaining({ code: "ERR_NODE_CLOSED" }));
  });

  test("is what `await using` calls", async () => {
    const site = new MemorySite();
    const channel = site.node("a").channel("c");
    await channel[Symbol.asyncDispose]();
    expect(channel.isClosed).toBe(true);
  });

  test("from a listener that hears of its failures closes once, and the name is free at once", async () => {
    const site = new MemorySite();
    const transport = new Hub(new HubClock()).transport();
    Object.assign(transport, { stopReceiving: () => bite() });
    const node = new ChannelNode(site.reactor("a"), { name: "a", transport, heartbeatMs: 0 });
    const channel = node.channel("c");
    const [promises, reopened, closed] = [new Set([] as Promise<void>[]), new Set([] as unknown[]), [] as unknown[]];
    node.on("channelClosed", (gone) => closed.push(gone));
    node.on("error", () => {
      promises.add(channel.close());
      reopened.add(reopened.size === 0 ? node.channel("c", { codec: "text" }) : node.channel("c"));
    });
    channel.subscribe(() => {});
    channel.publish(X);
    promises.add(channel.close());
    await channel.close();
    expect([promises.size, closed, transport.openSenders]).toEqual([1, [channel], 0]);
    expect([...reopened]).toEqual(node.channels);
    expect(reopened.has(channel)).toBe(false);
  });

  test("reports what the sender of a transport throws or rejects with, and resolves", async () => {
    const site = new MemorySite();
    for (const close of [() => Promise.reject(new Error("rejected")), () => bite()]) {
      const transport = new Hub(new HubClock()).transport();
      Object.assign(transport, { openSender: () => ({ send: () => true, close }) });
      const node = new ChannelNode(site.reactor("a"), { name: "a", transport, heartbeatMs: 0, logger: site.log });
      node.channel("c").publish(X);
      await node.channel("c").close();
      expect(node.channels).toEqual([]);
    }
    expect(site.log.errors.map(String)).toEqual(["Error: rejected", "Error: bite"]);
  });

  test("is announced: others see the publisher and the subscriber go", async () => {
    const site = new MemorySite();
    const watcher = site.node("a", { heartbeatMs: 100, ttl: 1 }).channel("c");
    const node = site.node("b", { heartbeatMs: 100, ttl: 1 });
    node.channel("c").subscribe(() => {});
    node.channel("c").publish(X);
    await site.network.clock.advance(200);
    expect([watcher.publishers, watcher.subscribers].map((nodes) => nodes.map(({ name }) => name))).toEqual([["b"], ["b"]]);
    void node.channel("c").close();
    await site.network.clock.advance(200);
    expect([watcher.publishers, watcher.subscribers]).toEqual([[], []]);
  });
});

function bite(): never {
  throw new Error("bite");
}
