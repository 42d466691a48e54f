// What fails on the way gives back what it has opened, and the next try is like the first.
import { ChannelNode, ChannelRelay, type RelayOptions, type RelayRule, UdpTransport } from "@groupcast/channels";
import { DatagramProtocol, type MulticastTransport, type NetworkInterface } from "groupcast";
import { describe, expect, test, vi } from "vitest";
import { RecentTable } from "../../../packages/channels/src/order/recent-table.js";
import { GroupMemberships } from "../../../packages/channels/src/udp/group-memberships.js";
import { Hub, HubClock, type HubTransport } from "../../support/channels/hub.js";
import { KeptLog, MemorySite } from "../../support/channels/memory-site.js";

const CHANNELS_PORT = 8765;
const X = Buffer.from("x");
const RECEIVER = { packetReceived() {} };
const TROUBLE = new Error("trouble");

function trouble(): never {
  throw TROUBLE;
}

/** A transport of a hub, on which `method` fails from its call number `from` on. */
function failing(method: keyof HubTransport, from = 1): HubTransport {
  const transport = new Hub(new HubClock()).transport();
  const works = (transport[method] as (...args: unknown[]) => unknown).bind(transport);
  let calls = 0;
  vi.spyOn(transport, method as "startReceiving").mockImplementation((...args) =>
    ++calls < from ? (works(...args) as undefined) : trouble(),
  );
  return transport;
}

describe("a channel on UDP whose port is taken", () => {
  test("is heard once the port is free and it is subscribed again", async () => {
    const site = new MemorySite();
    const taken = site.reactor("a").listenUDP(CHANNELS_PORT, new (class extends DatagramProtocol {})());
    const channel = site.node("a").channel("c");
    const got: string[] = [];
    const subscribe = () => channel.subscribe((data) => void got.push(data.toString()));
    expect(subscribe).toThrow(expect.objectContaining({ code: "ERR_LISTEN", errnoName: "EADDRINUSE" }));
    expect(subscribe).toThrow(expect.objectContaining({ code: "ERR_LISTEN", errnoName: "EADDRINUSE" }));
    const stopped = taken.stopListening();
    await site.settle();
    await stopped;
    subscribe();
    site.node("a", { name: "sender" }).channel("c").publish(X);
    await site.settle();
    expect(got).toEqual(["x"]);
  });
});

describe("UdpTransport leaves no port open", () => {
  async function portsAfter(act: (transport: UdpTransport, site: MemorySite) => void, options = {}): Promise<number> {
    const site = new MemorySite();
    const transport = new UdpTransport(site.reactor("a"), options);
    expect(() => act(transport, site)).toThrow();
    await site.settle();
    return site.reactor("a").ports.length;
  }

  test("when the name to send on is no name of a channel", async () => {
    expect(await portsAfter((transport) => transport.openSender("é"))).toBe(0);
    expect(await portsAfter((transport) => transport.openSender("é", "relay"))).toBe(0);
  });

  test("when the name to receive is no name of a channel", async () => {
    expect(await portsAfter((transport) => transport.startReceiving("é", RECEIVER))).toBe(0);
  });

  test("when the interface throws as it is looked at", async () => {
    const hostile = Object.defineProperty({ index: 1 }, "name", { get: trouble }) as NetworkInterface;
    expect(await portsAfter((transport) => transport.startReceiving("c", RECEIVER), { ttl: 1, interface: hostile })).toBe(0);
  });

  test("when the group of the first channel cannot be joined", async () => {
    expect(await portsAfter((transport) => transport.startReceiving("c", RECEIVER), { interface: "no such name!" })).toBe(0);
  });

  test("when the interfaces cannot be listed", async () => {
    const act = (transport: UdpTransport, site: MemorySite) => {
      vi.spyOn(site.reactor("a").network, "interfaces").mockImplementation(trouble);
      transport.startReceiving("c", RECEIVER);
    };
    expect(await portsAfter(act, { interface: "lo" })).toBe(0);
  });

  test("but keeps the one on which other channels are received", async () => {
    const site = new MemorySite();
    const transport = new UdpTransport(site.reactor("a"));
    transport.startReceiving("c", RECEIVER);
    expect(() => transport.startReceiving("é", RECEIVER)).toThrow();
    await site.settle();
    expect(site.reactor("a").ports).toHaveLength(1);
  });
});

test("GroupMemberships leaves the interfaces it has joined when one refuses, and joins them all at the next try", () => {
  const site = new MemorySite();
  const joined = new Set<unknown>();
  let refused: unknown = "lo";
  const port = {
    joinGroup: (_: string, selector: unknown) => (selector === refused ? trouble() : joined.add(selector)),
    leaveGroup: (_: string, selector: unknown) => joined.delete(selector),
  } as unknown as MulticastTransport;
  const memberships = new GroupMemberships(port, "eth0", site.reactor("a").network.interfaces());
  expect(() => memberships.join("239.0.0.1")).toThrow(TROUBLE);
  expect([...joined]).toEqual([]);
  refused = undefined;
  memberships.join("239.0.0.1");
  expect([...joined]).toEqual(["eth0", "lo"]);
});

