import { ChannelNode, ChannelRelay, type RelayOptions, type RelayRule, UdpTransport } from "@groupcast/channels";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Hub, HubClock } from "../../support/channels/hub.js";
import { KeptLog, MemorySite } from "../../support/channels/memory-site.js";

const EVERYTHING: readonly RelayRule[] = [{ channels: "**" }];

/** Networks A, B, C … with a node on each, which keeps what it hears on channel "c". */
class Networks {
  readonly clock = new HubClock();
  readonly site = new MemorySite();
  readonly reactor = this.site.reactor("host");
  readonly log = new KeptLog();
  readonly heard: Record<string, string[]> = {};
  readonly hubs: Record<string, Hub> = {};
  readonly nodes: Record<string, ChannelNode> = {};

  constructor(...names: string[]) {
    for (const name of names) {
      const hub = new Hub(this.clock);
      const node = new ChannelNode(this.reactor, { name, heartbeatMs: 0, transport: hub.transport() });
      const heard: string[] = [];
      for (const channel of ["c", "d/e"]) node.channel(channel).subscribe((data) => void heard.push(`${channel} ${data}`));
      Object.assign(this.hubs, { [name]: hub });
      Object.assign(this.nodes, { [name]: node });
      Object.assign(this.heard, { [name]: heard });
    }
  }

  relay(a: string, b: string, options: Partial<RelayOptions> = {}): ChannelRelay {
    const sides = [a, b].map((network) => ({ transport: this.hubs[network]!.transport(), network })) as unknown as RelayOptions["sides"];
    return new ChannelRelay(this.reactor, { sides, allow: EVERYTHING, logger: this.log, ...options });
  }

  publish(network: string, text: string, channel = "c"): void {
    this.nodes[network]!.channel(channel).publish(Buffer.from(text));
    this.clock.run();
  }
}

describe("a relay between two networks", () => {
  test("passes messages both ways, and each network hears each message once", () => {
    const networks = new Networks("a", "b");
    networks.relay("a", "b");
    networks.publish("a", "from a");
    networks.publish("b", "from b");
    expect(networks.heard).toEqual({ a: ["c from a", "c from b"], b: ["c from a", "c from b"] });
  });

  test("passes only what its rules name, the way they name", () => {
    const networks = new Networks("a", "b");
    const relay = networks.relay("a", "b", {
      allow: [
        { channels: "c", from: "a" },
        { channels: "d/*", from: "b" },
      ],
    });
    for (const network of ["a", "b"]) for (const channel of ["c", "d/e"]) networks.publish(network, network, channel);
    expect(networks.heard).toEqual({ a: ["c a", "d/e a", "d/e b"], b: ["c a", "c b", "d/e b"] });
    expect(relay.statistics().map(({ forwarded }) => forwarded)).toEqual([1, 1]);
  });

  test("passes no more than the rate of a rule, and counts the rest", () => {
    const networks = new Networks("a", "b");
    const relay = networks.relay("a", "b", { allow: [{ channels: "c", maxPerSecond: 3 }] });
    for (let i = 0; i < 10; i++) networks.publish("a", `${i}`);
    expect(networks.heard.b).toEqual(["c 0", "c 1", "c 2"]);
    expect(relay.statistics()[0]).toMatchObject({ from: "a", to: "b", forwarded: 3, limited: 7 });
  });

  test("keeps source and number, so that the far side sees order, and what is missing", async () => {
    const networks = new Networks("a", "b");
    networks.relay("a", "b", { allow: [{ channels: "c", maxPerSecond: 2 }] });
    const leads: number[] = [];
    networks.nodes.b!.channel("c").subscribe((_, { lead }) => void leads.push(lead));
    for (let i = 0; i < 4; i++) networks.publish("a", `${i}`);
    await networks.site.network.clock.advance(500);
    networks.publish("a", "4");
    expect(leads).toEqual([1, 1, 3]);
  });

  test("counts what is too long for the other network", () => {
    const networks = new Networks("a", "b");
    const relay = networks.relay("a", "b");
    const { transport } = networks.nodes.a!;
    transport.openSender("c").send(Buffer.alloc(1001));
    networks.clock.run();
    expect(relay.statistics()[0]).toMatchObject({ forwarded: 0, tooLong: 1 });
  });

  test("hears a channel once that several of its rules match", () => {
    const networks = new Networks("a", "b");
    networks.relay("a", "b", { allow: [{ channels: "d/e" }, { channels: "d/*" }, { channels: "*/e" }, { channels: "**" }] });
    const { transport } = networks.nodes.a!;
    const sender = transport.openSender("d/e");
    sender.send(Buffer.from("x"));
    networks.clock.run();
    expect(networks.heard.b).toEqual(["d/e x"]);
  });

  test("passes nothing on after close()", () => {
    const networks = new Networks("a", "b");
    const relay = networks.relay("a", "b");
    networks.publish("a", "before");
    relay.close();
    relay.close();
    networks.publish("a", "after");
    expect(networks.heard.b).toEqual(["c before"]);
  });

  test("keeps as many channels open as it may, the latest", () => {
    const networks = new Networks("a", "b");
    const relay = networks.relay("a", "b", { maxChannels: 2 });
    for (const channel of ["1", "2", "3", "c"]) networks.publish("a", "x", channel);
    expect(relay.statistics()[0].forwarded).toBe(4);
    expect(networks.heard.b).toEqual(["c x"]);
  });
});

