// Channels between hostile transports, codecs, subscribers and peers: what they throw is reported, and all is given back.
import { ChannelNode, ChannelRelay, type ChannelTransport, multicastGroupForChannel, type RelayOptions } from "@groupcast/channels";
import { DatagramProtocol, type Reactor } from "groupcast";
import { describe, expect, test } from "vitest";
import { BACKENDS, canLoad } from "../support/backends.js";
import { Hub, HubClock, type HubTransport } from "../support/channels/hub.js";
import { KeptLog, MemorySite } from "../support/channels/memory-site.js";
import { KEYS } from "../support/channels/sealed-pair.js";
import { hasMulticastLoopback, skipUnless } from "../support/probe.js";
import { Attacked, strayFailures } from "./support/attacked.js";
import { bite } from "./support/hostile-values.js";
import { SILENT } from "./support/silent.js";
import { until } from "./support/until.js";
import { WEAPONS } from "./support/weapons.js";

const X = Buffer.from("x");
const LAST = Buffer.from("last");
const PERIOD_MS = 100;
const LONGEST_BYTES = 65_507;
const RANDOM_DATAGRAMS = 300;

/** Methods that a transport is called by as things end: what they throw must not keep the rest from ending. */
const ENDINGS = ["off", "stopReceiving", "stopReceivingPattern"] as const;

class Idle extends DatagramProtocol {}

describe.for(ENDINGS)("a transport whose %s throws", (method) => {
  test("keeps no node from closing, nor its reactor from stopping", async () => {
    const strays = strayFailures();
    const site = new MemorySite();
    const log = new KeptLog();
    const transport = hostile(new Hub(new HubClock()).transport(), method);
    const node = new ChannelNode(site.reactor("a"), { name: "a", heartbeatMs: PERIOD_MS, transport, logger: log });
    const [first, second] = [node.channel("c"), node.channel("d")];
    const subscription = first.subscribe(() => {});
    second.subscribe(() => {});
    for (const channel of [first, second]) channel.publish(X);
    subscription.unsubscribe();
    await Promise.all([node.close(), site.reactor("a").stop()]);
    expect([subscription.isActive, first.isSubscribed, second.isSubscribed]).toEqual([false, false, false]);
    expect(transport.openSenders).toBe(0);
    expect(log.errors.length > 0).toBe(method !== "stopReceivingPattern"); // nodes receive no patterns
    expect(strays).toEqual([]);
  });

  test("keeps no relay from closing on the other side", async () => {
    const strays = strayFailures();
    const site = new MemorySite();
    const clock = new HubClock();
    const hubs = [new Hub(clock), new Hub(clock)];
    const [a, b] = hubs.map((hub) => hub.transport()) as [HubTransport, HubTransport];
    const log = new KeptLog();
    const relay = new ChannelRelay(site.reactor("a"), { ...sides(hostile(a, method), b), logger: log });
    hubs[0]!.transport().openSender("c").send(X);
    clock.run();
    expect([relay.statistics()[0].forwarded, b.openSenders]).toEqual([1, 1]);
    relay.close();
    expect([b.received, b.openSenders]).toEqual([[], 0]);
    expect(log.errors.length > 0).toBe(method !== "off"); // relays listen to no events
    await site.reactor("a").stop();
    expect(strays).toEqual([]);
  });
});

test("a transport that throws when a relay ends a channel that nobody publishes any more does not throw into the event loop", async () => {
  const strays = strayFailures();
  const site = new MemorySite();
  const log = new KeptLog();
  const clock = new HubClock();
  const hub = new Hub(clock);
  const [a, b] = [hub.transport(), new Hub(clock).transport()];
  Object.assign(a, { startReceivingPattern: undefined }); // so the relay goes by heartbeats
  new ChannelRelay(site.reactor("relay"), { ...sides(hostile(a, "stopReceiving"), b), logger: log });
  const node = new ChannelNode(site.reactor("n"), { name: "n", heartbeatMs: PERIOD_MS, transport: hub.transport(), logger: log });
  node.channel("c/1").publish(X);
  for (let i = 0; i < 5; i++) await beat(site, clock);
  expect(a.received).toContain("c/1");
  await Promise.all([node.close(), beat(site, clock)]);
  for (let i = 0; i < 50; i++) await beat(site, clock);
  expect(log.errors.map(String)).toEqual(["Error: bite"]);
  expect(strays).toEqual([]);
});

describe("senders whose close() throws", () => {
  test("are closed all, and reported, when a relay closes or makes room", async () => {
    const site = new MemorySite();
    const clock = new HubClock();
    const hub = new Hub(clock);
    const [a, b] = [hub.transport(), new Hub(clock).transport()];
    const closings: string[] = [];
    b.openSender = (channel) => ({ send: () => true, close: () => void [closings.push(channel), bite()] });
    const log = new KeptLog();
    const relay = new ChannelRelay(site.reactor("a"), { ...sides(a, b), maxChannels: 2, logger: log });
    const sender = hub.transport();
    for (const channel of ["c", "d", "e"]) sender.openSender(channel).send(X);
    clock.run();
    expect([closings, relay.statistics()[0].forwarded]).toEqual([["c"], 3]);
    relay.close();
    expect(closings).toEqual(["c", "d", "e"]);
    expect(log.errors.map(String)).toEqual(["Error: bite", "Error: bite", "Error: bite"]);
  });

  test("keep no node from closing", async () => {
    const transport = new Hub(new HubClock()).transport();
    transport.openSender = () => ({ send: () => true, close: bite });
    const log = new KeptLog();
    const node = new ChannelNode(new MemorySite().reactor("a"), { name: "a", transport, logger: log });
    for (const name of ["c", "d"]) node.channel(name).publish(X);
    await node.close();
    expect(log.errors.map(String)).toEqual(["Error: bite", "Error: bite", "Error: bite"]); // and that of the heartbeats
  });
});

