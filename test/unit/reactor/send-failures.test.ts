// What a failed datagram costs: an error is made for those who hear of it, and holds no frames.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { ERRNO } from "@groupcast/base";
import type { SendFailure } from "@groupcast/reactor";
import { expect, test } from "vitest";
import { Notes, Stage, turn } from "./stage.js";

const TO = { address: "192.0.2.9", port: 9 };

/** Returns how often the stack traces of the program were limited, and otherwise raised again, while `use` ran. */
async function limitsSetBy(use: () => Promise<void>): Promise<unknown[]> {
  const { stackTraceLimit } = Error;
  const set: unknown[] = [];
  Object.defineProperty(Error, "stackTraceLimit", {
    get: () => set.at(-1) ?? stackTraceLimit,
    set: (limit) => set.push(limit),
    configurable: true,
  });
  try {
    await use();
  } finally {
    Object.defineProperty(Error, "stackTraceLimit", { value: stackTraceLimit, writable: true, enumerable: true, configurable: true });
  }
  return set.map((limit) => (limit === stackTraceLimit ? "as before" : limit));
}

async function failOnce(listens: boolean): Promise<{ failures: SendFailure[]; sendFailed: number }> {
  const stage = new Stage();
  const port = stage.reactor.listenUDP(9999, new Notes());
  const failures: SendFailure[] = [];
  if (listens) port.on("sendFailed", (failure) => failures.push(failure));
  stage.backend.last.sendOutcomes.push(ERRNO.ENETDOWN);
  port.write("x", TO);
  await turn();
  const { sendFailed } = port.statistics();
  await port.stopListening();
  return { failures, sendFailed };
}

test("the error of a failed datagram is made without frames, and the program's limit is as before", async () => {
  const limits = await limitsSetBy(async () => {
    const { failures, sendFailed } = await failOnce(true);
    expect(sendFailed).toBe(1);
    expect(failures).toMatchObject([{ to: TO, error: { code: "ERR_SEND", errnoName: "ENETDOWN" } }]);
    expect(failures[0]!.error.stack).toBe(`SystemError: ${failures[0]!.error.message}`);
  });
  expect(limits).toEqual([0, "as before"]);
});

test("a failure of which nobody hears is counted, and makes no error", async () => {
  const limits = await limitsSetBy(async () => expect(await failOnce(false)).toEqual({ failures: [], sendFailed: 1 }));
  expect(limits).toEqual([]);
});

test("a failure is published without a listener", async () => {
  const messages: unknown[] = [];
  const note = (message: unknown): number => messages.push(message);
  subscribe("groupcast:send:failed", note);
  try {
    await failOnce(false);
  } finally {
    unsubscribe("groupcast:send:failed", note);
  }
  expect(messages).toMatchObject([{ to: TO, error: { code: "ERR_SEND" } }]);
});

test("a program whose stack traces cannot be limited hears of the failure all the same", async () => {
  const limit = Object.getOwnPropertyDescriptor(Error, "stackTraceLimit")!;
  Object.defineProperty(Error, "stackTraceLimit", { ...limit, writable: false });
  try {
    expect((await failOnce(true)).failures).toHaveLength(1);
  } finally {
    Object.defineProperty(Error, "stackTraceLimit", limit);
  }
});
