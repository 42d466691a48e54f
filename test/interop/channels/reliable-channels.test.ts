// Reliable channels on real sockets, beside a peer that knows nothing of them, and over NATS, where the option changes nothing.
import { fileURLToPath } from "node:url";
import { ChannelNode, type ChannelReceiver, UdpTransport } from "@groupcast/channels";
import { Reactor } from "groupcast";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freeChannelPort } from "../../support/channels/free-channel-port.js";
import { countTo, Reader } from "../../support/channels/lossy-site.js";
import { hasNatsServer } from "../../support/channels/nats-server.js";
import { KEYS } from "../../support/channels/sealed-pair.js";
import { WORLDS, whenReceiving } from "../../support/channels/worlds.js";
import { ChildProgram } from "../../support/child-program.js";
import { until } from "../../support/lab/until.js";
import { hasCommand, hasMulticastLoopback, skipUnless } from "../../support/probe.js";

const PEER = fileURLToPath(new URL("programs/peer.py", import.meta.url));
const COUNT = 300;
const DROPPED_EVERY = 7;
const LATE_MS = 200;

/** A transport that loses packets: each seventh of a channel, when it comes for the first time. */
class LossyTransport extends UdpTransport {
  readonly #lossy = new Map<ChannelReceiver, ChannelReceiver>();
  lost = 0;

  override startReceiving(channel: string, receiver: ChannelReceiver): void {
    const seen = new Set<number>();
    const lossy: ChannelReceiver = {
      packetReceived: (packet) => {
        const number = packet.sequence!;
        if (number % DROPPED_EVERY !== 3 || seen.has(number)) receiver.packetReceived(packet);
        else this.lost++;
        seen.add(number);
      },
    };
    this.#lossy.set(receiver, lossy);
    super.startReceiving(channel, lossy);
  }

