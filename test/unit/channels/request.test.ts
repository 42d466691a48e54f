// Questions and answers on the network in memory, where time is the test's.
import { randomBytes } from "node:crypto";
import { runInNewContext } from "node:vm";
import type { Channel, ChannelNode } from "@groupcast/channels";
import { describe, expect, test } from "vitest";
import { MemorySite } from "../../support/channels/memory-site.js";

const ASK = "__groupcast_ask/c";
const ANSWER = "__groupcast_answer/c";

/** Two nodes with the channel "c" of texts. */
class Pair {
  readonly site = new MemorySite();
  readonly asking: ChannelNode;
  readonly answering: ChannelNode;
  readonly asker: Channel<string, string>;
  readonly responder: Channel<string, string>;

  constructor(heartbeatMs = 0) {
    this.asking = this.site.node("a", { ttl: 1, heartbeatMs });
    this.answering = this.site.node("b", { ttl: 1, heartbeatMs });
    this.asker = this.asking.channel("c", { codec: "text" });
    this.responder = this.answering.channel("c", { codec: "text" });
  }

  pass(ms: number): Promise<void> {
    return this.site.network.clock.advance(ms);
  }

  /** The outcome of a promise, once time has passed. */
  async outcome<T>(promise: Promise<T>, ms = 10): Promise<PromiseSettledResult<T>> {
    const [[result]] = await Promise.all([Promise.allSettled([promise]), this.pass(ms)]);
    return result!;
  }

  /** Packets on a channel. */
  packets(channel: string): Buffer[] {
    const packets: Buffer[] = [];
    this.site
      .node("observer", { ttl: 1 })
      .channel(channel)
      .subscribe((data) => void packets.push(Buffer.from(data)));
    return packets;
  }
}

test("a codec may answer with bytes of another realm, as test runners have", async () => {
  const site = new MemorySite();
  const encode = (): Uint8Array => runInNewContext("Uint8Array.of(121, 101, 115)") as Uint8Array;
  const codec = { name: "realm", encode, decode: (bytes: Buffer) => bytes.toString() };
  const [asker, responder] = ["a", "b"].map((name) => site.node(name, { ttl: 1, heartbeatMs: 0 }).channel("c", { codec }));
  responder!.respond(() => "yes");
  const [[result]] = await Promise.all([Promise.allSettled([asker!.request("?")]), site.network.clock.advance(10)]);
  expect(result).toMatchObject({ status: "fulfilled", value: { data: "yes" } });
});

