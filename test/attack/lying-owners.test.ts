// Owners of parameters that lie to those who ask and watch: what they say is bounded, and has the form that is promised, or is refused.
import type { RemoteParameterChange } from "@groupcast/channels";
import { describe, expect, test } from "vitest";
import { MemorySite } from "../support/channels/memory-site.js";

type Question = { readonly list?: number; readonly since?: number };

/** An owner that answers what a test wants, and a node that asks it. */
class Stage {
  readonly site = new MemorySite();
  readonly liar = this.site.node("liar", { ttl: 1 });
  readonly channel = this.liar.channel(`__groupcast_parameters/${this.liar.session}`, { codec: "json" });
  readonly remote = this.site.node("desk", { ttl: 1 }).parametersOf(this.liar.session);
  readonly questions: Question[] = [];
  answer: (question: Question) => unknown = () => ({});

  constructor() {
    this.channel.respond((question) => {
      this.questions.push(question as Question);
      return this.answer(question as Question);
    });
  }

  pass(ms: number): Promise<void> {
    return this.site.network.clock.advance(ms);
  }

  async outcome<T>(promise: Promise<T>, ms = 50): Promise<T> {
    const [[result]] = await Promise.all([Promise.allSettled([promise]), this.pass(ms)]);
    if (result.status === "rejected") throw result.reason;
    return result.value;
  }

  /** A watch, whose owner tells the truth as long as it begins. */
  async watch(...names: readonly string[]) {
    this.answer = ({ list }) => (list === undefined ? { revision: 0, isMore: false, changes: [] } : page(0, names));
    const changes: RemoteParameterChange[] = [];
    const watch = await this.outcome(this.remote.watch((change) => void changes.push(change)));
    this.questions.length = 0;
    return { watch, changes };
  }
}

const entry = (name: string) => ({ name, value: 0, readOnly: false, settable: false });
const page = (revision: number, names: readonly string[]) => ({ revision, total: names.length, parameters: names.map(entry) });
const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

describe("owners that lie", () => {
  test("list() takes 1,024 parameters, of however many they say they have", async () => {
    const stage = new Stage();
    stage.answer = ({ list }) => ({
      ...page(
        0,
        Array.from({ length: 1000 }, (_, i) => `${list! + i}`),
      ),
      total: 1_000_000,
    });
    expect(await stage.outcome(stage.remote.list(), 500)).toHaveLength(1024);
    expect(stage.questions).toEqual([{ list: 0 }, { list: 1000 }]);
  });

  test.each([
    { description: {} },
    { minimum: "0" },
    { maximum: null },
    { choices: "abc" },
    { choices: [null] },
    { readOnly: 1 },
    { settable: null },
    { name: 7 },
  ])("list() refuses an entry with %j", async (part) => {
    const stage = new Stage();
    stage.answer = () => ({ revision: 0, total: 1, parameters: [{ ...entry("a"), ...part }] });
    await expect(stage.outcome(stage.remote.list())).rejects.toMatchObject({ answerCode: "ERR_PARAMETER_ANSWER" });
  });

  test("a watch whose owner says that there is more, and tells nothing new, asks ten times a second at most", async () => {
    const stage = new Stage();
    const { watch, changes } = await stage.watch("a");
    stage.answer = ({ list }) =>
      list === undefined ? { revision: 9, isMore: true, changes: [{ revision: 0, name: "a", value: 1 }] } : page(0, ["a"]);
    await stage.pass(10_000);
    expect(stage.questions.length).toBeGreaterThan(1);
    expect(stage.questions.length).toBeLessThanOrEqual(100);
    expect([changes, watch.isActive]).toEqual([[], true]);
  });

  test("values that no parameter can have, however deep, are none: a watch stays at its revision, and get() and list() reject", async () => {
    const stage = new Stage();
    const { watch, changes } = await stage.watch("a");
    const bomb = nested(12_000);
    const raw = stage.site.node("raw", { ttl: 1 }).channel(`__groupcast_parameters/${stage.liar.session}`);
    raw.publish(Buffer.from(`{ "revision": 1, "name": "a", "value": ${bomb} }`));
    await stage.pass(10);
    expect([watch.revision, stage.site.log.errors]).toEqual([0, []]);
    stage.channel.publish({ revision: 1, name: "a", value: 5 });
    await stage.pass(10);
    expect(changes.map(({ value }) => value)).toEqual([5]);
    const text = `{ "revision": 1, "value": ${bomb}, "total": 1, "parameters": [{ "name": "a", "value": ${bomb}, "readOnly": false, "settable": false }] }`;
    const codec = { name: "raw", encode: () => Buffer.from(text), decode: (bytes: Buffer) => bytes };
    await stage.channel.close();
    stage.liar.channel(stage.channel.name, { codec }).respond(() => Buffer.alloc(0));
    const calls: readonly (() => Promise<unknown>)[] = [() => stage.remote.get("a"), () => stage.remote.list()];
    for (const call of calls) await expect(stage.outcome(call())).rejects.toMatchObject({ answerCode: "ERR_PARAMETER_ANSWER" });
  });

  test("a watch forgets the parameters that its owner no longer has, so that there is room for others", async () => {
    const stage = new Stage();
    const old = Array.from({ length: 700 }, (_, i) => `old${i}`);
    const { watch, changes } = await stage.watch(...old);
    const names = Array.from({ length: 700 }, (_, i) => `new${i}`);
    const life = (revision: number) => {
      let toldLess = false;
      stage.answer = ({ list }) => {
        if (list !== undefined) return page(revision, names);
        toldLess = true;
        return { revision, isMore: false, changes: [] };
      };
      return () => toldLess;
    };
    stage.channel.publish({ revision: 1, name: "old0", value: 1 });
    await stage.pass(10);
    const told = life(0); // an owner that started again
    await stage.pass(10_000);
    expect(told()).toBe(true);
    expect([watch.revision, changes.length]).toEqual([0, 701]);
    expect(changes.slice(1).map(({ name, previous }) => [name, previous])).toEqual(names.map((name) => [name, undefined]));
  });
});