  override stopReceiving(channel: string, receiver: ChannelReceiver): void {
    super.stopReceiving(channel, this.#lossy.get(receiver)!);
  }
}

describe("udp", () => {
  let port: number;
  let disposals: (() => Promise<unknown>)[];

  beforeEach(async (context) => {
    await skipUnless(context, hasMulticastLoopback);
    port = await freeChannelPort();
    disposals = [];
  });

  afterEach(async () => {
    for (const dispose of disposals) await dispose();
  });

  function node(name: string, isLossy = false): ChannelNode {
    const reactor = new Reactor();
    disposals.push(() => reactor.stop());
    const transport = isLossy ? new LossyTransport(reactor, { port }) : new UdpTransport(reactor, { port });
    disposals.push(() => transport.close());
    return new ChannelNode(reactor, { name, heartbeatMs: 100, transport });
  }

  test.each([
    ["plain", {}],
    ["sealed", { seal: { keys: { 1: KEYS[1] }, current: 1 } }],
    ["fragmented", { fragment: true }],
  ])("reliable: a %s channel repairs by unicast what one subscriber loses", async (_what, options) => {
    const publisher = node("a").channel("c", { ...options, reliable: true });
    const lossy = node("b", true);
    const reader = new Reader(lossy.channel("c", { ...options, reliable: true }));
    for (let i = 0; i < COUNT; i++) publisher.publish(Buffer.from(`${i}`));
    await until(() => reader.texts.length === COUNT, { what: "all messages" });
    expect(reader.numbers).toEqual(countTo(COUNT));
    expect((lossy.transport as LossyTransport).lost).toBe(Math.ceil((COUNT - 3) / DROPPED_EVERY));
    expect(publisher.statistics().reliable!.sender.repairedForAll).toBe(0);
    expect(reader.counters.recovered).toBeGreaterThanOrEqual(Math.ceil((COUNT - 3) / DROPPED_EVERY));
  });

  test("reliable: a message of 4 MiB arrives whole though each seventh fragment is lost at first", async () => {
    const options = { reliable: true, fragment: true } as const;
    const publisher = node("a").channel("c", options);
    const lengths: number[] = [];
    node("b", true)
      .channel("c", options)
      .subscribe((data) => void lengths.push(data.length));
    publisher.publish(Buffer.alloc(4 * 1024 * 1024));
    await until(() => lengths.length > 0, { what: "the message" });
    expect(lengths).toEqual([4 * 1024 * 1024]);
  });

  test("history: a subscriber in another process's place gets the messages of before, by heartbeats, at once", async () => {
    const publisher = node("a").channel("c", { reliable: true });
    for (let i = 0; i < COUNT; i++) publisher.publish(Buffer.from(`${i}`));
    const publishedMs = performance.now();
    await until(() => performance.now() - publishedMs > LATE_MS, { what: "that a subscriber is late" });
    const reader = new Reader(node("b", true).channel("c", { history: { messages: 100 } }));
    await until(() => reader.texts.length === 100, { what: "the history" });
    expect(reader.numbers).toEqual(countTo(COUNT, COUNT - 100));
  });

  test("reliable: a peer that is not sees each message, and of repairs to all nothing but the same once more", async (context) => {
    await skipUnless(context, hasCommand("python3", "python3"));
    const python = new ChildProgram("/usr/bin/python3", [PEER, String(port), "c"]);
    disposals.unshift(() => python.stop("SIGKILL"));
    await python.line(/^ready$/);
    const publisher = node("a").channel("c", { reliable: true });
    const readers = ["b", "d", "e"].map((name) => new Reader(node(name, true).channel("c", { reliable: true })));
    for (let i = 0; i < COUNT; i++) {
      publisher.publish(Buffer.from(`${i}`));
      if (i % 20 === 19) await python.line(new RegExp(`^${i} `)); // no more than its receive buffer holds
    }
    await until(() => readers.every(({ texts }) => texts.length === COUNT), { what: "all messages at all subscribers" });
    publisher.publish(Buffer.from("fence"));
    await python.line(new RegExp(`^${COUNT} ${Buffer.from("fence").toString("hex")}$`));
    python.finish("");
    const { stdout } = await python.ended;
    const lines = stdout
      .trim()
      .split("\n")
      .filter((line) => line !== "ready" && !line.startsWith(`${COUNT} `));
    const wanted = countTo(COUNT).map((number) => `${number} ${Buffer.from(`${number}`).toString("hex")}`);
    expect(publisher.statistics().reliable!.sender.repairedForAll).toBeGreaterThan(0);
    expect(lines.length).toBeGreaterThan(COUNT);
    expect([...new Set(lines)]).toEqual(wanted); // in this order when each first came
  });

  test("reliable: what a peer publishes that is not is delivered as it comes", async (context) => {
    await skipUnless(context, hasCommand("python3", "python3"));
    const python = new ChildProgram("/usr/bin/python3", [PEER, String(port), "c"]);
    disposals.unshift(() => python.stop("SIGKILL"));
    await python.line(/^ready$/);
    const reader = new Reader(node("b").channel("c", { reliable: true }));
    for (const text of ["0", "1", "2"]) python.say(Buffer.from(text).toString("hex"));
    await until(() => reader.texts.length === 3, { what: "three messages" });
    expect([reader.numbers, reader.losses]).toEqual([[0, 1, 2], []]);
  });
});

describe("nats", () => {
  test("reliable: over NATS the option changes nothing, and messages arrive in order", async (context) => {
    await skipUnless(context, hasNatsServer);
    await using world = WORLDS.nats();
    const [publisher, subscriber] = [await world.node("a"), await world.node("b")];
    const options = { reliable: true, history: { messages: 10 }, latest: true } as const;
    const reader = new Reader(subscriber.channel("c", options));
    await whenReceiving(world, subscriber.transport);
    const channel = publisher.channel("c", options);
    for (let i = 0; i < 100; i++) channel.publish(Buffer.from(`${i}`));
    await world.until(() => reader.texts.length === 100, "all messages");
    expect(reader.numbers).toEqual(countTo(100));
    expect(channel.statistics().reliable).toMatchObject({ keptBytes: 0, sender: { questions: 0 } });
    expect(reader.counters).toMatchObject({ questions: 0, missing: 0 });
  });
});
