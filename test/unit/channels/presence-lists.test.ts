// Lists of channels in heartbeats that come late, twice, in parts, or from somebody else: what a node says last counts.
import { type ChannelUsage, encodeHeartbeat, HEARTBEAT_CHANNEL, type Heartbeat } from "@groupcast/channels";
import { describe, expect, test } from "vitest";
import { TappedHubs } from "../../support/channels/tapped-hubs.js";

const PERIOD_MS = 10_000;

/** A node that gets heartbeats of another one, and those that are made in its name. */
class Listening {
  readonly hubs = new TappedHubs();
  readonly node = this.hubs.node("listening", this.hubs.far.transport(), { heartbeatMs: 1000 });
  readonly events: string[] = [];

  constructor() {
    this.node.on("node", ({ change, reason }) => this.events.push(`node ${change} ${reason ?? ""}`.trim()));
  }

  /** Watches a channel. */
  watch(name: string): void {
    const channel = this.node.channel(name);
    channel.on("publisher", ({ change, reason }) => this.events.push(`${name} ${change} ${reason ?? ""}`.trim()));
  }

  hear(beat: Partial<Heartbeat>): void {
    const channels = beat.channels ?? [];
    const all = { session: "00000000000000aa", name: "it", periodMs: PERIOD_MS, revision: 1, isLeaving: false };
    const payload = encodeHeartbeat({ ...all, totalChannels: channels.length, ...beat, channels });
    this.hubs.give({ channel: HEARTBEAT_CHANNEL, source: { id: "it" }, sequence: undefined, isRelayed: false, payload });
  }

  get names(): string[] {
    return this.node.nodes.flatMap(({ channels }) => channels.map(({ name }) => name)).sort();
  }
}

function published(...names: string[]): ChannelUsage[] {
  return names.map((name) => ({ name, isPublished: true, isSubscribed: false }));
}

describe("a list of channels", () => {
  test("goes on without what an earlier list had, though a heartbeat of that one came between its parts", () => {
    const one = new Listening();
    one.hear({ revision: 1, channels: published("old", "x") });
    one.hear({ revision: 2, totalChannels: 2, channels: published("x") });
    one.hear({ revision: 1, totalChannels: 2, channels: [] }); // late
    for (const name of ["y", "x", "y"]) one.hear({ revision: 2, totalChannels: 2, channels: published(name) });
    expect(one.names).toEqual(["x", "y"]);
  });

  test("loses what was forged under another revision, or under its own, with the next heartbeats of its node", () => {
    const one = new Listening();
    one.watch("forged");
    for (const revision of [6, 5]) {
      one.hear({ revision: 5, channels: published("x") });
      one.hear({ revision, totalChannels: 9, channels: published("forged") });
      expect(one.names).toEqual(["forged", "x"]);
      for (let i = 0; i < 2; i++) one.hear({ revision: 5, channels: published("x") });
      expect(one.names).toEqual(["x"]);
    }
    expect(one.events.filter((event) => event.startsWith("forged"))).toEqual([
      "forged appeared",
      "forged gone stopped",
      "forged appeared",
      "forged gone stopped",
    ]);
  });

  test("has the part that its node says last, under the same revision, too", () => {
    const one = new Listening();
    one.hear({ channels: [{ name: "c", isPublished: false, isSubscribed: true }] });
    one.hear({ channels: published("c") });
    expect(one.node.nodes[0]?.channels).toEqual(published("c"));
    expect([one.node.channel("c").publishers.length, one.node.channel("c").subscribers.length]).toEqual([1, 0]);
  });

  test("keeps every channel while its parts come again and again, one of them twice and one of them not", () => {
    const one = new Listening();
    const names = ["a", "b", "c", "d", "e"];
    for (const name of names) one.watch(name);
    one.hear({ revision: 0, channels: published("old", "e") });
    for (const round of [["a", "a", "b", "c", "d"], ["e", "a", "b", "b", "c"], names]) {
      for (const name of round) one.hear({ totalChannels: names.length, channels: published(name) });
    }
    expect(one.names).toEqual(names);
    expect(one.events.filter((event) => event.includes("gone"))).toEqual([]);
  });
});

describe("node.close() from a listener", () => {
  test("of the event node ends what the same heartbeat reports, and the watch for silence", async () => {
    const one = new Listening();
    one.watch("c");
    one.node.on("node", () => void one.node.close());
    one.hear({ periodMs: 10, channels: published("c") });
    await one.hubs.pass(1000);
    expect(one.events).toEqual(["node appeared"]);
  });

  test("of a channel's event publisher ends those of its other channels", async () => {
    const one = new Listening();
    for (const name of ["c", "d"]) one.watch(name);
    one.node.channel("c").on("publisher", () => void one.node.close());
    one.hear({ periodMs: 10, channels: published("c", "d") });
    await one.hubs.pass(1000);
    expect(one.events).toEqual(["node appeared", "c appeared"]);
  });

  test("that a node is gone ends the report of its channels", async () => {
    const one = new Listening();
    for (const name of ["c", "d"]) one.watch(name);
    one.hear({ periodMs: 10, channels: published("c", "d") });
    one.node.channel("c").on("publisher", () => void one.node.close());
    await one.hubs.pass(1000);
    expect(one.events.slice(3)).toEqual(["node gone silent", "c gone silent"]);
  });
});
