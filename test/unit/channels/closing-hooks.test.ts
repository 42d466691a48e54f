// Loggers and listeners are called while a channel, a node or a transport opens or closes, and may close or use it.
import { MemoryNetwork } from "@groupcast/backend-memory";
import {
  type Channel,
  ChannelNode,
  type ChannelOptions,
  ChannelRelay,
  type ChannelTransport,
  LcmTransport,
  UdpTransport,
} from "@groupcast/channels";
import { type Logger, Reactor } from "groupcast";
import { describe, expect, test } from "vitest";
import { Hub, HubClock, type HubTransport } from "../../support/channels/hub.js";
import { MemorySite } from "../../support/channels/memory-site.js";

const X = Buffer.from("x");

/** A node on a reactor whose logger, and whose own, do something once. */
class Hooked {
  readonly network = new MemoryNetwork();
  readonly reactor: Reactor;
  readonly node: ChannelNode;
  readonly channel: Channel;
  calls = 0;

  constructor(where: "node" | "reactor", deed: (hooked: Hooked) => unknown, options: ChannelOptions = {}) {
    const log = (): void => {
      if (this.channel !== undefined && this.calls++ === 0) deed(this);
    };
    const hook: Logger = { info: log, warn: log, error: log };
    const quiet: Logger = { info() {}, warn() {}, error() {} };
    const [reactorLogger, logger] = where === "reactor" ? [hook, quiet] : [quiet, hook];
    this.reactor = new Reactor({ backend: this.network.host("a"), clock: this.network.clock, logger: reactorLogger });
    this.node = new ChannelNode(this.reactor, { name: "a", heartbeatMs: 0, interface: "eth0", logger }); // TTL 0: it warns
    this.channel = this.node.channel("c", options as { codec: "bytes" });
  }

  settle(): Promise<void> {
    return this.network.clock.advance(250); // a reliable publisher that closes goes on for 150 ms
  }

  /** Number of open ports. */
  get open(): number {
    return this.reactor.ports.length;
  }
}

const USES = {
  publish: (channel: Channel) => channel.publish(X),
  subscribe: (channel: Channel) => channel.subscribe(() => {}),
  messages: (channel: Channel) => channel.messages(),
} as const;

describe.for([
  ["node", "a plain channel", {}],
  ["reactor", "a plain channel", {}],
  ["node", "a reliable channel", { reliable: true }],
  ["reactor", "a reliable channel", { reliable: true }],
] as const)("a logger of the %s, and %s:", ([where, _kind, options]) => {
  test.each(Object.entries(USES))("that closes the channel inside %s() leaves it closed, and nothing open", async (_, use) => {
    const hooked = new Hooked(where, ({ channel }) => channel.close(), options);
    expect(() => use(hooked.channel)).toThrow(expect.objectContaining({ code: "ERR_CHANNEL_CLOSED" }));
    await hooked.settle();
    expect([hooked.channel.isSubscribed, hooked.channel.isPublished, hooked.node.channels]).toEqual([false, false, []]);
    expect(hooked.reactor.ports.flatMap((port) => ("memberships" in port ? port.memberships : []))).toEqual([]);
    await Promise.all([hooked.node.close(), hooked.settle()]);
    expect(hooked.open).toBe(0);
  });

  test.each(Object.entries(USES))("that closes the node inside %s() leaves nothing open", async (_, use) => {
    const hooked = new Hooked(where, ({ node }) => node.close(), options);
    expect(() => use(hooked.channel)).toThrow(expect.objectContaining({ code: expect.stringMatching(/ERR_(TRANSPORT|NODE)_CLOSED/) }));
    await hooked.settle();
    expect([hooked.open, hooked.calls > 0]).toEqual([0, true]);
  });

  test.each([
    ["publish", "publishes", USES.publish],
    ["publish", "subscribes", USES.subscribe],
    ["subscribe", "publishes", USES.publish],
    ["subscribe", "subscribes", USES.subscribe],
  ] as const)("inside %s() that %s, on the same channel and on another one, opens each once", async (first, _, use) => {
    const hooked = new Hooked(where, ({ channel, node }) => [use(channel), use(node.channel("d", { ...options }))], options);
    USES[first](hooked.channel);
    await hooked.settle();
    const receiving = hooked.channel.isSubscribed ? 1 : 0;
    const published = hooked.node.channels.filter(({ isPublished }) => isPublished).length;
    const asking = "reliable" in options ? receiving : 0; // one port asks for all channels
    expect(hooked.reactor.ports.length).toBe(receiving + asking + published);
    for (const channel of hooked.node.channels) void channel.close();
    await hooked.settle();
    expect(hooked.reactor.ports.length).toBe(receiving); // the receiving port stays for the next channel
    await Promise.all([hooked.node.close(), hooked.settle()]);
    expect(hooked.open).toBe(0);
  });
});

