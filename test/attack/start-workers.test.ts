// Workers whose modules do their worst: what one of them does must not reach the others, nor the thread that started them.
import { DatagramProtocol, Reactor, startWorkers, type WorkerDeath, type Workers } from "groupcast";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { canLoad } from "../support/backends.js";
import type { Ending } from "../support/child-program.js";
import { skipUnless } from "../support/probe.js";
import { runToAnyEnd } from "./support/attack-program.js";
import { strayFailures } from "./support/attacked.js";
import { Dice } from "./support/dice.js";
import { until } from "./support/until.js";

const LOOPBACK = { interface: "127.0.0.1" };
const MAX_ABORTED = 4; // V8 of Node 24 ends the process now and then, in place of the thread: once in 70 runs

beforeEach((context) => skipUnless(context, canLoad("native")));

/** A module whose protocol runs `hooks`, and answers "ping". */
function moduleOf(hooks: string): string {
  return `data:text/javascript,${encodeURIComponent(`
    const answer = (port, data, from) => data.toString() === "ping" && port.write("pong", from);
    export default { ${hooks} };
  `)}`;
}

/** Sends "ping" from new sockets until each of `answers` has come. */
async function expectAnswers(workers: Workers, answers: number): Promise<void> {
  await using reactor = new Reactor();
  let left = answers;
  const { promise, resolve } = whenCalled();
  class Client extends DatagramProtocol {
    override datagramReceived(): void {
      left -= 1;
      if (left === 0) resolve();
    }
  }
  for (let number = 0; number < answers; number++) reactor.listenUDP(0, new Client(), LOOPBACK).write("ping", workers.getHost());
  await promise;
}

