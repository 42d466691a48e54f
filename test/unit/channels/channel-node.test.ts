import { ChannelNode, UdpTransport } from "@groupcast/channels";
import { expect, test } from "vitest";
import { MemorySite } from "../../support/channels/memory-site.js";

test("a node closes with its reactor, says good-bye, and ends its loops", async () => {
  const site = new MemorySite();
  const changes: string[] = [];
  const watcher = site.node("a", { heartbeatMs: 100, ttl: 1 });
  watcher.on("node", ({ change, node: { name } }) => changes.push(`${change} ${name}`));
  const node = site.node("b", { heartbeatMs: 100, ttl: 1 });
  const reading = node.channel("c").messages().next();
  await site.network.clock.advance(50);
  const stopped = site.reactor("b").stop();
  await site.network.clock.advance(50);
  await stopped;
  expect(changes).toEqual(["appeared b", "gone b"]);
  expect(await reading).toEqual({ done: true, value: undefined });
  expect(() => node.channel("d")).toThrow(expect.objectContaining({ code: "ERR_NODE_CLOSED" }));
});

test("a node that is unplugged is gone after three heartbeats that do not come", async () => {
  const site = new MemorySite();
  const watcher = site.node("a", { heartbeatMs: 100, ttl: 1 });
  site.node("b", { heartbeatMs: 100, ttl: 1 });
  await site.network.clock.advance(50);
  expect(watcher.nodes.map(({ name }) => name)).toEqual(["b"]);
  site.network.host("b").setLink("eth0", { loss: 1 });
  await site.network.clock.advance(200);
  expect(watcher.nodes).toHaveLength(1);
  await site.network.clock.advance(300);
  expect(watcher.nodes).toEqual([]);
});

test("two nodes of one name are two nodes", async () => {
  const site = new MemorySite();
  const watcher = site.node("a", { heartbeatMs: 100 });
  for (let i = 0; i < 2; i++) site.node("a", { name: "twin", heartbeatMs: 100 });
  await site.network.clock.advance(100);
  expect(watcher.nodes.map(({ name }) => name)).toEqual(["twin", "twin"]);
  expect(new Set(watcher.nodes.map(({ session }) => session)).size).toBe(2);
});

test("close() of a node leaves a transport open that it did not make", async () => {
  const site = new MemorySite();
  const transport = new UdpTransport(site.reactor("a"));
  await new ChannelNode(site.reactor("a"), { name: "a", transport, heartbeatMs: 0 }).close();
  expect(() => transport.openSender("c")).not.toThrow();
});

test("a transport that closes under a node is told once, and throws nothing from a timer", async () => {
  const site = new MemorySite();
  const transport = new UdpTransport(site.reactor("a"));
  const node = new ChannelNode(site.reactor("a"), { name: "a", transport, heartbeatMs: 100, logger: site.log });
  await site.network.clock.advance(50);
  void transport.close();
  await site.network.clock.advance(1000);
  expect(site.log.errors).toEqual([expect.objectContaining({ code: "ERR_TRANSPORT_CLOSED" })]);
  const closed = node.close();
  await site.network.clock.advance(10);
  await closed;
});

test("heartbeatMs 0: a node tells nothing of itself, and knows nobody", async () => {
  const site = new MemorySite();
  const silent = site.node("a");
  const watcher = site.node("a", { name: "watcher", heartbeatMs: 100 });
  await site.network.clock.advance(1000);
  expect([silent.nodes, watcher.nodes]).toEqual([[], []]);
  expect(silent.statistics()).toEqual({
    sources: 0,
    evicted: 0,
    heldBytes: 0,
    waitingBytes: 0,
    keptBytes: 0,
    orderingBytes: 0,
    directory: undefined,
  });
});

test("the messages that wait behind a long one when a node closes are counted as dropped", async () => {
  const site = new MemorySite();
  const channel = site.node("a").channel("c", { fragment: true });
  const node = site.node("a", { name: "closing" });
  const closing = node.channel("c", { fragment: true });
  expect([closing.publish(Buffer.alloc(200_000)), closing.publish(Buffer.from("behind it"))]).toEqual([true, true]);
  const closed = node.close();
  await site.settle();
  await closed;
  expect(closing.statistics()).toMatchObject({ published: 2, dropped: 2 });
  expect(channel.publish(Buffer.alloc(16 * 1024 * 1024))).toBe(true);
  expect(() => channel.publish(Buffer.alloc(16 * 1024 * 1024 + 1))).toThrow(
    expect.objectContaining({ code: "ERR_CHANNEL_MESSAGE_TOO_LONG", maxBytes: 16 * 1024 * 1024 }),
  );
});

test("publish() is false, and counted, when too much waits already", () => {
  const channel = new MemorySite().node("a").channel("c", { fragment: true });
  const taken = Array.from({ length: 6 }, () => channel.publish(Buffer.alloc(16 * 1024 * 1024)));
  expect(taken).toEqual([true, true, true, false, false, false]); // 64 MiB, headers included
  expect(channel.statistics()).toMatchObject({ published: 3, dropped: 3 });
});

test.each([
  [{}, "name"],
  [{ name: 7 }, "name"],
  [{ name: "a", heartbeatMs: -1 }, "heartbeatMs"],
  [{ name: "a", namespace: "é" }, "name"],
  [{ name: "a", maxSources: 0 }, "maxSources"],
  [{ name: "a", maxReassemblyBytes: 65_535 }, "maxReassemblyBytes"],
  [{ name: "a", transport: {} }, "transport"],
  [{ name: "a", timeToLive: 1 }, "option"],
])("ChannelNode refuses %j", (options, argument) => {
  const reactor = new MemorySite().reactor("a");
  expect(() => new ChannelNode(reactor, options as never)).toThrow(expect.objectContaining({ argument }));
  expect(reactor.ports).toHaveLength(0);
});

test("ChannelNode refuses the options of UDP with another transport", () => {
  const reactor = new MemorySite().reactor("a");
  const transport = new UdpTransport(reactor);
  expect(() => new ChannelNode(reactor, { name: "a", transport, ttl: 1 })).toThrow(
    expect.objectContaining({ code: "ERR_OPTION_UNKNOWN", value: "ttl" }),
  );
});

test.each([
  [{ codec: "xml" }, "codec"],
  [{ codec: { encode: () => {} } }, "codec"],
  [{ schema: {} }, "schema"],
  [{ fragment: "yes" }, "fragment"],
  [{ sealed: true }, "option"],
])("channel() refuses the options %j", (options, argument) => {
  const node = new MemorySite().node("a");
  expect(() => node.channel("c", options as never)).toThrow(expect.objectContaining({ argument }));
  expect(node.channel("c").name).toBe("c"); // and has not opened it
});

test.each([
  ["a string", "text"],
  ["nothing", undefined],
])("publish() on a channel of bytes refuses %s", (_, value) => {
  const channel = new MemorySite().node("a").channel("c");
  expect(() => channel.publish(value as never)).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_TYPE", argument: "value" }));
});
