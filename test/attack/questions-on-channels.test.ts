// Hostile askers and responders on channels: what they send is counted, bounded, and neither answered in another's name nor thrown.
import { randomBytes } from "node:crypto";
import { runInNewContext } from "node:vm";
import {
  type Channel,
  type ChannelNode,
  encodeHeartbeat,
  HEARTBEAT_CHANNEL,
  type ReceivedPacket,
  type RemoteParameterChange,
} from "@groupcast/channels";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeAnswer, encodeQuestion, questionId } from "../../packages/channels/src/asking/envelope.js";
import { TappedHubs } from "../support/channels/tapped-hubs.js";

const ASK = "__groupcast_ask/c";
const ANSWER = "__groupcast_answer/c";
const MEBIBYTE = 1024 * 1024;

/** An asker and a responder on one network, with an attacker who hears and sends everything. */
class Overheard {
  readonly hubs = new TappedHubs();
  readonly questions: Buffer[] = [];
  readonly answers: Buffer[] = [];
  readonly asker: Channel<string, string>;
  readonly responder: Channel<string, string>;

  constructor() {
    const tap = this.hubs.far.transport();
    tap.startReceiving(ASK, { packetReceived: ({ payload }) => void this.questions.push(payload) });
    tap.startReceiving(ANSWER, { packetReceived: ({ payload }) => void this.answers.push(payload) });
    this.asker = this.node("asker").channel("c", { codec: "text" });
    this.responder = this.node("responder").channel("c", { codec: "text" });
  }

  node(name: string): ChannelNode {
    return this.hubs.node(name, this.hubs.far.transport());
  }

  /** Sends packets as somebody at an address. */
  send(channel: string, address: string, ...payloads: readonly Uint8Array[]): void {
    const source = { id: `${address}:1`, address, port: 1 };
    const packets = payloads.map(
      (payload): ReceivedPacket => ({ channel, source, sequence: undefined, payload: Buffer.from(payload), isRelayed: false }),
    );
    this.hubs.give(...packets);
  }

  /** Lets promises and packets take their way. */
  async settle(ms = 1): Promise<void> {
    await this.hubs.pass(ms);
    await this.hubs.pass(0);
  }
}

const STRANGER = { session: "00000000000000ff", name: "mallory" };

