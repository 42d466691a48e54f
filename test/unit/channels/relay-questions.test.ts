// Questions through relays, and their answers back, by the rules of the channels that they are about.
import { ChannelNode, ChannelRelay, type RelayRule, type RelaySide, UdpTransport } from "@groupcast/channels";
import { expect, test } from "vitest";
import { ChannelPattern } from "../../../packages/channels/src/relay/channel-pattern.js";
import { channelsOf, ruleFor } from "../../../packages/channels/src/relay/ruled-channels.js";
import { Hub, HubClock } from "../../support/channels/hub.js";
import { MemorySite } from "../../support/channels/memory-site.js";

/** A site with multicast in memory, and a cloud that carries envelopes, as NATS does. */
class TwoNetworks {
  readonly site = new MemorySite();
  readonly clock = new HubClock();
  readonly cloud = new Hub(this.clock);

  relay(allow: readonly RelayRule[], host = "relay"): ChannelRelay {
    const reactor = this.site.reactor(host);
    const sides: [RelaySide, RelaySide] = [
      { transport: new UdpTransport(reactor, { ttl: 1 }), network: "site" },
      { transport: this.cloud.transport(), network: "cloud" },
    ];
    return new ChannelRelay(reactor, { sides, allow, logger: this.site.log });
  }

  node(at: "site" | "cloud", name: string, heartbeatMs = 0): ChannelNode {
    if (at === "site") return this.site.node(name, { ttl: 1, heartbeatMs });
    return new ChannelNode(this.site.reactor(name), { name, heartbeatMs, transport: this.cloud.transport(), logger: this.site.log });
  }

  /** Lets time pass on both, until a promise has settled or so many milliseconds are over. */
  async outcome<T>(promise: Promise<T>, limitMs = 100): Promise<PromiseSettledResult<T> | "pending"> {
    let result: PromiseSettledResult<T> | "pending" = "pending";
    void Promise.allSettled([promise]).then(([settled]) => {
      result = settled;
    });
    for (let ms = 0; ms < limitMs && result === "pending"; ms += 10) {
      await this.site.network.clock.advance(10);
      this.clock.run();
    }
    await Promise.resolve();
    return result;
  }
}

test.each([
  ["cloud", "site", "c"],
  ["site", "cloud", "c"],
  ["cloud", "site", "robot/c"],
] as const)("a rule for both ways passes questions from %s to %s on %s, and the answers back", async (asking, answering, name) => {
  const networks = new TwoNetworks();
  const relay = networks.relay([{ channels: "c" }, { channels: "robot/c" }]);
  networks
    .node(answering, "b")
    .channel(name, { codec: "text" })
    .respond((text, { isRelayed }) => `${text} ${isRelayed}`);
  const outcome = await networks.outcome(networks.node(asking, "a").channel(name, { codec: "text" }).request("relayed?"));
  expect(outcome).toMatchObject({ value: { data: "relayed? true", message: { isRelayed: true, channel: name } } });
  expect(relay.statistics().map(({ forwarded }) => forwarded)).toEqual([1, 1]);
});

test.each(["cloud", "site"] as const)("a pattern passes questions of nodes on the %s, found by their heartbeats on UDP", async (asking) => {
  const networks = new TwoNetworks();
  networks.relay([{ channels: "robot/*" }]);
  const answering = networks.node(asking === "cloud" ? "site" : "cloud", "b", 1000);
  answering.channel("robot/arm", { codec: "text" }).respond(() => "here");
  const channel = networks.node(asking, "a", 1000).channel("robot/arm", { codec: "text" });
  await networks.outcome(new Promise(() => {}), 200);
  const outcome = await networks.outcome(channel.request("?"), 4000); // the first attempt may come before the relay knows of the asker
  expect(outcome).toMatchObject({ value: { data: "here" } });
});