describe.for(BACKENDS)("%s", (backend) => {
  test("subscribers, listeners and codecs that throw, reject or return poison are reported, and starve nobody", async (context) => {
    await skipUnless(context, canLoad(backend), hasMulticastLoopback);
    const strays = strayFailures();
    await using attacked = new Attacked(backend);
    const port = await ownPort(attacked.reactor);
    for (const [name, fire] of WEAPONS) {
      const node = quietNode(attacked.reactor, port);
      const heard: string[] = [];
      node.on("error", fire as () => void).on("error", () => heard.push("error"));
      const [plain, coded] = [node.channel("plain"), node.channel("coded", { codec: { name: "hostile", encode: () => X, decode: fire } })];
      plain.subscribe(fire as () => void);
      plain.subscribe(() => void heard.push("plain"));
      coded.on("undecodable", fire as () => void).on("undecodable", () => heard.push("coded"));
      coded.subscribe(() => void heard.push("coded")); // a promise is a value of a codec like any other
      plain.publish(X);
      coded.publish(X);
      await until(`both channels and an error, ${name}`, () => ["plain", "coded", "error"].every((what) => heard.includes(what)));
      await node.close();
    }
    expect(strays).toHaveLength(0); // they cannot be shown
  });

  test("random bytes, datagrams of any length and replays harm no channel, and each is counted", async (context) => {
    await skipUnless(context, canLoad(backend), hasMulticastLoopback);
    const strays = strayFailures();
    await using attacked = new Attacked(backend);
    const port = await ownPort(attacked.reactor);
    const node = quietNode(attacked.reactor, port);
    const errors: Error[] = [];
    node.on("error", (error) => errors.push(error));
    const heard: Buffer[] = [];
    const channel = node.channel("c", { seal: { keys: KEYS, current: 1 } });
    channel.subscribe((data) => void heard.push(data));
    const mallory = attacked.reactor.listenMulticast(0, new Idle(), { ttl: 0 });
    const to = { address: multicastGroupForChannel("c"), port };
    for (let i = 0; i < RANDOM_DATAGRAMS; i++) {
      mallory.write(i % 2 === 0 ? random(i) : forged(i), to);
      if (i % 20 === 19) await until(`datagram ${i}`, () => arrivals(node) > i);
    }
    channel.publish(LAST);
    await until("the true message", () => heard.length > 0);
    const { received, malformed, foreign } = node.transport.statistics();
    expect(received + malformed + foreign).toBe(RANDOM_DATAGRAMS + 1);
    expect([heard, errors]).toEqual([[LAST], []]);
    await node.close();
    await mallory.stopListening();
    expect(strays).toEqual([]);
  });
});

/** A transport that throws whenever it is called by one method, after doing what it is asked. */
function hostile(transport: HubTransport, method: (typeof ENDINGS)[number]): HubTransport {
  const works = (transport[method] as (...args: unknown[]) => unknown).bind(transport);
  return Object.assign(transport, { [method]: (...args: unknown[]) => [works(...args), bite()] });
}

function sides(a: ChannelTransport, b: ChannelTransport): Pick<RelayOptions, "sides" | "allow"> {
  const allow = [{ channels: "c" }, { channels: "d" }, { channels: "e" }, { channels: "c/*" }];
  return {
    sides: [
      { transport: a, network: "a" },
      { transport: b, network: "b" },
    ],
    allow,
  };
}

/** Lets a period of heartbeats pass. */
async function beat(site: MemorySite, clock: HubClock): Promise<void> {
  await site.network.clock.advance(PERIOD_MS);
  clock.run();
}

/** Returns the number of a free port: the same test may run beside this one, and would be heard on a fixed number. */
async function ownPort(reactor: Reactor): Promise<number> {
  const taken = reactor.listenUDP(0, new Idle());
  await taken.stopListening();
  return taken.getHost().port;
}

function quietNode(reactor: Reactor, port: number): ChannelNode {
  return new ChannelNode(reactor, { name: "n", port, heartbeatMs: 0, logger: SILENT });
}

function arrivals({ transport }: ChannelNode): number {
  const { received, malformed, foreign } = transport.statistics();
  return received + malformed + foreign;
}

/** Bytes that follow from `seed`, of a length up to the longest that IPv4 carries. */
function random(seed: number): Buffer {
  const length = (seed * 7_919) % (seed % 10 === 0 ? LONGEST_BYTES : 400);
  return Buffer.from(Uint8Array.from({ length }, (_, index) => seed * 31 + index * index * 17));
}

/** A header of the channel before contents that nobody sealed. */
function forged(seed: number): Buffer {
  return Buffer.concat([Buffer.from("PULI"), Buffer.from([1]), Buffer.from("c"), random(seed)]);
}