describe("relays that face each other", () => {
  test("two between the same networks, both ways: no message comes back, and none goes round", () => {
    const networks = new Networks("a", "b");
    const relays = [networks.relay("a", "b"), networks.relay("b", "a")];
    networks.publish("a", "from a");
    expect(networks.heard).toEqual({ a: ["c from a"], b: ["c from a", "c from a"] });
    networks.publish("b", "from b");
    expect(networks.heard.b).toEqual(["c from a", "c from a", "c from b"]);
    expect(networks.hubs.a!.packets + networks.hubs.b!.packets).toBe(6);
    for (const relay of relays) expect(relay.statistics().map(({ forwarded }) => forwarded)).toEqual([1, 1]);
  });

  test("the second copy is a repeat to whoever listens in order", () => {
    const networks = new Networks("a", "b");
    networks.relay("a", "b");
    networks.relay("a", "b");
    const ordered: string[] = [];
    networks.nodes.b!.channel("c").subscribe((data) => void ordered.push(data.toString()), { ordered: true });
    for (let i = 0; i < 5; i++) networks.publish("a", `${i}`);
    expect(ordered).toEqual(["0", "1", "2", "3", "4"]);
  });

  test("though they call one network by different names: the copies end", () => {
    const networks = new Networks("a", "b");
    const { reactor, log } = networks;
    for (const name of ["x", "y"]) {
      const sides = [
        { transport: networks.hubs.a!.transport(), network: `${name}-a` },
        { transport: networks.hubs.b!.transport(), network: `${name}-b` },
      ] as const;
      new ChannelRelay(reactor, { sides, allow: EVERYTHING, logger: log });
    }
    networks.publish("a", "x");
    expect(networks.hubs.a!.packets + networks.hubs.b!.packets).toBeLessThanOrEqual(10);
  });

  test("a chain is passed to its end, and as far as maxHops", () => {
    const names = ["a", "b", "c", "d", "e", "f"];
    const networks = new Networks(...names);
    for (let i = 1; i < names.length; i++) networks.relay(names[i - 1]!, names[i]!);
    networks.publish("a", "x");
    expect(names.filter((name) => networks.heard[name]!.length > 0)).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("a ring of relays delivers to everybody, and ends", () => {
    const networks = new Networks("a", "b", "c");
    for (const [a, b] of [
      ["a", "b"],
      ["b", "c"],
      ["c", "a"],
    ] as const)
      networks.relay(a, b);
    networks.publish("a", "x");
    expect(new Set([...networks.heard.b!, ...networks.heard.c!])).toEqual(new Set(["c x"]));
    expect(networks.heard.a).toEqual(["c x"]);
  });

  test("any number of relays between any networks: everybody who can be reached hears it, and it ends", () => {
    const names = ["a", "b", "c", "d"];
    const pairs = fc.uniqueArray(fc.constantFrom(...names), { minLength: 2, maxLength: 2 });
    fc.assert(
      fc.property(fc.array(pairs, { minLength: 1, maxLength: 7 }), (edges) => {
        const networks = new Networks(...names);
        for (const [a, b] of edges) networks.relay(a!, b!);
        networks.publish("a", "x");
        const copies = (name: string) => networks.heard[name]!.length;
        const mayHear = (name: string) => (name === "a" ? 1 : edges.filter((edge) => edge.includes(name)).length);
        expect(names.filter((name) => copies(name) > mayHear(name))).toEqual([]);
        expect([...reachable("a", edges)].filter((name) => copies(name) === 0)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

/** The networks that can be reached from one over at most four relays. */
function reachable(from: string, edges: readonly string[][]): Set<string> {
  let reached = new Set([from]);
  for (let hops = 0; hops < 4; hops++) {
    const next = edges.filter((edge) => edge.some((name) => reached.has(name))).flat();
    reached = new Set([...reached, ...next]);
  }
  return reached;
}

describe("a relay on UDP", () => {
  /** Two sites of multicast; host r is on both, with a relay between them for each rule set. */
  function sites(...rules: (readonly RelayRule[])[]) {
    const site = new MemorySite();
    site.network.host("r").addInterface("eth1", { switch: site.network.switch("other") });
    site.network.host("b", { switch: "other" });
    const reactor = site.reactor("r");
    const relays = rules.map((allow) => {
      const side = (selector: string, network: string) => ({
        transport: new UdpTransport(reactor, { ttl: 1, interface: selector }),
        network,
      });
      return new ChannelRelay(reactor, { sides: [side("eth0", "left"), side("eth1", "right")], allow, logger: site.log });
    });
    return { site, relays, left: site.node("a", { ttl: 1, heartbeatMs: 500 }), right: site.node("b", { ttl: 1, heartbeatMs: 500 }) };
  }

  function keep(node: ChannelNode, channel: string): string[] {
    const got: string[] = [];
    node.channel(channel).subscribe((data, { isRelayed }) => void got.push(`${data}${isRelayed ? " relayed" : ""}`));
    return got;
  }

  test("passes from one network to the other, from a port of its own", async () => {
    const { site, left, right } = sites([{ channels: "c" }]);
    const got = [keep(left, "c"), keep(right, "c")];
    left.channel("c").publish(Buffer.from("x"));
    await site.settle();
    expect(got).toEqual([["x"], ["x relayed"]]);
    const sent = site.network.trace.records.find(
      ({ event, node, packet }) => event === "sent" && node === "r" && packet.payload.length > 0,
    );
    expect(sent!.packet.sourcePort).toBe(8829);
  });

  test("two of them side by side: each passes it on once, and neither what the other passed on", async () => {
    const { site, relays, left, right } = sites([{ channels: "c" }], [{ channels: "c" }]);
    const got = [keep(left, "c"), keep(right, "c")];
    left.channel("c").publish(Buffer.from("x"));
    await site.settle();
    right.channel("c").publish(Buffer.from("y"));
    await site.settle();
    expect(got).toEqual([
      ["x", "y relayed", "y relayed"],
      ["x relayed", "x relayed", "y"],
    ]);
    for (const relay of relays)
      expect(relay.statistics()).toMatchObject([
        { forwarded: 1, relayed: 2 },
        { forwarded: 1, relayed: 2 },
      ]);
  });

  test("finds the channels of a pattern by heartbeats, and lets them go with the node", async () => {
    const { site, left, right, relays } = sites([{ channels: "robot/*" }]);
    const got = keep(right, "robot/pose");
    left.channel("robot/pose").publish(Buffer.from("before anybody knew"));
    await site.network.clock.advance(100);
    left.channel("robot/pose").publish(Buffer.from("x"));
    await site.settle();
    expect(got).toEqual(["x relayed"]);
    await left.close();
    await site.network.clock.advance(100);
    site.node("a", { ttl: 1 }).channel("robot/pose").publish(Buffer.from("nobody said so"));
    await site.settle();
    expect(relays[0]!.statistics()[0].forwarded).toBe(1);
  });

  test("lets nodes hear of one another, when it is told to pass heartbeats", async () => {
    const { site, left, right } = sites([{ channels: "__groupcast_nodes" }]);
    await site.network.clock.advance(1000);
    expect([left, right].map((node) => node.nodes.map(({ name }) => name))).toEqual([["b"], ["a"]]);
  });

  test("opens a bounded number of channels, whatever heartbeats announce", async () => {
    const site = new MemorySite();
    site.network.host("r").addInterface("eth1", { switch: site.network.switch("other") });
    const reactor = site.reactor("r");
    const side = (selector: string, network: string) => ({
      transport: new UdpTransport(reactor, { ttl: 1, interface: selector }),
      network,
    });
    new ChannelRelay(reactor, { sides: [side("eth0", "left"), side("eth1", "right")], allow: EVERYTHING, maxChannels: 10 });
    const node = site.node("a", { ttl: 1, heartbeatMs: 500 });
    for (let i = 0; i < 100; i++) node.channel(`channel ${i}`).publish(Buffer.alloc(0));
    await site.network.clock.advance(1000);
    const groups = new Set(
      (reactor.ports as readonly { memberships?: readonly { group: string }[] }[])
        .flatMap((port) => port.memberships ?? [])
        .map(({ group }) => group),
    );
    expect(groups.size).toBe(11); // ten, and the heartbeats
  });
});

describe("ChannelRelay refuses", () => {
  const side = (network: string) => ({ transport: new Hub(new HubClock()).transport(), network });

  test.each([
    ["one side", { sides: [side("a")] }, "sides"],
    ["one name for two networks", { sides: [side("a"), side("a")] }, "network"],
    ["a name with a space", { sides: [side("a"), side("b c")] }, "network"],
    ["a rule from a third network", { allow: [{ channels: "c", from: "d" }] }, "from"],
    ["a rate of nothing", { allow: [{ channels: "c", maxPerSecond: 0 }] }, "maxPerSecond"],
    ["a rule with an unknown option", { allow: [{ channel: "c" }] }, "option"],
    ["no hops", { maxHops: 0 }, "maxHops"],
  ])("%s", (_, options, argument) => {
    const { reactor } = new Networks();
    const given = { sides: [side("a"), side("b")], allow: EVERYTHING, ...options } as unknown as RelayOptions;
    expect(() => new ChannelRelay(reactor, given)).toThrow(expect.objectContaining({ argument }));
  });
});