describe("a logger of the reactor", () => {
  test("that opens another sender of relays while their port opens shares one port with it", async () => {
    const hooked: Hooked = new Hooked("reactor", () => transport.openSender("d", "relay"));
    const transport: UdpTransport = new UdpTransport(hooked.reactor);
    transport.openSender("c", "relay");
    await hooked.settle();
    expect([hooked.calls > 0, hooked.reactor.ports.length]).toEqual([true, 1]);
    await Promise.all([transport.close(), hooked.settle()]);
    expect(hooked.open).toBe(0);
  });

  test("that receives another channel while the port opens shares one port with it", async () => {
    const hooked: Hooked = new Hooked("reactor", () => transport.startReceiving("d", { packetReceived() {} }));
    const transport: UdpTransport = new UdpTransport(hooked.reactor);
    transport.startReceiving("c", { packetReceived() {} });
    await hooked.settle();
    expect([hooked.calls > 0, hooked.reactor.ports.length]).toEqual([true, 1]);
    await Promise.all([transport.close(), hooked.settle()]);
    expect(hooked.open).toBe(0);
  });

  test.each([
    ["UdpTransport", UdpTransport],
    ["LcmTransport", LcmTransport],
  ])("that closes a %s while startReceiving() opens its port makes it throw, and leaves none open", async (_, Transport) => {
    const hooked: Hooked = new Hooked("reactor", () => transport.close());
    const transport: ChannelTransport = new Transport(hooked.reactor);
    expect(() => transport.startReceiving("c", { packetReceived() {} })).toThrow(expect.objectContaining({ code: "ERR_TRANSPORT_CLOSED" }));
    await hooked.settle();
    expect([hooked.open, hooked.calls > 0]).toEqual([0, true]);
  });

  test("that closes the transport as its port for questions opens leaves none open", async () => {
    const hooked: Hooked = new Hooked("reactor", () => transport.close());
    const transport: UdpTransport = new UdpTransport(hooked.reactor);
    const ask = () => transport.openAsker("c", { packetReceived() {} });
    hooked.reactor.listenUDP = new Proxy(hooked.reactor.listenUDP, {
      apply(listen, self, args) {
        const port = Reflect.apply(listen, self, args);
        void transport.close(); // as a logger may, after the port has opened
        return port;
      },
    });
    expect(ask).toThrow(expect.objectContaining({ code: "ERR_TRANSPORT_CLOSED" }));
    await hooked.settle();
    expect(hooked.open).toBe(0);
  });

  test("that asks on another channel as the port for questions opens shares one port with it", async () => {
    const hooked = new Hooked("reactor", () => {});
    const transport = new UdpTransport(hooked.reactor);
    const ask = (channel: string) => transport.openAsker(channel, { packetReceived() {} });
    const { listenUDP } = hooked.reactor;
    hooked.reactor.listenUDP = function (this: Reactor, ...args: Parameters<Reactor["listenUDP"]>) {
      hooked.reactor.listenUDP = listenUDP;
      ask("d");
      return listenUDP.apply(this, args);
    } as Reactor["listenUDP"];
    const asker = ask("c");
    await hooked.settle();
    expect(hooked.open).toBe(1);
    asker.close();
    await hooked.settle();
    expect(hooked.open).toBe(1);
    await Promise.all([transport.close(), hooked.settle()]);
    expect(hooked.open).toBe(0);
  });

  test("that has a relay closed as it opens its port leaves none open", async () => {
    const hooked: Hooked = new Hooked("reactor", () => transport.close());
    const clock = new HubClock();
    const hub = new Hub(clock);
    const transport: UdpTransport = new UdpTransport(hooked.reactor);
    const sides = [
      { transport: hub.transport(), network: "a" },
      { transport, network: "b" },
    ] as const;
    const logger: Logger = { info() {}, warn() {}, error() {} };
    const relay = new ChannelRelay(hooked.reactor, { sides, allow: [{ channels: "c", from: "a" }], logger });
    hub.transport().openSender("c").send(X);
    clock.run();
    await hooked.settle();
    expect([hooked.calls > 0, relay.statistics()[0].refused, hooked.open]).toEqual([true, 1, 0]);
    relay.close();
  });
});

describe("node.close()", () => {
  test("from a listener that hears of its failures closes once, returns one promise, and lets nothing be opened", async () => {
    const node = new ChannelNode(new MemorySite().reactor("a"), { name: "a", transport: biting() });
    const promises = new Set<Promise<void>>();
    const refused: unknown[] = [];
    node.on("error", () => {
      promises.add(node.close());
      try {
        node.channel(`another ${refused.length}`).subscribe(() => {});
      } catch (error) {
        refused.push((error as { code: string }).code);
      }
    });
    node.channel("c").subscribe(() => {});
    promises.add(node.close());
    await node.close();
    expect([promises.size, refused, node.channels.length]).toEqual([1, ["ERR_NODE_CLOSED", "ERR_NODE_CLOSED"], 1]);
  });

  test("resolves once the senders of a transport that is not its own are closed, that of its heartbeats, too", async () => {
    const site = new MemorySite();
    const transport = new Hub(new HubClock()).transport();
    const closings: (() => void)[] = [];
    const close = (): Promise<void> => new Promise((resolve) => closings.push(resolve));
    Object.assign(transport, { openSender: () => ({ send: () => true, close }) });
    const node = new ChannelNode(site.reactor("a"), { name: "a", transport, heartbeatMs: 100 });
    node.channel("c").publish(X);
    let isClosed = false;
    const closed = node.close().then(() => (isClosed = true));
    expect(closings).toHaveLength(2);
    closings[0]!();
    await site.settle();
    expect(isClosed).toBe(false);
    closings[1]!();
    expect(await closed).toBe(true);
  });

  test("waits for the sockets of channels that were closed right before", async () => {
    const site = new MemorySite();
    const transport = new UdpTransport(site.reactor("a"));
    const sender = transport.openSender("c");
    const order: string[] = [];
    const port = site.reactor("a").ports[0]!;
    let stop = (): void => {};
    const stopped = new Promise<void>((resolve) => (stop = resolve)); // as one with a backlog does, once it is sent
    Object.assign(port, { stopListening: () => stopped });
    void sender.close();
    const closed = transport.close().then(() => order.push("transport"));
    await site.settle();
    order.push("socket");
    stop();
    await closed;
    expect(order).toEqual(["socket", "transport"]);
  });
});

function biting(): HubTransport {
  const stopReceiving = (): void => {
    throw new Error("bite");
  };
  return Object.assign(new Hub(new HubClock()).transport(), { stopReceiving });
}
