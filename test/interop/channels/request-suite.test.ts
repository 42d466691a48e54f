// Questions and answers, on every transport.
import { randomBytes } from "node:crypto";
import type { ChannelNode } from "@groupcast/channels";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hasNatsServer } from "../../support/channels/nats-server.js";
import { WORLDS, type World, whenReceiving } from "../../support/channels/worlds.js";
import { skipUnless } from "../../support/probe.js";

describe.each(Object.entries(WORLDS))("%s", (kind, makeWorld) => {
  let world: World;
  let alice: ChannelNode;
  let bob: ChannelNode;
  let carol: ChannelNode;

  beforeEach(async (context) => {
    if (kind === "nats") await skipUnless(context, hasNatsServer);
    world = makeWorld();
    [alice, bob, carol] = [await world.node("alice"), await world.node("bob"), await world.node("carol")];
  });

  afterEach(async () => {
    for (const node of [alice, bob, carol]) await node?.close();
    await world[Symbol.asyncDispose]();
  });

  /** Waits for a promise, while time passes. */
  async function settled<T>(promise: Promise<T>): Promise<PromiseSettledResult<T>> {
    let result: PromiseSettledResult<T> | undefined;
    void Promise.allSettled([promise]).then(([outcome]) => {
      result = outcome;
    });
    await world.until(() => result !== undefined, "the outcome");
    return result!;
  }

  test("request() resolves to the answer, with its facts and its responder; subscribers see neither question nor answer", async () => {
    const seen: string[] = [];
    const [sum, bobs, carols] = [alice, bob, carol].map((node) => node.channel<number[] | number>("sum", { codec: "json" }));
    for (const channel of [sum!, bobs!, carols!]) channel.subscribe((value) => void seen.push(`${value}`));
    bobs!.respond((terms) => (terms as number[]).reduce((a, b) => a + b));
    await whenReceiving(world, bob.transport);
    await whenReceiving(world, carol.transport);
    const answer = await settled(sum!.request([1, 2, 3]));
    expect(answer).toMatchObject({
      status: "fulfilled",
      value: { data: 6, message: { channel: "sum", isRelayed: false }, responder: { name: "bob", session: bob.session } },
    });
    sum!.publish(7); // the fence: had the question or the answer come as messages, they would have come before
    await world.until(() => seen.length === 3, "the fence at all three");
    expect(seen).toEqual(["7", "7", "7"]);
  });

  test("what a responder throws reaches the asker with its code and message", async () => {
    bob.channel("door", { codec: "text" }).respond(() => {
      throw Object.assign(new Error("locked since noon"), { code: "ERR_LOCKED" });
    });
    await whenReceiving(world, bob.transport);
    const outcome = await settled(alice.channel("door", { codec: "text" }).request("open"));
    expect(outcome).toMatchObject({
      status: "rejected",
      reason: { code: "ERR_CHANNEL_ANSWER", answerCode: "ERR_LOCKED", answerMessage: "locked since noon", responder: "bob" },
    });
  });

  test("requestMany() yields one answer of each responder, and ends with the last that is awaited", async () => {
    for (const node of [bob, carol]) {
      node.channel("who", { codec: "text" }).respond(async (greeting) => `${greeting} ${node.name}`);
      await whenReceiving(world, node.transport);
    }
    const stream = alice.channel("who", { codec: "text" }).requestMany("hello", { maxAnswers: 2, timeoutMs: 4000 });
    const answers: string[] = [];
    const reading = (async () => {
      for await (const { data } of stream) answers.push(data);
    })();
    expect((await settled(reading)).status).toBe("fulfilled");
    expect(answers.sort()).toEqual(["hello bob", "hello carol"]);
  });

  test("request() on a sealed channel is answered by who has the key, and by nobody else", async () => {
    const seal = { keys: { 1: randomBytes(32) }, current: 1 };
    const asked: string[] = [];
    carol.channel("plans", { codec: "text" }).respond((text) => {
      asked.push(text);
      return "forged";
    });
    bob.channel("plans", { codec: "text", seal }).respond((text, { sender }) => `${text} by ${sender?.length}`);
    for (const node of [bob, carol]) await whenReceiving(world, node.transport);
    const outcome = await settled(alice.channel("plans", { codec: "text", seal }).request("noon"));
    expect(outcome).toMatchObject({
      status: "fulfilled",
      value: { data: "noon by 32", message: { sender: expect.stringMatching(/^[0-9a-f]{32}$/) } },
    });
    expect(asked).toEqual([]);
    expect(carol.channel("plans").requestStatistics().malformed).toBeGreaterThan(0);
  });

  test("a fragmented channel asks and answers what fits no packet", async () => {
    const long = "x".repeat(200_000);
    bob.channel("text", { codec: "text", fragment: true }).respond((text) => text.toUpperCase());
    await whenReceiving(world, bob.transport);
    const outcome = await settled(alice.channel("text", { codec: "text", fragment: true }).request(long));
    expect(outcome.status === "fulfilled" && outcome.value.data === long.toUpperCase()).toBe(true);
  });

  test("request() rejects with a time-out when nobody answers", async () => {
    const outcome = await settled(alice.channel("void").request(Buffer.from("?"), { timeoutMs: 50, attempts: 2 }));
    expect(outcome).toMatchObject({
      status: "rejected",
      reason: { code: "ERR_CHANNEL_REQUEST_TIMEOUT", attempts: 2, responders: undefined },
    });
  });

  test("parametersOf() reads, sets and watches what another node has, and its refusal comes back", async () => {
    const changes: unknown[] = [];
    const parameters = { level: { value: 1, maximum: 9, settable: true }, serial: { value: "A1" } } as const;
    const owner = await world.node("owner", { parameters });
    await whenReceiving(world, owner.transport);
    const remote = alice.parametersOf(owner.session);
    const watching = await settled(remote.watch(({ name, value }) => void changes.push([name, value])));
    expect(watching.status).toBe("fulfilled");
    expect(await settled(remote.set("level", 5))).toMatchObject({ value: 5 });
    expect(await settled(remote.get("level"))).toMatchObject({ value: 5 });
    expect(await settled(remote.set("level", 10))).toMatchObject({ reason: { code: "ERR_PARAMETER_RANGE", reason: "10 is more than 9" } });
    expect(await settled(remote.set("serial", "A2"))).toMatchObject({ reason: { code: "ERR_PARAMETER_NOT_SETTABLE" } });
    await world.until(() => changes.length === 1, "the change");
    expect(changes).toEqual([["level", 5]]);
    await owner.close();
  });
});
