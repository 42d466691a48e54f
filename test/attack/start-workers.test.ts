// Workers whose modules do their worst: what one of them does must not reach the others, nor the thread that started them.
import { fileURLToPath } from "node:url";
import { DatagramProtocol, Reactor, startWorkers, type Workers } from "groupcast";
import { beforeEach, expect, test } from "vitest";
import { canLoad } from "../support/backends.js";
import { ChildProgram } from "../support/child-program.js";
import { skipUnless } from "../support/probe.js";

const HUNGRY = fileURLToPath(new URL("programs/hungry-workers.mjs", import.meta.url));
const LOOPBACK = { interface: "127.0.0.1" };

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
  const hooks = "startProtocol() { setTimeout(() => process.exit(1), 300); }"; // by then, all are known to listen
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

// From Node 24 on, V8 ends the whole process, or goes on until all memory is taken: with bare worker threads, too.
if (Number.parseInt(process.versions.node, 10) < 24) {
  test("a worker that fills its memory dies alone, and is replaced", async () => {
    await using program = new ChildProgram(process.execPath, ["--max-old-space-size=64", HUNGRY]);
    const { stdout, stderr } = await program.ended;
    const death = { exitCode: 1, code: "ERR_WORKER_OUT_OF_MEMORY" };
    expect(JSON.parse(stdout || "null"), stderr).toEqual({ ...death, listening: 2, deaths: 1, restarts: 1, incomplete: 1 });
  });
}

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