describe("hostile responders", () => {
  test("guessed numbers, answers to others and answers after the end reach no request", async () => {
    const { asker, responder, ...site } = bound();
    responder.respond((text) => `${text}!`);
    const invented = Array.from({ length: 1000 }, () => encodeAnswer(randomBytes(16).toString("latin1"), STRANGER, Buffer.from("forged")));
    const request = asker.request("?");
    site.send(ANSWER, "192.0.2.66", ...invented);
    await site.settle();
    expect((await request).data).toBe("?!");
    site.send(ANSWER, "192.0.2.66", encodeAnswer(questionId(site.questions[0]!), STRANGER, Buffer.from("too late")));
    expect(asker.requestStatistics()).toMatchObject({ answered: 1, foreign: 1000, late: 1, pending: 0, malformed: 0 });
  });

  test("an answer to a question with other contents is no answer: whoever overhears it cannot have another one answered in its place", async () => {
    const { asker, responder, ...site } = bound();
    const asked: string[] = [];
    responder.respond((text) => {
      asked.push(text);
      return text;
    });
    const request = asker.request("true");
    site.hubs.clock.run();
    const question = site.questions[0]!;
    const copy = Buffer.concat([question.subarray(0, 20), Buffer.from("false")]); // the same nonce
    site.send(ASK, "192.0.2.66", copy);
    await site.settle();
    expect((await request).data).toBe("true");
    expect([asked, asker.requestStatistics()]).toMatchObject([["true", "false"], { answered: 1, foreign: 1 }]);
  });

  test("a thousand answers to one question in invented names are one each, and end with maxAnswers", async () => {
    const { asker, ...site } = bound();
    const stream = asker.requestMany("?", { maxAnswers: 10 });
    site.hubs.clock.run();
    const id = questionId(site.questions[0]!);
    const forged = (i: number) => encodeAnswer(id, { session: (i % 40).toString(16).padStart(16, "0"), name: "m" }, Buffer.from(`${i}`));
    site.send(ANSWER, "192.0.2.66", ...Array.from({ length: 5 }, () => forged(0)), ...Array.from({ length: 1000 }, (_, i) => forged(i)));
    const got: string[] = [];
    for await (const { data } of stream) got.push(data);
    expect(got).toHaveLength(10);
    expect(asker.requestStatistics()).toMatchObject({ answered: 10, repeatedAnswers: 5, late: 990, pending: 0 });
  });

  test("answers that do not decode leave room for one that does", async () => {
    const { asker, responder, ...site } = bound();
    const undecodable: string[] = [];
    asker.on("undecodable", ({ message }) => undecodable.push(message.channel));
    const request = asker.request("?");
    site.hubs.clock.run();
    const id = questionId(site.questions[0]!);
    site.send(ANSWER, "192.0.2.66", encodeAnswer(id, STRANGER, Buffer.of(0xff)));
    expect(asker.requestStatistics()).toMatchObject({ pending: 1, answered: 0 });
    responder.respond(() => "at last");
    await site.hubs.pass(1600);
    await site.settle();
    expect((await request).data).toBe("at last");
    expect([undecodable, asker.statistics().undecodable]).toEqual([["c"], 1]);
  });

  test("whatever bytes come on both companions, nothing throws, and each packet is counted", async () => {
    const { asker, responder, ...site } = bound();
    responder.respond(() => "answer");
    const pending = asker.request("?", { timeoutMs: 100_000, attempts: 1 });
    await site.settle();
    await pending;
    const waiting = asker.request("??", { timeoutMs: 100_000, attempts: 1 });
    const before = [asker.requestStatistics(), responder.requestStatistics()];
    const whole = [encodeQuestion(Buffer.from("x")), encodeAnswer("0123456789abcdef", STRANGER, { code: "ERR_X", message: "y" })];
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.tuple(fc.constantFrom(...whole), fc.nat(60), fc.nat(255)).map(([packet, at, value]) => {
        const damaged = Buffer.from(packet);
        damaged[at % damaged.length] = value;
        return damaged.subarray(0, damaged.length - (value % 3));
      }),
    );
    const all = fc.sample(bytes, { numRuns: 2000, seed: 7 });
    site.send(ANSWER, "192.0.2.66", ...all);
    site.send(ASK, "192.0.2.66", ...all);
    await site.settle();
    await waiting;
    const [asked, answered] = [asker.requestStatistics(), responder.requestStatistics()];
    expect(asked.malformed + asked.foreign + asked.late + asked.repeatedAnswers - before[0]!.foreign).toBeGreaterThanOrEqual(all.length);
    expect(answered.malformed + answered.questions + answered.repeatedQuestions + answered.busy).toBe(all.length + 2);
    expect([asked.malformed, answered.malformed].every((count) => count > 100)).toBe(true);
    expect(site.hubs.site.log.errors).toEqual([]);
  });
});

