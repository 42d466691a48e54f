import { expect, test } from "vitest";
import { AnswerMemory } from "../../../packages/channels/src/asking/answer-memory.js";

const KIBIBYTE = 1024;

test("AnswerMemory.add() keeps 4,096 answers, and half of them for one asker; the oldest go first", () => {
  const memory = new AnswerMemory();
  const answer = Buffer.from("x");
  memory.add("first", "0", { responder: 0, answer });
  for (let i = 1; i <= 3000; i++) memory.add("second", `${i}`, { responder: 0, answer });
  expect([memory.size, memory.has("0"), memory.has("952"), memory.has("953")]).toEqual([2049, true, false, true]);
  for (let i = 0; i < 3000; i++) memory.add(`asker ${i}`, `other ${i}`, { responder: 1, answer });
  expect([memory.size, memory.has("0")]).toEqual([4096, false]);
});

test("AnswerMemory.add() keeps 16 MiB, and half of them for one asker", () => {
  const memory = new AnswerMemory();
  const answer = Buffer.alloc(64 * KIBIBYTE);
  for (const asker of ["a", "b", "c"]) for (let i = 0; i < 200; i++) memory.add(asker, `${asker} ${i}`, { responder: 0, answer });
  expect(memory.bytes).toBeLessThanOrEqual(16 * KIBIBYTE * KIBIBYTE);
  expect(memory.bytes).toBeGreaterThan(15 * KIBIBYTE * KIBIBYTE);
  expect(["a 150", "b 199", "c 199"].map((key) => memory.has(key))).toEqual([false, true, true]);
});

test("AnswerMemory.resend() returns an answer 16 times", () => {
  const memory = new AnswerMemory();
  memory.add("a", "0", { responder: 0, answer: Buffer.from("x") });
  const sent = Array.from({ length: 20 }, () => memory.resend("0") !== undefined);
  expect(sent.filter(Boolean)).toHaveLength(16);
  expect([sent[15], sent[16], memory.resend("1")]).toEqual([true, false, undefined]);
});

test("AnswerMemory.forget() forgets the answers of one responder", () => {
  const memory = new AnswerMemory();
  for (const responder of [0, 1]) memory.add("a", `${responder}`, { responder, answer: Buffer.alloc(100) });
  memory.forget(0);
  expect([memory.has("0"), memory.has("1"), memory.size, memory.bytes]).toEqual([false, true, 1, 356]);
});