describe("a node that cannot start", () => {
  const logger = new KeptLog();

  test("receives nothing when it cannot send its heartbeats", () => {
    const transport = failing("openSender");
    expect(() => new ChannelNode(new MemorySite().reactor("a"), { name: "a", transport, logger })).toThrow(TROUBLE);
    expect(transport.received).toEqual([]);
  });

  test("sends and receives nothing when its reactor cannot tell it of the shutdown", async () => {
    const site = new MemorySite();
    const reactor = site.reactor("a");
    const hub = new Hub(new HubClock());
    const transport = hub.transport();
    const off = vi.spyOn(transport, "off");
    vi.spyOn(reactor, "addSystemEventTrigger").mockImplementation(trouble);
    expect(() => new ChannelNode(reactor, { name: "a", transport, logger })).toThrow(TROUBLE);
    await site.network.clock.advance(5000);
    expect([transport.received, transport.openSenders]).toEqual([[], 0]);
    expect(hub.packets).toBeLessThanOrEqual(1); // a good-bye
    expect(off).toHaveBeenCalledWith("error", expect.any(Function));
  });

  test("leaves no port of the transport that it made", async () => {
    const site = new MemorySite();
    vi.spyOn(site.reactor("a"), "addSystemEventTrigger").mockImplementation(trouble);
    expect(() => site.node("a", { heartbeatMs: 100 })).toThrow(TROUBLE);
    await site.settle();
    expect(site.reactor("a").ports).toHaveLength(0);
  });
});

describe("a relay receives nothing", () => {
  function relay(a: HubTransport, b: HubTransport, allow: readonly RelayRule[], site = new MemorySite()): ChannelRelay {
    const sides = [
      { transport: a, network: "a" },
      { transport: b, network: "b" },
    ] as unknown as RelayOptions["sides"];
    return new ChannelRelay(site.reactor("host"), { sides, allow, logger: new KeptLog() });
  }

  const works = (): HubTransport => new Hub(new HubClock()).transport();

  test.each<[string, keyof HubTransport, number, readonly RelayRule[]]>([
    ["the second channel is refused", "startReceiving", 2, [{ channels: "c" }, { channels: "d" }]],
    ["a pattern is refused", "startReceivingPattern", 1, [{ channels: "c" }, { channels: "d/*" }]],
    ["the second pattern is refused", "startReceivingPattern", 2, [{ channels: "c/*" }, { channels: "d/*" }]],
  ])("when %s, on either side", (_, method, from, allow) => {
    for (const other of [works(), works()]) {
      const refusing = failing(method, from);
      const sides = [refusing, other] as const;
      expect(() => relay(sides[0], sides[1], allow)).toThrow(TROUBLE);
      expect(sides.map(({ received }) => received)).toEqual([[], []]);
    }
    const [first, second] = [works(), failing(method, from)];
    expect(() => relay(first, second, allow)).toThrow(TROUBLE);
    expect([first.received, second.received]).toEqual([[], []]);
  });

  test("when heartbeats are refused, which patterns need where the transport knows none", () => {
    const refusing = failing("startReceiving", 2);
    Object.assign(refusing, { startReceivingPattern: undefined });
    expect(() => relay(refusing, works(), [{ channels: "c" }, { channels: "d/*" }])).toThrow(TROUBLE);
    expect(refusing.received).toEqual([]);
  });

  test("when it was closed, heartbeats included", () => {
    const [a, b] = [works(), works()];
    Object.assign(a, { startReceivingPattern: undefined });
    const started = relay(a, b, [{ channels: "c" }, { channels: "d/*" }]);
    expect([a.received.length, b.received.length]).toEqual([4, 6]);
    started.close();
    expect([a.received, b.received]).toEqual([[], []]);
  });

  test("when its reactor cannot tell it of the shutdown", () => {
    const site = new MemorySite();
    vi.spyOn(site.reactor("host"), "addSystemEventTrigger").mockImplementation(trouble);
    const [a, b] = [works(), works()];
    expect(() => relay(a, b, [{ channels: "**" }], site)).toThrow(TROUBLE);
    expect([a.received, b.received]).toEqual([[], []]);
  });
});

test("a relay opens no sender on a channel whose limit of length cannot be had", () => {
  const clock = new HubClock();
  const hub = new Hub(clock);
  const refusing = failing("maxPayloadBytes");
  const sides = [
    { transport: hub.transport(), network: "a" },
    { transport: refusing, network: "b" },
  ] as unknown as RelayOptions["sides"];
  const log = new KeptLog();
  new ChannelRelay(new MemorySite().reactor("host"), { sides, allow: [{ channels: "c" }], logger: log });
  hub.transport().openSender("c").send(X);
  clock.run();
  expect(log.errors).toEqual([TROUBLE]);
  expect(refusing.openSenders).toBe(0);
});

test("RecentTable evicts nothing for an entry that cannot be made", () => {
  const evicted: string[] = [];
  const table = new RecentTable<string>(1, (value) => evicted.push(value));
  table.use("a", () => "a");
  expect(() => table.use("b", trouble)).toThrow(TROUBLE);
  expect([table.peek("a"), evicted]).toEqual(["a", []]);
});
