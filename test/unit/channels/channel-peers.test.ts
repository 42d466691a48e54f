import type { ChannelNode, PeerChange } from "@groupcast/channels";
import { describe, expect, test } from "vitest";
import { MemorySite } from "../../support/channels/memory-site.js";

const X = Buffer.from("x");
const PERIOD_MS = 100;

/** A node that watches a channel, and others on hosts of their own. */
class Watched {
  readonly site = new MemorySite();
  readonly changes: string[] = [];
  readonly watcher = this.node("watcher");
  readonly channel = this.watcher.channel("c");

  constructor() {
    for (const role of ["publisher", "subscriber"] as const)
      this.channel.on(role, (change) => this.changes.push(describeChange(role, change)));
  }

  node(host: string): ChannelNode {
    return this.site.node(host, { heartbeatMs: PERIOD_MS, ttl: 1 });
  }

  beats(count = 2): Promise<void> {
    return this.site.network.clock.advance(count * PERIOD_MS);
  }
}

function describeChange(role: string, { change, node, reason }: PeerChange): string {
  return [role, node.name, change, reason].filter((word) => word !== undefined).join(" ");
}

describe("channel.publishers, channel.subscribers", () => {
  test("are the other nodes, by what their heartbeats say, and their events report each change once", async () => {
    const watched = new Watched();
    const { changes, channel } = watched;
    const one = watched.node("one");
    one.channel("c").publish(X);
    one.channel("other").subscribe(() => {});
    await watched.beats();
    const subscription = one.channel("c").subscribe(() => {});
    await watched.beats(5);
    expect(changes).toEqual(["publisher one appeared", "subscriber one appeared"]);
    expect([channel.publishers, channel.subscribers]).toEqual([watched.watcher.nodes, watched.watcher.nodes]);
    subscription.unsubscribe();
    await watched.beats();
    expect(changes.slice(2)).toEqual(["subscriber one gone stopped"]);
    expect([channel.publishers.length, channel.subscribers.length]).toEqual([1, 0]);
  });

  test("lose a node that closes the channel, though it only published, and though it goes on with others", async () => {
    const watched = new Watched();
    const one = watched.node("one");
    for (const name of ["c", "other"]) one.channel(name).publish(X);
    await watched.beats();
    void one.channel("c").close();
    await watched.beats();
    expect(watched.changes).toEqual(["publisher one appeared", "publisher one gone stopped"]);
    expect(watched.watcher.nodes.flatMap(({ channels }) => channels.map(({ name }) => name))).toEqual(["other"]);
  });

  test("lose a node that says good-bye, and one that is silent, each with its reason", async () => {
    const watched = new Watched();
    const [leaving, unplugged] = [watched.node("leaving"), watched.node("unplugged")];
    for (const node of [leaving, unplugged]) node.channel("c").publish(X);
    await watched.beats();
    const closed = leaving.close();
    await watched.beats();
    await closed;
    expect(watched.changes.slice(2)).toEqual(["publisher leaving gone left"]);
    watched.site.network.host("unplugged").setLink("eth0", { loss: 1 });
    await watched.beats(6);
    expect(watched.changes.slice(3)).toEqual(["publisher unplugged gone silent"]);
    expect(watched.channel.publishers).toEqual([]);
  });

  test("have the nodes that were there before the channel, for which no event comes", async () => {
    const watched = new Watched();
    watched.node("one").channel("late").publish(X);
    await watched.beats();
    const late = watched.watcher.channel("late");
    const changes: unknown[] = [];
    late.on("publisher", (change) => changes.push(change));
    await watched.beats();
    expect([late.publishers.map(({ name }) => name), changes]).toEqual([["one"], []]);
  });

  test("are empty without heartbeats, and never have the node itself", async () => {
    const site = new MemorySite();
    const silent = site.node("a").channel("c");
    const alone = site.node("b", { heartbeatMs: PERIOD_MS }).channel("c");
    for (const channel of [silent, alone]) {
      channel.subscribe(() => {});
      channel.publish(X);
    }
    await site.network.clock.advance(500);
    expect([silent, alone].flatMap(({ publishers, subscribers }) => [...publishers, ...subscribers])).toEqual([]);
  });

  test("report nothing to a channel that has closed", async () => {
    const watched = new Watched();
    const fence = watched.watcher.channel("fence");
    const fences: unknown[] = [];
    fence.on("publisher", (change) => fences.push(change));
    void watched.channel.close();
    const one = watched.node("one");
    for (const name of ["c", "fence"]) one.channel(name).publish(X);
    await watched.beats();
    expect([fences.length, watched.changes]).toEqual([1, []]);
  });
});

test("the event node says why a node is gone", async () => {
  const watched = new Watched();
  const reasons: unknown[] = [];
  watched.watcher.on("node", ({ change, reason }) => reasons.push([change, reason]));
  const node = watched.node("one");
  await watched.beats();
  const closed = node.close();
  await watched.beats();
  await closed;
  expect(reasons).toEqual([
    ["appeared", undefined],
    ["gone", "left"],
  ]);
});