describe("channel.request()", () => {
  test("is sent again after 1 to 1.5 s, then 2 to 3 s, and rejects after 7 s", async () => {
    const pair = new Pair();
    const questions = pair.packets(ASK);
    const request = pair.asker.request("?");
    const rejection = expect(request).rejects.toMatchObject({ code: "ERR_CHANNEL_REQUEST_TIMEOUT", attempts: 3, timeoutMs: 7000 });
    const counts: number[] = [];
    for (const ms of [990, 520, 1480, 1530, 2470]) {
      await pair.pass(ms);
      counts.push(questions.length);
    }
    expect(counts).toEqual([1, 2, 2, 3, 3]);
    await pair.pass(20);
    await rejection;
    expect(new Set(questions.map(String)).size).toBe(1); // the same question
    expect(pair.asker.requestStatistics()).toMatchObject({ requests: 1, pending: 0, timedOut: 1, retransmissions: 2, answered: 0 });
  });

  test("calls the responder once for a question that comes again, and answers from memory", async () => {
    const pair = new Pair();
    let calls = 0;
    pair.responder.respond(() => `call ${++calls}`);
    const questions = pair.packets(ASK);
    const answers = pair.packets(ANSWER);
    await pair.outcome(pair.asker.request("?"));
    const again = pair.site.node("m", { ttl: 1 }).channel(ASK);
    for (let i = 0; i < 20; i++) again.publish(questions[0]!);
    await pair.pass(10);
    expect([calls, answers.length]).toEqual([1, 17]); // the first answer, and 16 more at most
    expect(new Set(answers.map(String)).size).toBe(1);
    expect(pair.responder.requestStatistics()).toMatchObject({ questions: 1, answers: 1, repeatedQuestions: 20, resent: 16 });
  });

  test("calls the responder once for a question that comes again while the call is pending", async () => {
    const pair = new Pair();
    let calls = 0;
    let answer = (_: string): void => {};
    const answering = pair.responder.respond(() => {
      calls++;
      return new Promise<string>((resolve) => {
        answer = resolve;
      });
    });
    const request = pair.asker.request("?");
    await pair.pass(1600);
    expect([calls, answering.pending, pair.responder.requestStatistics().repeatedQuestions]).toEqual([1, 1, 1]);
    answer("late");
    expect(await pair.outcome(request)).toMatchObject({ status: "fulfilled", value: { data: "late" } });
    expect([answering.pending, pair.responder.requestStatistics().running]).toEqual([0, 0]);
  });

  test("says how many responders are known by their heartbeats", async () => {
    const pair = new Pair(1000);
    expect(await pair.outcome(pair.asker.request("?", { timeoutMs: 100 }), 200)).toMatchObject({ reason: { responders: 0 } });
    const responding = pair.responder.respond(() => new Promise(() => {}));
    await pair.pass(100);
    expect(pair.asker.responders.map(({ name }) => name)).toEqual(["b"]);
    expect(await pair.outcome(pair.asker.request("?", { timeoutMs: 100 }), 200)).toMatchObject({ reason: { responders: 1 } });
    responding.close();
    await pair.pass(100);
    expect(pair.asker.responders).toEqual([]);
  });

  test.each(["channel", "node"] as const)("rejects when its %s closes, and its sockets with it", async (what) => {
    const pair = new Pair();
    const request = pair.asker.request("?");
    const code = what === "node" ? "ERR_NODE_CLOSED" : "ERR_CHANNEL_CLOSED";
    const rejection = expect(request).rejects.toMatchObject({ code, operation: "request", channel: "c" });
    expect(pair.site.reactor("a").ports).toHaveLength(2);
    const closed = (what === "node" ? pair.asking : pair.asker).close();
    await rejection;
    await expect(pair.asker.request("?")).rejects.toMatchObject({ code });
    expect(() => pair.asker.respond(() => "")).toThrow(expect.objectContaining({ code }));
    await expect(pair.asker.requestMany("?").next()).rejects.toMatchObject({ code });
    await pair.pass(100);
    await closed;
    expect(pair.site.reactor("a").ports).toHaveLength(what === "node" ? 0 : 1); // the node's receiver stays
  });

  test("rejects with the reason of its signal, before and while it waits", async () => {
    const pair = new Pair();
    const controller = new AbortController();
    const request = pair.asker.request("?", { signal: controller.signal });
    const rejection = expect(request).rejects.toBe("enough");
    controller.abort("enough");
    await rejection;
    await expect(pair.asker.request("?", { signal: controller.signal })).rejects.toBe("enough");
    expect(pair.asker.requestStatistics()).toMatchObject({ requests: 1, pending: 0, timedOut: 0 });
  });

  test("refuses the 1,025th request of a node, over all its channels", async () => {
    const pair = new Pair();
    const controller = new AbortController();
    const { signal } = controller;
    const pending = Array.from({ length: 1024 }, () => pair.asker.request("?", { signal }));
    const other = pair.asking.channel("d", { codec: "text" });
    await expect(other.request("?")).rejects.toMatchObject({ code: "ERR_CHANNEL_REQUESTS", channel: "d" });
    const settled = Promise.allSettled(pending);
    controller.abort();
    await settled;
    const next = pair.asker.request("?", { timeoutMs: 5 });
    expect(await pair.outcome(next)).toMatchObject({ reason: { code: "ERR_CHANNEL_REQUEST_TIMEOUT" } });
  });

  test("takes names of 236 characters, and refuses longer ones", async () => {
    const pair = new Pair();
    const [longest, longer] = ["x".repeat(236), "x".repeat(237)];
    pair.answering.channel(longest, { codec: "text" }).respond(() => "fits");
    expect(await pair.outcome(pair.asking.channel(longest, { codec: "text" }).request("?"))).toMatchObject({ value: { data: "fits" } });
    await expect(pair.asking.channel(longer).request(Buffer.of())).rejects.toMatchObject({ code: "ERR_CHANNEL_ASKED_NAME" });
    expect(() => pair.asking.channel(longer).respond(() => Buffer.of())).toThrow(
      expect.objectContaining({ code: "ERR_CHANNEL_ASKED_NAME" }),
    );
  });

  test("takes names of 213 characters on channels with challenges, whose companions have longer names each, and refuses longer ones", async () => {
    const pair = new Pair();
    const seal = { keys: { 1: randomBytes(32) }, current: 1, challenge: true };
    const [longest, longer] = ["x".repeat(213), "x".repeat(214)];
    pair.answering.channel(longest, { codec: "text", seal }).respond(() => "fits");
    expect(await pair.outcome(pair.asking.channel(longest, { codec: "text", seal }).request("?"))).toMatchObject({
      value: { data: "fits" },
    });
    const refused = pair.asking.channel(longer, { seal });
    await expect(refused.request(Buffer.of())).rejects.toMatchObject({ code: "ERR_CHANNEL_ASKED_NAME" });
    expect(() => refused.respond(() => Buffer.of())).toThrow(expect.objectContaining({ code: "ERR_CHANNEL_ASKED_NAME" }));
  });

  test("is answered at the third attempt between hosts without a clock, and at the first from then on", async () => {
    const pair = new Pair();
    const seal = { keys: { 1: randomBytes(32) }, current: 1, challenge: true, now: () => Number.NaN };
    const [asker, responder] = [pair.asking, pair.answering].map((node) => node.channel("dark", { codec: "text", seal }));
    let calls = 0;
    responder!.respond(() => `${++calls}`);
    expect(await pair.outcome(asker!.request("?"), 6000)).toMatchObject({ value: { data: "1" } });
    expect(asker!.requestStatistics()).toMatchObject({ retransmissions: 2, answered: 1 });
    expect(await pair.outcome(asker!.request("?"))).toMatchObject({ value: { data: "2" } });
    expect(asker!.requestStatistics()).toMatchObject({ retransmissions: 2, answered: 2 });
  });

  test("refuses a question that fits no packet with its own length, and is no longer pending", async () => {
    const pair = new Pair();
    const request = pair.asker.request("x".repeat(70_000));
    await expect(request).rejects.toMatchObject({
      code: "ERR_CHANNEL_MESSAGE_TOO_LONG",
      operation: "request",
      channel: "c",
      lengthBytes: 70_000,
    });
    expect(pair.asker.requestStatistics().pending).toBe(0);
  });

  test.each([
    [{ timeoutMs: 0 }, "ERR_ARGUMENT_RANGE"],
    [{ attempts: 17 }, "ERR_ARGUMENT_RANGE"],
    [{ signal: {} }, "ERR_ARGUMENT_TYPE"],
    [{ timeout: 5 }, "ERR_OPTION_UNKNOWN"],
  ])("refuses %o", async (options, code) => {
    const pair = new Pair();
    await expect(pair.asker.request("?", options as never)).rejects.toMatchObject({ code, operation: "request" });
    expect(() => pair.asker.requestMany("?", options as never)).toThrow(expect.objectContaining({ code, operation: "requestMany" }));
    expect(pair.asker.requestStatistics().requests).toBe(0);
  });

  test("rejects with the codec's refusal of the question", async () => {
    const pair = new Pair();
    await expect(pair.asker.request(5 as never)).rejects.toMatchObject({ code: "ERR_ARGUMENT_TYPE" });
  });
});

