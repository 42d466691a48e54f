/** One life of a worker: its thread, from its start to its end. */

import type { MessagePort, Worker } from "node:worker_threads";
import { asError } from "@groupcast/base";
import type { PortStatistics, SocketAddress } from "@groupcast/reactor";
import { WorkerCounters } from "./worker-counters.js";
import type { Order, Report, WorkerSetting } from "./worker-setting.js";
import type { ResolvedWorkersOptions } from "./workers-options.js";

const ANSWER_WITHIN_MS = 1000;

/** Runs in each thread, as a script and as a module. Bundlers do not see it: it takes the module that this one is part of. */
const PROGRAM = `import("node:worker_threads")
  .then(({ workerData }) => import(workerData.groupcast))
  .then(({ serveWorker }) => serveWorker());`;

/** End of a worker. */
export interface WorkerEnd {
  /** Exit code of the thread; 1: it could not be started. */
  readonly exitCode: number;
  /**
   * Error that nobody caught, the reason for terminating it, or the reason why there is no thread; undefined: it ended by `process.exit()`, or
   * had nothing left to do.
   */
  readonly error: Error | undefined;
}

export class WorkerLife {
  /** Settles when the module is loaded; rejects with its {@link WorkerEnd}. */
  readonly loaded: Promise<void>;
  /** Settles when the thread has ended. */
  readonly ended: Promise<WorkerEnd>;
  readonly #worker: Worker | undefined; // undefined: there is no thread
  readonly #channel: MessagePort;
  readonly #counters = new WorkerCounters();
  readonly #questions = new Map<number, () => void>();
  readonly #startTimer: NodeJS.Timeout;
  #asked = 0;
  #local: SocketAddress | undefined;
  #error: Error | undefined;
  #hasEnded = false;
  #isLoaded = (): void => {};
  #isListening = (_local: SocketAddress): void => {};

  /** Starts the thread. If the system has none left, or a policy forbids threads, the life ends with that error. */
  constructor(number: number, options: ResolvedWorkersOptions) {
    const threads = process.getBuiltinModule("node:worker_threads");
    const { port1, port2 } = new threads.MessageChannel();
    const { module, data, listen } = options;
    const setting: WorkerSetting = {
      groupcast: import.meta.url,
      module,
      worker: number,
      data,
      options: listen,
      channel: port2,
      counters: this.#counters.memory,
    };
    this.#channel = port1;
    try {
      this.#worker = new threads.Worker(PROGRAM, { eval: true, workerData: setting, transferList: [port2], name: `groupcast ${number}` });
    } catch (thrown) {
      this.#error = asError(thrown);
    }
    const channelClosed = new Promise((resolve) => port1.once("close", resolve)); // its handle is open until then
    const exited = new Promise<number>((resolve) => {
      if (this.#worker === undefined) resolve(1);
      else this.#worker.once("exit", resolve);
    });
    this.ended = Promise.all([exited.then((exitCode) => this.#end(exitCode)), channelClosed]).then(([end]) => end);
    const cut = this.ended.then((end) => Promise.reject(end));
    cut.catch(() => {}); // whoever waits for a step hears of it
    this.loaded = Promise.race([new Promise<void>((resolve) => (this.#isLoaded = resolve)), cut]);
    this.loaded.catch(() => {});
    port1.on("message", (report: unknown) => this.#hear(report));
    this.#worker?.on("error", (thrown: unknown) => (this.#error ??= errorOf(thrown)));
    const limitMs = options.startTimeoutMs;
    this.#startTimer = setTimeout(() => this.terminate(new Error(`it does not listen after ${limitMs} ms`)), limitMs);
  }

  /** Address that the worker listens on; undefined before and after. */
  get local(): SocketAddress | undefined {
    return this.#hasEnded ? undefined : this.#local;
  }

  /** Has the worker open its port. Rejects with its {@link WorkerEnd}. */
  listen(port: number): Promise<SocketAddress> {
    const listening = new Promise<SocketAddress>((resolve) => (this.#isListening = resolve));
    this.#order({ order: "listen", port });
    return Promise.race([listening, this.ended.then((end) => Promise.reject(end))]);
  }

  /** Asks for the counts of now. Returns false if the worker does not answer in time: those it wrote last remain. */
  async count(): Promise<boolean> {
    if (this.local === undefined) return this.#hasEnded ? this.#counters.isFinal : true; // it has counted nothing yet
    const question = this.#asked++;
    const timedOut = new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), ANSWER_WITHIN_MS);
      this.#questions.set(question, () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
    this.#order({ order: "count", question });
    const isAnswered = await timedOut;
    this.#questions.delete(question);
    return isAnswered && !(this.#hasEnded && !this.#counters.isFinal);
  }

  /** Adds the counts that the worker wrote last. */
  addTo(sum: PortStatistics): void {
    this.#counters.addTo(sum, this.#hasEnded);
  }

  /** Whether the last counts of a worker that listened are missing: it was terminated, or ran out of memory. */
  get hasUnknownCounts(): boolean {
    return this.#local !== undefined && !this.#counters.isFinal;
  }

  /** Stops port and thread; terminates the thread if it takes too long. */
  async stop(withinMs: number): Promise<void> {
    if (this.#local === undefined) this.terminate();
    this.#order({ order: "stop" });
    const timer = setTimeout(() => this.terminate(), withinMs);
    await this.ended;
    clearTimeout(timer);
  }

  /** Ends the thread at once. */
  terminate(reason?: Error): void {
    this.#error ??= reason;
    void this.#worker?.terminate();
  }

  #order(order: Order): void {
    if (!this.#hasEnded) this.#channel.postMessage(order);
  }

  /** The user's module can reach the channel, too: what is no report is ignored. */
  #hear(message: unknown): void {
    const report = message as Report | null | undefined;
    if (report?.report === "loaded") this.#isLoaded();
    else if (report?.report === "counted") this.#questions.get(report.question)?.();
    else if (report?.report === "listening") {
      clearTimeout(this.#startTimer);
      this.#local = report.local;
      this.#isListening(report.local);
    }
  }

  /** The end of a thread may overtake its last reports (often so on Node 26), and closing the channel would throw them away. */
  #hearTheRest(): void {
    const { receiveMessageOnPort } = process.getBuiltinModule("node:worker_threads");
    for (let last = receiveMessageOnPort(this.#channel); last !== undefined; last = receiveMessageOnPort(this.#channel)) {
      this.#hear((last as { message: unknown }).message);
    }
  }

  #end(exitCode: number): WorkerEnd {
    this.#hearTheRest();
    this.#hasEnded = true;
    clearTimeout(this.#startTimer);
    this.#channel.close();
    for (const answer of this.#questions.values()) answer();
    return { exitCode, error: this.#error };
  }
}

/** A thread may throw anything. A copy of it arrives here, and even that of an Error need not have a text. */
function errorOf(thrown: unknown): Error {
  const error = asError(thrown);
  const { message } = error as { message: unknown };
  return typeof message === "string" ? error : new Error(asError(message).message, { cause: error });
}