test("a rule for one way passes no questions; rules that name the companions do", async () => {
  const networks = new TwoNetworks();
  const relay = networks.relay([{ channels: "c", from: "cloud" }]);
  networks
    .node("site", "b")
    .channel("c", { codec: "text" })
    .respond(() => "here");
  const channel = networks.node("cloud", "a").channel("c", { codec: "text" });
  channel.publish("fence");
  expect(await networks.outcome(channel.request("?", { timeoutMs: 50 }))).toMatchObject({
    reason: { code: "ERR_CHANNEL_REQUEST_TIMEOUT" },
  });
  expect(relay.statistics().map(({ forwarded }) => forwarded)).toEqual([0, 1]);
  networks.relay(
    [
      { channels: "__groupcast_ask/c", from: "cloud" },
      { channels: "__groupcast_answer/c", from: "site" },
    ],
    "other",
  );
  expect(await networks.outcome(channel.request("?"))).toMatchObject({ value: { data: "here" } });
});

test("two relays side by side bring a question twice; the responder is called once, and the asker takes one answer", async () => {
  const networks = new TwoNetworks();
  for (const host of ["relay", "other"]) networks.relay([{ channels: "c" }], host);
  let calls = 0;
  networks
    .node("site", "b")
    .channel("c", { codec: "text" })
    .respond(() => `${++calls}`);
  const channel = networks.node("cloud", "a").channel("c", { codec: "text" });
  const stream = channel.requestMany("?", { timeoutMs: 100, attempts: 1 });
  expect(await networks.outcome(stream.next())).toMatchObject({ value: { value: { data: "1" } } });
  expect(await networks.outcome(stream.next(), 200)).toMatchObject({ value: { done: true } });
  expect(calls).toBe(1);
});

test("questions and answers count against the rate of the channel's rule", async () => {
  const networks = new TwoNetworks();
  const relay = networks.relay([{ channels: "c", maxPerSecond: 1 }]);
  networks
    .node("site", "b")
    .channel("c", { codec: "text" })
    .respond(() => "here");
  const channel = networks.node("cloud", "a").channel("c", { codec: "text" });
  channel.publish("a message");
  void channel.request("?", { timeoutMs: 50 }).catch(() => {});
  await networks.outcome(new Promise(() => {}), 60);
  expect(relay.statistics()[1]).toMatchObject({ forwarded: 1, limited: 3 });
});

/** A rule, as a relay has it. */
function rule(channels: string, from?: string) {
  return { pattern: new ChannelPattern("test", channels), from, maxPerSecond: 1, isReliable: false };
}

test.each([
  ["c", undefined, ["c", "__groupcast_ask/c", "__groupcast_answer/c"]],
  ["a/**", undefined, ["a/**", "__groupcast_ask/a/**", "__groupcast_answer/a/**"]],
  ["c", "site", ["c"]],
  ["__groupcast_nodes", undefined, ["__groupcast_nodes"]],
  ["__groupcast_ask/c", undefined, ["__groupcast_ask/c"]],
  ["x".repeat(237), undefined, ["x".repeat(237)]],
])("channelsOf() a rule for %s from %s are %o", (channels, from, all) => {
  expect(channelsOf(rule(channels, from))).toEqual(all);
});

test.each([
  ["__groupcast_ask/c", "**", true],
  ["__groupcast_answer/a/b", "a/*", true],
  ["__groupcast_ask/__groupcast_parameters/0", "**", false],
  ["__groupcast_ask/__groupcast_parameters/0", "__groupcast_parameters/*", true],
  ["__groupcast_asks/c", "**", false],
  ["__groupcast_ask/d", "c", false],
])("ruleFor() %s with a rule for %s: %s", (channel, pattern, isRuled) => {
  expect(ruleFor([rule(pattern)], channel) !== undefined).toBe(isRuled);
  const isNamed = new ChannelPattern("test", pattern).matches(channel);
  expect(ruleFor([rule(pattern, "site")], channel) !== undefined).toBe(isNamed);
});
