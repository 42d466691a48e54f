// What every transport does, on each of them.
import { type ChannelReceiver, type ChannelTransport, multicastGroupForChannel, type ReceivedPacket } from "@groupcast/channels";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hasNatsServer } from "../../support/channels/nats-server.js";
import { WORLDS, type World, whenReceiving } from "../../support/channels/worlds.js";
import { skipUnless } from "../../support/probe.js";

/** Takes packets, and tells what was in them. */
class Recorder implements ChannelReceiver {
  readonly packets: ReceivedPacket[] = [];

  packetReceived(packet: ReceivedPacket): void {
    this.packets.push(packet);
  }

  get texts(): string[] {
    return this.packets.map(({ payload }) => payload.toString());
  }
}

/** Two names on one multicast group; found by trying. */
function collidingNames(): [string, string] {
  const byGroup = new Map<string, string>();
  for (let i = 0; ; i++) {
    const name = `n${i}`;
    const group = multicastGroupForChannel(name);
    const other = byGroup.get(group);
    if (other !== undefined) return [other, name];
    byGroup.set(group, name);
  }
}

describe.each(Object.entries(WORLDS))("%s", (kind, makeWorld) => {
  let world: World;
  let alice: ChannelTransport;
  let bob: ChannelTransport;
  let fences = 0;

  beforeEach(async (context) => {
    if (kind === "nats") await skipUnless(context, hasNatsServer);
    world = makeWorld();
    alice = (await world.participant()).transport;
    bob = (await world.participant()).transport;
  });

  afterEach(() => world[Symbol.asyncDispose]());

  /** Receives a channel, and waits until whatever is sent from here on comes. */
  async function receiving(transport: ChannelTransport, channel: string): Promise<Recorder> {
    const recorder = new Recorder();
    transport.startReceiving(channel, recorder);
    await whenReceiving(world, transport);
    return recorder;
  }

  /** Waits for a fence on the same way: whatever was sent before it has come, or will not. */
  async function settled(recorder: Recorder, sender: ChannelTransport, channel: string): Promise<void> {
    const fence = `fence ${fences++}`;
    sender.openSender(channel).send(Buffer.from(fence));
    await world.until(() => recorder.texts.at(-1) === fence, "the fence");
    recorder.packets.pop();
  }

  test("a packet arrives with its channel, its payload, and numbers that count up", async () => {
    const recorder = await receiving(bob, "robot/pose");
    const sender = alice.openSender("robot/pose");
    for (const text of ["1", "2", "3"]) expect(sender.send(Buffer.from(text))).toBe(true);
    await settled(recorder, alice, "robot/pose");
    expect(recorder.texts).toEqual(["1", "2", "3"]);
    const [first, second, third] = recorder.packets.map(({ sequence }) => sequence!);
    expect([second! - first!, third! - first!]).toEqual([1, 2]);
    expect(recorder.packets.map(({ channel, isRelayed }) => ({ channel, isRelayed }))).toEqual(
      Array.from({ length: 3 }, () => ({ channel: "robot/pose", isRelayed: false })),
    );
  });

  test("the first packet of a sender has number 0", async () => {
    const recorder = await receiving(bob, "c");
    alice.openSender("c").send(Buffer.from("first"));
    await world.until(() => recorder.packets.length === 1, "the packet");
    expect(recorder.packets[0]!.sequence).toBe(0);
  });

  test("all packets of a sender have one source object, and other participants and channels have others", async () => {
    const recorder = await receiving(bob, "c");
    const carol = (await world.participant()).transport;
    for (const from of [alice, alice, carol]) from.openSender("c").send(Buffer.from("x"));
    await world.until(() => recorder.packets.length === 3, "three packets");
    const ids = recorder.packets.map(({ source }) => source.id);
    expect(new Set(ids).size).toBe(2);
    expect(new Set(recorder.packets.map(({ source }) => source)).size).toBe(2);
  });

  test("several senders of one channel are one source with one count", async () => {
    const recorder = await receiving(bob, "c");
    const [one, other] = [alice.openSender("c"), alice.openSender("c")];
    one.send(Buffer.from("1"));
    other.send(Buffer.from("2"));
    one.close();
    other.send(Buffer.from("3"));
    await settled(recorder, alice, "c");
    const first = recorder.packets[0]!.sequence!;
    expect(recorder.packets.map(({ sequence }) => sequence! - first)).toEqual([0, 1, 2]);
  });

  test("an empty payload arrives, and binary ones unchanged", async () => {
    const recorder = await receiving(bob, "c");
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const sender = alice.openSender("c");
    for (const payload of [Buffer.alloc(0), bytes]) sender.send(payload);
    await settled(recorder, alice, "c");
    expect(recorder.packets.map(({ payload }) => payload)).toEqual([Buffer.alloc(0), bytes]);
  });

  test("the longest payload arrives", async () => {
    const recorder = await receiving(bob, "c");
    const payload = Buffer.alloc(alice.maxPayloadBytes("c"), "x");
    alice.openSender("c").send(payload);
    await world.until(() => recorder.packets.length > 0, "the long packet");
    expect(recorder.packets[0]!.payload.equals(payload)).toBe(true);
  });

  test("a participant hears itself", async () => {
    const recorder = await receiving(alice, "c");
    alice.openSender("c").send(Buffer.from("x"));
    await settled(recorder, alice, "c");
    expect(recorder.texts).toEqual(["x"]);
  });

  test("send() delivers nothing before it returns", async () => {
    const recorder = await receiving(alice, "c");
    alice.openSender("c").send(Buffer.from("x"));
    expect(recorder.texts).toEqual([]);
    await settled(recorder, alice, "c");
    expect(recorder.texts).toEqual(["x"]);
  });

  test("send() copies: the payload may be changed when it returns", async () => {
    const recorder = await receiving(bob, "c");
    const payload = Buffer.from("before");
    alice.openSender("c").send(payload);
    payload.fill("!");
    await settled(recorder, alice, "c");
    expect(recorder.texts).toEqual(["before"]);
  });

  test("channels on one multicast group are told apart, and nothing comes twice", async () => {
    const [one, other] = collidingNames();
    const ones = await receiving(bob, one);
    const others = await receiving(bob, other);
    ones.packets.length = 0;
    alice.openSender(one).send(Buffer.from("1"));
    alice.openSender(other).send(Buffer.from("2"));
    await settled(others, alice, other);
    await settled(ones, alice, one);
    expect([ones.texts, others.texts]).toEqual([["1"], ["2"]]);
  });

  test("leaving one of two channels on a group leaves the other", async () => {
    const [one, other] = collidingNames();
    const ones = await receiving(bob, one);
    const others = await receiving(bob, other);
    bob.stopReceiving(one, ones);
    ones.packets.length = 0;
    alice.openSender(one).send(Buffer.from("1"));
    alice.openSender(other).send(Buffer.from("2"));
    await settled(others, alice, other);
    expect([ones.texts, others.texts]).toEqual([[], ["2"]]);
  });

  test("stopReceiving() ends delivery at once, and other receivers of the channel go on", async () => {
    const stays = await receiving(bob, "c");
    const leaves = new Recorder();
    bob.startReceiving("c", leaves);
    alice.openSender("c").send(Buffer.from("1"));
    await settled(stays, alice, "c");
    leaves.packets.length = 1;
    bob.stopReceiving("c", leaves);
    alice.openSender("c").send(Buffer.from("2"));
    await settled(stays, alice, "c");
    expect([stays.texts, leaves.texts]).toEqual([["1", "2"], ["1"]]);
  });

  test.each(["Hello World", "a.b/*/>", "%2E", "back\\slash", "x".repeat(255)])("a channel may be called %j", async (name) => {
    const recorder = await receiving(bob, name);
    alice.openSender(name).send(Buffer.from("x"));
    await settled(recorder, alice, name);
    expect(recorder.packets).toMatchObject([{ channel: name }]);
  });

  test("a packet that is sent for a relay says that it came through one", async () => {
    const recorder = await receiving(bob, "c");
    const envelope = { origin: "far", source: "0123456789abcdef", sequence: 7, hops: 1, via: "fedcba9876543210" };
    alice.openSender("c", "relay").send(Buffer.from("x"), envelope);
    await world.until(() => recorder.packets.length > 0, "the packet");
    expect(recorder.packets).toMatchObject([{ isRelayed: true }]);
  });

  test("statistics() count what was sent and received", async () => {
    const before = alice.statistics();
    const recorder = await receiving(bob, "c");
    const { sent } = alice.statistics();
    const { received } = bob.statistics();
    alice.openSender("c").send(Buffer.from("x"));
    await settled(recorder, alice, "c");
    expect(before).toEqual({ sent: 0, dropped: 0, unconfirmed: 0, received: 0, foreign: 0, malformed: 0 });
    expect([alice.statistics().sent - sent, bob.statistics().received - received]).toEqual([2, 2]);
  });

  test("close() ends delivery, and refuses what comes after with ERR_TRANSPORT_CLOSED", async () => {
    const other = await receiving(alice, "c");
    const recorder = await receiving(bob, "c");
    const sender = bob.openSender("c");
    const closed = bob.close();
    expect(bob.close()).toBe(closed);
    alice.openSender("c").send(Buffer.from("x"));
    await settled(other, alice, "c");
    expect(other.texts).toContain("x");
    await closed;
    expect(recorder.texts).toEqual([]);
    const refusal = expect.objectContaining({ code: "ERR_TRANSPORT_CLOSED" });
    expect(() => sender.send(Buffer.from("x"))).toThrow(refusal);
    expect(() => bob.openSender("c")).toThrow(refusal);
    expect(() => bob.startReceiving("c", recorder)).toThrow(refusal);
  });

  test("what was sent leaves, though the transport closes at once", async () => {
    const recorder = await receiving(bob, "c");
    const sender = alice.openSender("c");
    for (let i = 0; i < 20; i++) sender.send(Buffer.from(`${i}`));
    await Promise.all([alice.close(), world.until(() => recorder.packets.length === 20, "twenty packets")]);
    expect(recorder.texts.at(-1)).toBe("19");
  });
});