describe("hostile askers", () => {
  test("a flood of questions from one address leaves half of the calls to others, and is answered once each at most", async () => {
    const { asker, responder, ...site } = bound();
    const waiting: ((answer: string) => void)[] = [];
    responder.respond(() => new Promise((resolve) => waiting.push(resolve)), { maxPending: 64 });
    const flood = Array.from({ length: 5000 }, (_, i) => encodeQuestion(Buffer.from(`${i}`)));
    site.send(ASK, "192.0.2.66", ...flood);
    const request = asker.request("honest");
    site.hubs.clock.run();
    expect(responder.requestStatistics()).toMatchObject({ running: 33, busy: 5000 - 32 });
    for (const answer of waiting) answer("done");
    await site.settle();
    expect((await request).data).toBe("done");
    expect(site.answers).toHaveLength(33);
  });

  test("questions that are repeated a thousand times are answered 17 times at most, and call the responder once", async () => {
    const { responder, ...site } = bound();
    let calls = 0;
    responder.respond(() => `${++calls}`.repeat(10_000));
    const question = encodeQuestion(Buffer.from("?"));
    site.send(ASK, "192.0.2.66", question);
    await site.settle();
    site.send(ASK, "192.0.2.66", ...Array.from({ length: 1000 }, () => question));
    expect([calls, site.answers.length]).toEqual([1, 17]);
  });

  test("the memory of answers is bounded in answers and bytes, whoever asks, and an asker's share is half", async () => {
    const { responder, ...site } = bound();
    const long = "x".repeat(900); // what a hub carries
    responder.respond(() => long, { maxPending: 65_536 });
    const held = process.memoryUsage().heapUsed;
    const honest = encodeQuestion(Buffer.from("honest"));
    site.send(ASK, "192.0.2.1", honest);
    for (let round = 0; round < 10; round++) {
      site.send(ASK, "192.0.2.66", ...Array.from({ length: 1000 }, (_, i) => encodeQuestion(Buffer.from(`${round} ${i}`))));
      await site.settle();
      site.answers.length = 0;
      site.questions.length = 0;
    }
    site.send(ASK, "192.0.2.1", honest);
    await site.settle();
    const { questions, resent } = responder.requestStatistics();
    expect([questions, resent]).toEqual([10_001, 1]); // the honest one was still known
    expect(process.memoryUsage().heapUsed - held).toBeLessThan(64 * MEBIBYTE);
  });

  test("a responder's error tells an asker nothing but its code and message, whatever was thrown", async () => {
    const { asker, responder, ...site } = bound();
    const thrown: unknown[] = [
      undefined,
      "a secret",
      { code: 7, message: {} },
      new Proxy(
        {},
        {
          get: () => {
            throw new Error("trap");
          },
        },
      ),
      new Proxy(new Error("hidden"), {
        get: () => {
          throw new Error("trap");
        },
      }),
      { error: Object.assign(new Error("within"), { stack: "secret stack" }) },
      runInNewContext('Object.assign(new Error("elsewhere"), { stack: "secret stack", code: "ERR_REALM" })'),
      Object.assign(new Error("\u001b[31mred"), { stack: "secret stack", code: "ERR_OK" }),
    ];
    const count = thrown.length;
    responder.respond(() => {
      throw thrown.shift();
    });
    const outcomes: unknown[] = [];
    for (let i = 0; i < count; i++) {
      const request = asker.request("?").catch((error: unknown) => error);
      await site.settle();
      outcomes.push(await request);
    }
    expect(outcomes.map((error) => (error as { answerCode: string }).answerCode)).toEqual([
      ...Array.from({ length: 6 }, () => "ERR_RESPONDER"),
      "ERR_REALM",
      "ERR_OK",
    ]);
    expect((outcomes.at(-1) as Error).message).toContain(String.raw`\u001b[31mred`); // no control character gets to a terminal
    expect(site.answers.some((answer) => answer.includes("secret stack"))).toBe(false);
  });
});

