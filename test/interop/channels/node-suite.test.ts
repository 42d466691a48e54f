// What nodes and channels do, on every transport.
import { randomBytes } from "node:crypto";
import type { ChannelMessage, ChannelNode, StandardSchema } from "@groupcast/channels";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hasNatsServer } from "../../support/channels/nats-server.js";
import { WORLDS, type World, whenReceiving } from "../../support/channels/worlds.js";
import { skipUnless } from "../../support/probe.js";

/** { x: number }, as a library of schemas would check it. */
const poseSchema: StandardSchema<{ x: number }, { x: number }> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      typeof (value as { x?: unknown } | null)?.x === "number" ? { value: value as { x: number } } : { issues: [{ message: "no x" }] },
  },
};

describe.each(Object.entries(WORLDS))("%s", (kind, makeWorld) => {
  let world: World;
  let alice: ChannelNode;
  let bob: ChannelNode;
  const nodes: ChannelNode[] = [];

  beforeEach(async (context) => {
    if (kind === "nats") await skipUnless(context, hasNatsServer);
    world = makeWorld();
    alice = await node("alice");
    bob = await node("bob");
  });

  afterEach(async () => {
    for (const one of nodes.splice(0)) await one.close();
    await world[Symbol.asyncDispose]();
  });

  async function node(name: string, options: { namespace?: string; heartbeatMs?: number } = {}): Promise<ChannelNode> {
    const made = await world.node(name, options);
    nodes.push(made);
    return made;
  }

  /** Alice publishes on a channel with these options, and bob subscribes; what he gets. */
  async function connected<T>(options: object = {}, name = "c") {
    const got: [data: T, message: ChannelMessage][] = [];
    const from = alice.channel(name, options as { codec: "json" });
    const to = bob.channel(name, options as { codec: "json" });
    to.subscribe((data, message) => void got.push([data as T, message]));
    await whenReceiving(world, bob.transport);
    return { got, from, to };
  }

  test("publish() and subscribe() by name: the message comes with its channel, its source, in order", async () => {
    const { got, from } = await connected<Buffer>({}, "robot/pose");
    expect(from.publish(Buffer.from("x"))).toBe(true);
    await world.until(() => got.length === 1, "the message");
    const [data, message] = got[0]!;
    expect(data.toString()).toBe("x");
    expect(message).toEqual({
      channel: "robot/pose",
      from: expect.objectContaining({ id: expect.any(String) }),
      lead: 1,
      lost: 0,
      isRelayed: false,
    });
  });

  test("for await yields messages, and ends with the node", async () => {
    const { from, to } = await connected<Buffer>();
    const texts: string[] = [];
    const reading = (async () => {
      for await (const [data] of to) if (texts.push(String(data)) === 2) void bob.close();
    })();
    from.publish(Buffer.from("1"));
    from.publish(Buffer.from("2"));
    await world.until(() => texts.length === 2, "two messages");
    await reading;
    expect(texts).toEqual(["1", "2"]);
  });

  test("unsubscribe() ends delivery, and the other subscribers go on", async () => {
    const { got, from, to } = await connected<Buffer>();
    const seen: string[] = [];
    const subscription = to.subscribe((data) => {
      seen.push(String(data));
      subscription.unsubscribe();
    });
    from.publish(Buffer.from("1"));
    from.publish(Buffer.from("2"));
    await world.until(() => got.length === 2, "two messages");
    expect(seen).toEqual(["1"]);
    expect(to.isSubscribed).toBe(true);
  });

  test("json with a schema: values come as they were, what does not fit is an undecodable event and no message", async () => {
    const options = { codec: "json", schema: poseSchema };
    const { got, to, from } = await connected<{ x: number }>(options);
    const undecodable: string[] = [];
    to.on("undecodable", ({ data, error }) => undecodable.push(`${data} ${(error as Error).name}`));
    const raw = (await node("mallory")).channel("c");
    for (const text of ['{"x":"1"}', "no JSON"]) raw.publish(Buffer.from(text));
    await world.until(() => undecodable.length === 2, "two undecodable messages");
    from.publish({ x: 7 });
    await world.until(() => got.length === 1, "the message");
    expect(got[0]![0]).toEqual({ x: 7 });
    expect(undecodable).toEqual(['{"x":"1"} SchemaMismatchError', "no JSON SyntaxError"]);
    expect(to.statistics().undecodable).toBe(2);
    expect(() => from.publish({ x: "7" })).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_TYPE" }));
  });

  test("text comes as text", async () => {
    const { got, from } = await connected<string>({ codec: "text" });
    from.publish("Hällo");
    await world.until(() => got.length === 1, "the message");
    expect(got[0]![0]).toBe("Hällo");
  });

  test("a codec of one's own makes and reads the bytes", async () => {
    const codec = { name: "count", encode: (value: number) => Buffer.of(value), decode: (bytes: Buffer) => bytes[0] };
    const { got, from } = await connected<number>({ codec });
    from.publish(42);
    await world.until(() => got.length === 1, "the message");
    expect(got[0]![0]).toBe(42);
  });

  test("a sealed channel: who has the key reads, who has another or none counts", async () => {
    const seal = { keys: { 1: randomBytes(32) }, current: 1 };
    const { got, from, to } = await connected<Buffer>({ seal });
    const eve = (await node("eve")).channel("c", { seal: { keys: { 1: randomBytes(32) }, current: 1 } });
    const mallory = (await node("mallory")).channel("c");
    const read: string[] = [];
    eve.subscribe((data) => void read.push(data.toString()));
    mallory.subscribe((data) => void read.push(data.toString()));
    for (const { transport } of nodes) await whenReceiving(world, transport);
    from.publish(Buffer.from("secret"));
    await world.until(() => got.length === 1 && eve.statistics().unopened === 1 && read.length === 1, "what each can make of it");
    expect(got[0]![0].toString()).toBe("secret");
    expect(read.join()).not.toContain("secret");
    mallory.publish(Buffer.from("forged"));
    await world.until(() => to.statistics().unopened === 1, "the forged message to be counted");
    expect(got).toHaveLength(1);
  });

  test("a sealed channel with challenges: nodes without a clock hear one another from the answer on", async () => {
    const seal = { keys: { 1: randomBytes(32) }, current: 1, challenge: true, now: () => Number.NaN };
    const { got, from, to } = await connected<Buffer>({ seal });
    from.publish(Buffer.from("makes the receiver ask"));
    await world.until(() => to.seal!.challenges()!.proven === 1, "an answer");
    from.publish(Buffer.from("heard"));
    await world.until(() => got.length === 1, "the message");
    expect([got[0]![0].toString(), to.statistics().stale]).toEqual(["heard", 1]);
  });

  test.each([{ isSealed: false }, { isSealed: true }])(
    "fragment: true carries a message of a megabyte, sealed: $isSealed",
    async ({ isSealed }) => {
      const seal = isSealed ? { keys: { 1: randomBytes(32) }, current: 1 } : undefined;
      const { got, from } = await connected<Buffer>({ fragment: true, ...(seal && { seal }) });
      const big = randomBytes(1_000_000);
      expect(from.publish(big)).toBe(true);
      expect(from.publish(Buffer.from("behind it"))).toBe(true);
      await world.until(() => got.length === 2, "both messages");
      expect(got[0]![0].equals(big)).toBe(true);
      expect(got.map(([, { lead, lost }]) => ({ lead, lost }))).toEqual([
        { lead: 1, lost: 0 },
        { lead: 1, lost: 0 },
      ]);
    },
  );

  test("a message that is too long is refused with ERR_CHANNEL_MESSAGE_TOO_LONG, and says what fits", () => {
    const channel = alice.channel("c");
    const maxBytes = alice.transport.maxPayloadBytes("c");
    const publish = () => channel.publish(Buffer.alloc(maxBytes + 1));
    expect(publish).toThrow(expect.objectContaining({ code: "ERR_CHANNEL_MESSAGE_TOO_LONG", lengthBytes: maxBytes + 1, maxBytes }));
    expect(channel.publish(Buffer.alloc(maxBytes))).toBe(true);
  });

  test("namespaces: relative names begin in theirs, absolute ones at the root", async () => {
    const carol = await node("carol", { namespace: "robot" });
    const names = [
      carol.channel("pose"),
      carol.channel("/pose"),
      carol.namespace("arm").channel("pose"),
      carol.namespace("arm").channel("../pose"),
    ];
    expect(names.map(({ name }) => name)).toEqual(["robot/pose", "pose", "robot/arm/pose", "robot/pose"]);
    expect(names[3]).toBe(names[0]);
  });

  test("channel() refuses options for a channel that is open", () => {
    alice.channel("c");
    expect(() => alice.channel("c", { codec: "text" })).toThrow(expect.objectContaining({ code: "ERR_CHANNEL_OPEN", channel: "c" }));
  });

  test("a subscriber that throws, or rejects, is an error event of its node; the others get the message", async () => {
    const { got, from, to } = await connected<Buffer>();
    const errors: string[] = [];
    bob.on("error", (error) => errors.push(error.message));
    to.subscribe(() => {
      throw new Error("thrown");
    });
    to.subscribe(() => Promise.reject(new Error("rejected")));
    const last: string[] = [];
    to.subscribe((data) => void last.push(String(data)));
    from.publish(Buffer.from("x"));
    await world.until(() => got.length === 1 && errors.length === 2, "the message, and two errors");
    expect(errors).toEqual(["thrown", "rejected"]);
    expect(last).toEqual(["x"]);
    expect(to.statistics().failed).toBe(2);
  });

  test("channel.close() ends one channel: its name opens again with other options, and counts from the beginning", async () => {
    const { got, from, to } = await connected<Buffer>();
    from.publish(Buffer.from("1"));
    from.publish(Buffer.from("2"));
    await world.until(() => got.length === 2, "two messages");
    const closing = [from.close(), to.close()];
    await world.until(() => [from, to].every(({ isClosed }) => isClosed), "both ends");
    const texts: [string, ChannelMessage][] = [];
    bob.channel("c", { codec: "text" }).subscribe((text, message) => void texts.push([text, message]));
    await whenReceiving(world, bob.transport);
    alice.channel("c", { codec: "text" }).publish("3");
    await world.until(() => texts.length === 1, "the message after it");
    expect(texts[0]).toMatchObject(["3", { lead: 1, lost: 0 }]);
    await Promise.all(closing);
    expect([got.length, to.statistics().received]).toEqual([2, 2]);
  });

  test("subscription.pause() holds messages back, resume() delivers them in order", async () => {
    const { got, from, to } = await connected<Buffer>();
    const seen: string[] = [];
    const subscription = to.subscribe((data) => void seen.push(String(data)), { capacity: 2 });
    subscription.pause();
    for (const text of ["1", "2", "3"]) from.publish(Buffer.from(text));
    await world.until(() => got.length === 3, "three messages");
    expect([seen, subscription.waiting, subscription.dropped]).toEqual([[], 2, 1]);
    subscription.resume();
    from.publish(Buffer.from("4"));
    await world.until(() => seen.length === 3, "what waited, and one more");
    expect([seen, to.statistics().discarded]).toEqual([["2", "3", "4"], 1]);
  });

  test("channel.publishers and .subscribers are the nodes at the other end, until they close the channel", async () => {
    const [carol, dave] = [await node("carol", { heartbeatMs: 50 }), await node("dave", { heartbeatMs: 50 })];
    const changes: string[] = [];
    const watched = carol.channel("c");
    for (const role of ["publisher", "subscriber"] as const) {
      watched.on(role, ({ change, node: { name }, reason }) => changes.push(`${role} ${name} ${change} ${reason ?? ""}`.trim()));
    }
    dave.channel("c").publish(Buffer.from("x"));
    await world.until(() => watched.publishers.length === 1, "a publisher");
    dave.channel("c").subscribe(() => {});
    await world.until(() => watched.subscribers.length === 1, "a subscriber");
    const closed = dave.channel("c").close();
    await world.until(() => watched.publishers.length + watched.subscribers.length === 0, "both to be gone");
    await closed;
    expect(changes).toEqual([
      "publisher dave appeared",
      "subscriber dave appeared",
      "publisher dave gone stopped",
      "subscriber dave gone stopped",
    ]);
  });

  test("nodes find one another, tell what they use, and say good-bye", async () => {
    const changes: string[] = [];
    const carol = await node("carol", { heartbeatMs: 50 });
    carol.on("node", ({ change, node: { name } }) => changes.push(`${change} ${name}`));
    const dave = await node("dave", { heartbeatMs: 50 });
    dave.channel("pose").subscribe(() => {});
    dave.channel("image").publish(Buffer.from("x"));
    dave.channel("unused");
    const uses = () => carol.nodes.find(({ name }) => name === "dave")?.channels ?? [];
    await world.until(() => uses().length === 2, "two channels");
    expect(uses()).toEqual(
      expect.arrayContaining([
        { name: "pose", isPublished: false, isSubscribed: true },
        { name: "image", isPublished: true, isSubscribed: false },
      ]),
    );
    await world.until(() => dave.nodes.some(({ name }) => name === "carol"), "dave to know carol");
    void dave.close();
    await world.until(() => changes.at(-1) === "gone dave", "the good-bye");
    expect(changes[0]).toBe("appeared dave");
  });

  test("close() refuses what comes after with ERR_NODE_CLOSED, and is the same promise every time", async () => {
    const channel = alice.channel("c");
    channel.publish(Buffer.from("x"));
    const closed = alice.close();
    expect(alice.close()).toBe(closed);
    const refusal = expect.objectContaining({ code: "ERR_NODE_CLOSED" });
    expect(() => channel.publish(Buffer.from("x"))).toThrow(refusal);
    expect(() => channel.subscribe(() => {})).toThrow(refusal);
    expect(() => alice.channel("d")).toThrow(refusal);
    await closed;
  });
});