function whenCalled(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

test("workers that throw and reject in every hook go on, and each error is counted", async () => {
  const hooks = `
    datagramReceived(data, from) { answer(this.transport, data, from); throw new Error("received"); },
    connectionRefused() { throw new Error("refused"); },
    stopProtocol() { throw new Error("stopped"); },
    get logPrefix() { return () => "hostile"; }`;
  await using workers = await startWorkers({ module: moduleOf(hooks), port: 0, workers: 2, listen: LOOPBACK });
  await expectAnswers(workers, 16);
  expect(await workers.statistics()).toMatchObject({ received: 16, protocolErrors: 16, deaths: 0, listening: 2 });
  await workers.stop();
  expect(await workers.statistics()).toMatchObject({ listening: 0, incomplete: 0 });
});

test("a storm of workers that exit as soon as they listen is slowed down, and ends with stop()", async () => {
  const hooks = "startProtocol() { setTimeout(() => process.exit(1), 300); }";
  const options = { workers: 4, minRestartMs: 30, maxRestartMs: 60_000 };
  const workers = await startWorkers({ ...options, module: moduleOf(hooks), port: 0, listen: LOOPBACK });
  const waits: number[] = [];
  const { promise, resolve } = whenCalled();
  workers.on("died", ({ restartMs = 0 }) => {
    if (waits.push(restartMs) === 8) resolve();
  });
  await promise;
  await workers.stop();
  // Each worker waits for the sum of its delays: what it would take without them makes no difference.
  expect(waits.slice(0, 8).reduce((sum, waitMs) => sum + waitMs, 0)).toBeGreaterThanOrEqual(4 * (30 + 60));
  const { deaths, listening } = await workers.statistics();
  expect({ deaths: deaths >= 8, listening }).toEqual({ deaths: true, listening: 0 });
});

test("workers cannot speak for the thread that started them: what modules post to their parent is ignored", async () => {
  const hooks = `
    startProtocol() {
      const { parentPort, workerData } = process.getBuiltinModule("node:worker_threads");
      for (const message of [null, 5, { report: "listening" }, { order: "stop" }]) parentPort.postMessage(message);
    },
    datagramReceived(data, from) { answer(this.transport, data, from); }`;
  await using workers = await startWorkers({ module: moduleOf(hooks), port: 0, workers: 2, listen: LOOPBACK });
  await expectAnswers(workers, 8);
  expect(await workers.statistics()).toMatchObject({ received: 8, deaths: 0, listening: 2 });
});

test("what modules post on the channel of their worker is ignored, unless it is a report", async () => {
  const strays = strayFailures();
  const hooks = `
    startProtocol() {
      const { channel } = process.getBuiltinModule("node:worker_threads").workerData;
      for (const message of [null, undefined, 5, "listening", {}, { report: "stop" }]) channel.postMessage(message);
    },
    datagramReceived(data, from) { answer(this.transport, data, from); }`;
  await using workers = await startWorkers({ module: moduleOf(hooks), port: 0, workers: 2, listen: LOOPBACK });
  await expectAnswers(workers, 8);
  expect(await workers.statistics()).toMatchObject({ received: 8, deaths: 0, listening: 2 });
  expect(strays).toEqual([]);
});

/** Code that throws → message of the error that `died` and `cause` have. Copies of it arrive in the thread that started the worker. */
const THROWN: readonly (readonly [code: string, message: string])[] = [
  ["throw null", "thrown: null"],
  ["throw 5", "thrown: 5"],
  ["throw { toString: 1, valueOf: 1 }", "thrown: { toString: 1, valueOf: 1 }"],
  ["throw Object.assign(new Error('lost'), { message: { toString: 1 } })", "thrown: { toString: 1 }"],
];

test.each(THROWN)(
  "a worker that ends with '%s' dies of an Error, and does no harm to the thread that started it",
  async (code, message) => {
    const strays = strayFailures();
    const hooks = `startProtocol() { setTimeout(() => { ${code}; }, 100); }`;
    await using workers = await startWorkers({ module: moduleOf(hooks), port: 0, workers: 1, listen: LOOPBACK, restart: false });
    const { error } = await nextDeath(workers);
    expect(error).toBeInstanceOf(Error);
    expect(error?.message).toBe(message);
    const atOnce = startWorkers({ module: moduleOf(`startProtocol() { ${code}; }`), port: 0, workers: 1, listen: LOOPBACK });
    await expect(atOnce).rejects.toMatchObject({ code: "ERR_WORKER_START", cause: expect.any(Error) });
    expect(strays).toEqual([]);
  },
);

function nextDeath(workers: Workers): Promise<WorkerDeath> {
  return new Promise((resolve) => workers.once("died", resolve));
}

/** Lets the system have no more threads for workers, until the function that it returns is called or the test ends. */
function exhaustThreads(): () => void {
  const threads = process.getBuiltinModule("node:worker_threads");
  const { Worker } = threads;
  const restore = (): void => void Object.assign(threads, { Worker });
  onTestFinished(restore);
  class Exhausted {
    constructor() {
      // As Worker::StartThread of src/node_worker.cc does when uv_thread_create_ex() fails.
      throw Object.assign(new Error("EAGAIN"), { code: "ERR_WORKER_INIT_FAILED" });
    }
  }
  Object.assign(threads, { Worker: Exhausted });
  return restore;
}

test("a worker that the system has no thread for is tried again, later each time, until there is one", async () => {
  const strays = strayFailures();
  const hooks = `
    datagramReceived(data, from) {
      if (data.toString() === "exit") process.exit(3);
      answer(this.transport, data, from);
    }`;
  const options = { module: moduleOf(hooks), port: 0, workers: 1, minRestartMs: 5, listen: LOOPBACK };
  await using workers = await startWorkers(options);
  const deaths: WorkerDeath[] = [];
  const { promise: isBack, resolve } = whenCalled();
  workers.on("restarted", resolve);
  workers.on("died", (death) => {
    deaths.push(death);
    if (deaths.length === 4) restore();
  });
  const restore = exhaustThreads();
  await using reactor = new Reactor();
  reactor.listenUDP(0, new (class extends DatagramProtocol {})(), LOOPBACK).write("exit", workers.getHost());
  await isBack;
  expect(deaths.map(({ restartMs }) => restartMs)).toEqual([5, 10, 20, 40]);
  expect(deaths.map(({ error }) => (error as { code?: string } | undefined)?.code)).toEqual([
    undefined,
    ...Array.from({ length: 3 }, () => "ERR_WORKER_INIT_FAILED"),
  ]);
  await expectAnswers(workers, 2);
  expect(await workers.statistics()).toMatchObject({ received: 3, listening: 1, deaths: 4, restarts: 1 });
  expect(strays).toEqual([]);
});

test("a worker that exits in the turn in which it listened is known to have listened, although its end may overtake the news", async () => {
  const options = { workers: 1, minRestartMs: 1, maxRestartMs: 1, listen: LOOPBACK };
  await using workers = await startWorkers({
    ...options,
    module: moduleOf("startProtocol() { queueMicrotask(() => process.exit(3)); }"),
    port: 0,
  });
  let deaths = 0;
  let restarts = 0;
  const { promise, resolve } = whenCalled();
  workers.on("restarted", () => (restarts += 1));
  workers.on("died", () => {
    deaths += 1;
    if (deaths === 40) resolve();
  });
  await promise;
  expect(restarts).toBe(39); // the first one was started
});

test("startWorkers() lets its caller hear of a worker that died while the others came to listen", async () => {
  const hooks = `
    startProtocol() {
      const { workerData } = process.getBuiltinModule("node:worker_threads");
      if (workerData.worker === 0) queueMicrotask(() => process.exit(3));
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500); // meanwhile the other one ends
    }`;
  await using workers = await startWorkers({ module: moduleOf(hooks), port: 0, workers: 2, listen: LOOPBACK, restart: false });
  expect(await nextDeath(workers)).toMatchObject({ worker: 0, exitCode: 3 });
});

test("a worker that lived for maxRestartMs is replaced as fast as at first", async () => {
  const hooks = "startProtocol() { setTimeout(() => process.exit(3), 1000); }"; // far longer than 10 ms, also for a busy listener
  const options = { module: moduleOf(hooks), port: 0, workers: 1, minRestartMs: 1, maxRestartMs: 10, listen: LOOPBACK };
  await using workers = await startWorkers(options);
  const waits = [await nextDeath(workers), await nextDeath(workers), await nextDeath(workers)].map(({ restartMs }) => restartMs);
  expect(waits).toEqual([1, 1, 1]);
});

test("a worker writes its counts each second, also if nobody asks for them before it hangs", async () => {
  // Its timers run in order: the one of each second, and then this one.
  const hooks = `
    datagramReceived(data, from) {
      setTimeout(() => {
        answer(this.transport, data, from);
        setTimeout(() => { for (;;); });
      }, 2500);
    }`;
  const workers = await startWorkers({ module: moduleOf(hooks), port: 0, workers: 1, listen: LOOPBACK, stopTimeoutMs: 500 });
  await expectAnswers(workers, 1);
  await new Promise((resolve) => setTimeout(resolve, 100)); // it hangs in its next turn
  await workers.stop();
  expect(await workers.statistics()).toMatchObject({ received: 1, listening: 0, incomplete: 1 });
});

test("workers that run out of memory die alone: they are replaced, and their counts are incomplete", async () => {
  let ending: Ending;
  let aborted = -1;
  do {
    ending = await runToAnyEnd("workers-without-memory.ts", [], { nodeOptions: ["--max-old-space-size=64"] });
    aborted++;
  } while (aborted < MAX_ABORTED && ending.signal === "SIGABRT" && ending.stderr.includes("JavaScript heap out of memory"));
  expect(ending).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(ending.stdout)).toEqual({
    death: { worker: 0, code: "ERR_WORKER_OUT_OF_MEMORY", restartMs: 10 },
    statistics: { listening: 2, deaths: 1, restarts: 1, incomplete: 1 },
    strays: [],
  });
});