describe("channel.requestMany()", () => {
  test("yields each responder's answer once, keeps errors apart, and ends at the time-out", async () => {
    const pair = new Pair();
    pair.responder.respond(() => "b");
    pair.site
      .node("d", { ttl: 1 })
      .channel("c", { codec: "text" })
      .respond(() => {
        throw new RangeError("never");
      });
    const stream = pair.asker.requestMany("?", { timeoutMs: 700 });
    const first = await pair.outcome(stream.next());
    expect(first).toMatchObject({ value: { done: false, value: { data: "b", responder: { name: "b" } } } });
    expect(await pair.outcome(stream.next(), 710)).toMatchObject({ value: { done: true } });
    expect(stream.errors).toMatchObject([
      { code: "ERR_CHANNEL_ANSWER", answerCode: "ERR_RESPONDER", answerMessage: "never", responder: "d" },
    ]);
    expect(pair.asker.requestStatistics()).toMatchObject({ retransmissions: 2, repeatedAnswers: 4, answered: 2, pending: 0, timedOut: 0 });
  });

  test("ends with the loop that is left: later answers are late", async () => {
    const pair = new Pair();
    pair.responder.respond(() => "b");
    const stream = pair.asker.requestMany("?");
    await stream.return();
    await pair.pass(10);
    expect(pair.asker.requestStatistics()).toMatchObject({ pending: 0, answered: 0, late: 1 });
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  test("rejects the next read with the reason of its signal", async () => {
    const pair = new Pair();
    const controller = new AbortController();
    const stream = pair.asker.requestMany("?", { signal: controller.signal });
    const next = expect(stream.next()).rejects.toBe("enough");
    controller.abort("enough");
    await next;
    expect(await stream.next()).toMatchObject({ done: true });
  });
});

describe("channel.respond()", () => {
  test("refuses a second responder of the node until the first is closed", async () => {
    const pair = new Pair();
    const first = pair.responder.respond(() => "first");
    expect(() => pair.responder.respond(() => "second")).toThrow(expect.objectContaining({ code: "ERR_CHANNEL_RESPONDER" }));
    first.close();
    first.close();
    expect(first.isActive).toBe(false);
    using second = pair.responder.respond(() => "second");
    expect(await pair.outcome(pair.asker.request("?"))).toMatchObject({ value: { data: "second" } });
    expect(second.isActive).toBe(true);
  });

  test("reports what a codec rejects with that is async by mistake, also when the responder does not look at the question", async () => {
    const pair = new Pair();
    const decode = () => Promise.reject(new Error("late refusal"));
    const codec = { name: "late", encode: (text: string) => Buffer.from(text), decode };
    pair.answering.channel("late", { codec: codec as never }).respond(() => "answer" as never);
    const asker = pair.asking.channel("late", { codec: "text" });
    expect(await pair.outcome(asker.request("?"))).toMatchObject({ value: { data: "answer" } });
    expect(pair.site.log.errors).toEqual([expect.objectContaining({ message: "late refusal" })]);
  });

  test("discards the answer of a call that is pending when it closes", async () => {
    const pair = new Pair();
    let answer = (_: string): void => {};
    const responding = pair.responder.respond(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    const answers = pair.packets(ANSWER);
    const request = pair.asker.request("?", { timeoutMs: 100, attempts: 1 });
    await pair.pass(10);
    responding.close();
    answer("too late");
    expect(await pair.outcome(request, 200)).toMatchObject({ reason: { code: "ERR_CHANNEL_REQUEST_TIMEOUT" } });
    expect([answers, pair.responder.requestStatistics()]).toMatchObject([[], { abandoned: 1, answers: 0, running: 0 }]);
  });

  test("cuts the message of an error at 1,024 bytes between characters, and sends no stack and no other code", async () => {
    const pair = new Pair();
    const thrown = Object.assign(new Error(`x${"ä".repeat(2000)}`), { code: "not one\n" });
    pair.responder.respond(() => Promise.reject(thrown));
    const answers = pair.packets(ANSWER);
    const outcome = await pair.outcome(pair.asker.request("?"));
    expect(outcome).toMatchObject({
      reason: { answerCode: "ERR_RESPONDER", answerMessage: `x${"ä".repeat(511)}`, session: pair.answering.session },
    });
    expect(String(answers[0])).not.toContain("request.test");
    expect(pair.responder.requestStatistics()).toMatchObject({ failed: 1, answers: 1 });
  });

  test("tells the asker when an answer is too long, or the codec refuses it or the question", async () => {
    const pair = new Pair();
    pair.responder.respond((text) => (text === "long" ? "x".repeat(70_000) : (5 as never)));
    expect(await pair.outcome(pair.asker.request("long"))).toMatchObject({ reason: { answerCode: "ERR_CHANNEL_MESSAGE_TOO_LONG" } });
    expect(await pair.outcome(pair.asker.request("five"))).toMatchObject({ reason: { answerCode: "ERR_ARGUMENT_TYPE" } });
    const undecodable: string[] = [];
    pair.responder.on("undecodable", ({ message }) => undecodable.push(message.channel));
    const bytes = pair.site.node("d", { ttl: 1 }).channel("c");
    expect((await pair.outcome(bytes.request(Buffer.of(0xff)))).status).toBe("rejected");
    expect([undecodable, pair.responder.statistics().undecodable]).toEqual([["c"], 1]);
  });

  test("drops questions beyond maxPending and counts them as busy; the asker's next attempt is answered", async () => {
    const pair = new Pair();
    const pending: ((answer: string) => void)[] = [];
    pair.responder.respond(() => new Promise((resolve) => pending.push(resolve)), { maxPending: 1 });
    const [first, second] = [pair.asker.request("1"), pair.asker.request("2")];
    await pair.pass(10);
    expect([pending.length, pair.responder.requestStatistics().busy]).toEqual([1, 1]);
    pending[0]!("one");
    await pair.pass(1600);
    pending[1]!("two");
    expect([await pair.outcome(first), await pair.outcome(second)]).toMatchObject([{ value: { data: "one" } }, { value: { data: "two" } }]);
  });

  test("leaves half of its calls to other askers", async () => {
    const pair = new Pair();
    pair.responder.respond(() => new Promise(() => {}), { maxPending: 8 });
    for (let i = 0; i < 6; i++) void pair.asker.request(`${i}`, { attempts: 1, timeoutMs: 100 }).catch(() => {});
    await pair.pass(10);
    expect(pair.responder.requestStatistics()).toMatchObject({ running: 4, busy: 2 });
    const other = pair.site.node("d", { ttl: 1 }).channel("c", { codec: "text" });
    void other.request("?", { attempts: 1, timeoutMs: 50 }).catch(() => {});
    await pair.pass(100);
    expect(pair.responder.requestStatistics()).toMatchObject({ running: 5, busy: 2 });
  });

  test("keeps a schema of questions and answers on both sides", async () => {
    const pair = new Pair();
    const rot = { name: "rot", encode: (value: number) => Buffer.of(value ^ 0xff), decode: (bytes: Buffer) => bytes[0]! ^ 0xff };
    pair.answering.channel("rot", { codec: rot }).respond((value) => value + 1);
    expect(await pair.outcome(pair.asking.channel("rot", { codec: rot }).request(4))).toMatchObject({ value: { data: 5 } });
  });
});

test("channel.seal.rotate() rotates the keys of questions and answers, of companions that are open and of later ones", async () => {
  const site = new MemorySite();
  const [old, next] = [randomBytes(32), randomBytes(32)];
  const options = { codec: "text", seal: { keys: { 1: old }, current: 1, now: () => 1e12 } } as const;
  const [a, b] = ["a", "b"].map((host) => site.node(host, { ttl: 1 }).channel("c", options));
  b!.respond((text) => `${text}!`);
  const first = a!.request("old");
  await site.settle();
  expect((await first).data).toBe("old!");
  for (const channel of [a!, b!]) channel.seal!.rotate({ keys: { 2: next }, current: 2 });
  const late = site.node("d", { ttl: 1 }).channel("c", options);
  late.seal!.rotate({ keys: { 2: next }, current: 2 });
  const [second, third] = [a!.request("new"), late.request("newer")];
  await site.settle();
  expect([(await second).data, (await third).data]).toEqual(["new!", "newer!"]);
  const outdated = site.node("e", { ttl: 1 }).channel("c", options).request("?", { timeoutMs: 5 });
  const [[outcome]] = await Promise.all([Promise.allSettled([outdated]), site.settle()]);
  expect(outcome).toMatchObject({ status: "rejected", reason: { code: "ERR_CHANNEL_REQUEST_TIMEOUT" } });
  expect(b!.requestStatistics().refused).toBe(3); // the attempts with the old key
});