describe("hostile words about parameters", () => {
  test("whatever JSON comes as a question is refused, and what is not settable stays as it is", async () => {
    const { hubs, ...site } = bound();
    const owner = hubs.node("owner", hubs.far.transport(), { parameters: { a: { value: 1 }, b: { value: 1, settable: true } } } as never);
    const asker = site.node("asker");
    const channel = asker.channel(`__groupcast_parameters/${owner.session}`, { codec: "json" });
    const words: unknown[] = [null, [], 7, {}, { get: 1 }, { list: -1 }, { since: "x" }, { set: "b" }, { set: "b", value: 2 }];
    words.push({ set: "b", value: 2, name: "x".repeat(256), session: asker.session }, { set: "b", value: 2, name: "x", session: "no" });
    words.push({ get: "__proto__" }, { get: "constructor" }, { set: "a", value: 2, name: "x", session: asker.session });
    const codes: string[] = [];
    for (const word of words) {
      const request = channel.request(word).then(
        () => "answered",
        (error: unknown) => (error as { answerCode: string }).answerCode,
      );
      await site.settle();
      codes.push(await request);
    }
    expect(codes).toEqual([
      ...Array<string>(11).fill("ERR_PARAMETER_QUESTION"),
      "ERR_PARAMETER_UNKNOWN",
      "ERR_PARAMETER_UNKNOWN",
      "ERR_PARAMETER_NOT_SETTABLE",
    ]);
    expect(owner.parameters.list().map(({ value }) => value)).toEqual([1, 1]);
  });

  test("published forgeries make a watch ask ten times a second at most, and it finds back to the truth", async () => {
    const { hubs, ...site } = bound();
    const owner = hubs.node("owner", hubs.far.transport(), { parameters: { a: { value: 1 } } } as never) as unknown as ChannelNode<{
      a: { value: number };
    }>;
    const name = `__groupcast_parameters/${owner.session}`;
    const questions: Buffer[] = [];
    hubs.far.transport().startReceiving(`__groupcast_ask/${name}`, { packetReceived: ({ payload }) => void questions.push(payload) });
    const changes: RemoteParameterChange[] = [];
    const watching = site
      .node("watcher")
      .parametersOf(owner.session)
      .watch((change) => void changes.push(change));
    await site.settle();
    const watch = await watching;
    questions.length = 0;
    const forged = (revision: number) => Buffer.from(JSON.stringify({ revision, name: "a", value: revision }));
    for (let ms = 0; ms < 1000; ms += 10) {
      site.send(name, "192.0.2.66", forged(1_000_000 + ms), Buffer.from("[]"), forged(-1));
      await site.settle(10);
    }
    expect(questions.length).toBeLessThanOrEqual(10);
    expect(questions.length).toBeGreaterThan(3); // a flood does not put the asking off, either
    expect(changes).toEqual([]);
    site.send(name, "192.0.2.66", forged(1)); // the next number: nobody can tell it from the owner's
    expect(watch.revision).toBe(1);
    for (let ms = 0; ms < 9000; ms += 100) await site.settle(100);
    owner.parameters.set("a", 5);
    for (let ms = 0; ms < 9000; ms += 100) await site.settle(100);
    expect([changes.at(-1)?.value, watch.revision]).toEqual([5, 1]);
  });

  test("heartbeats in the name of a node make its name ambiguous, and never send a setting to the wrong one", async () => {
    const { hubs, ...site } = bound();
    const owner = hubs.node("camera", hubs.far.transport(), {
      heartbeatMs: 1000,
      parameters: { a: { value: 1, settable: true } },
    } as never);
    const desk = hubs.node("desk", hubs.far.transport(), { heartbeatMs: 1000 });
    await site.settle(50);
    const twin = {
      session: STRANGER.session,
      name: "camera",
      periodMs: 1000,
      revision: 1,
      totalChannels: 0,
      channels: [],
      isLeaving: false,
    };
    site.send(HEARTBEAT_CHANNEL, "192.0.2.66", encodeHeartbeat(twin));
    await expect(desk.parametersOf("camera").set("a", 2)).rejects.toMatchObject({ code: "ERR_PARAMETER_NODE_AMBIGUOUS" });
    const set = desk.parametersOf(owner.session).set("a", 2);
    await site.settle();
    expect(await set).toBe(2);
  });
});

/** The parts of a new site, so that a test can name them. */
function bound() {
  const site = new Overheard();
  const { hubs, questions, answers, asker, responder } = site;
  return {
    hubs,
    questions,
    answers,
    asker,
    responder,
    node: site.node.bind(site),
    send: site.send.bind(site),
    settle: site.settle.bind(site),
  };
}