test("what workers count never goes back while they die, each in its way, and nothing is counted twice", async () => {
  const hooks = `
    datagramReceived(data, from) {
      this.transport.write("pong", from);
      if (data[1] === 1) process.exit(3);
      if (data[1] === 2) setImmediate(() => { throw new Error("on purpose"); });
      if (data[1] === 3) this.transport.stopListening();
    }`;
  const steering = { by: "payload", offsetBytes: 0, lengthBytes: 1 } as const;
  const restarting = { minRestartMs: 1, maxRestartMs: 5 };
  const workers = await startWorkers({ module: moduleOf(hooks), port: 0, workers: 3, steering, ...restarting, listen: LOOPBACK });
  workers.on("died", () => {});
  await using reactor = new Reactor();
  let answers = 0;
  class Client extends DatagramProtocol {
    override datagramReceived(): void {
      answers += 1;
    }
  }
  const client = reactor.listenUDP(0, new Client(), LOOPBACK);
  const dice = new Dice(20_261_123);
  const totals = ["received", "receivedBytes", "sent", "sentBytes", "deaths", "restarts", "incomplete"] as const;
  let before = await workers.statistics();
  let sent = 0;
  for (let round = 0; before.deaths < 20 && round < 5000; round++) {
    for (let burst = 0; burst < 10; burst++) {
      client.write(Uint8Array.of(dice.roll(256), dice.roll(40)), workers.getHost());
      sent += 1;
      await new Promise(setImmediate); // what is written in one turn may be steered as one
    }
    const now = await workers.statistics();
    for (const name of totals) expect(now[name], name).toBeGreaterThanOrEqual(before[name]);
    before = now;
  }
  await workers.stop();
  const { deaths, received, sent: answered, incomplete } = await workers.statistics();
  expect(deaths).toBeGreaterThanOrEqual(20);
  expect(incomplete).toBe(0);
  expect(received).toBeLessThanOrEqual(sent);
  await until("every answer that was counted arrives", () => answers >= answered);
  expect(answers).toBe(answered);
});
