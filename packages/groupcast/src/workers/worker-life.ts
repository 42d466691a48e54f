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
  /** Exit code of the thread. */
  readonly exitCode: number;
  /** Error that nobody caught, or the reason for terminating it; undefined: it ended by `process.exit()`, or had nothing left to do. */
  readonly error: Error | undefined;
}

export class WorkerLife {
  /** Settles when the module is loaded; rejects with its {@link WorkerEnd}. */
  readonly loaded: Promise<void>;
  /** Settles when the thread has ended. */
  readonly ended: Promise<WorkerEnd>;
  readonly #worker: Worker | undefined; // undefined: no thread could be started
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

  /** Starts the thread. Where the system refuses one, the life ends at once. */
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
    const limitMs = options.startTimeoutMs;
    this.#startTimer = setTimeout(() => this.terminate(new Error(`it does not listen after ${limitMs} ms`)), limitMs);
    const channelClosed = new Promise((resolve) => port1.once("close", resolve)); // its handle is open until then
    this.#worker = this.#begin(() => {
      return new threads.Worker(PROGRAM, { eval: true, workerData: setting, transferList: [port2], name: `groupcast ${number}` });
    });
    const exited = new Promise<WorkerEnd>((resolve) => {
      if (this.#worker === undefined) resolve(this.#end(1));
      else this.#worker.once("exit", (exitCode) => resolve(this.#end(exitCode)));
    });
    this.ended = Promise.all([exited, channelClosed]).then(([end]) => end);
    const cut = this.ended.then((end) => Promise.reject(end));
    cut.catch(() => {}); // whoever waits for a step hears of it
    this.loaded = Promise.race([new Promise<void>((resolve) => (this.#isLoaded = resolve)), cut]);
    this.loaded.catch(() => {});
    port1.on("message", (report: Report) => this.#hear(report));
    this.#worker?.on("error", (error) => (this.#error ??= asError(error)));
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

  /** Threads run out (`EAGAIN`), and a program may lack the permission for workers. */
  #begin(start: () => Worker): Worker | undefined {
    try {
      return start();
    } catch (error) {
      this.#error = asError(error);
      return undefined;
    }
  }

  #order(order: Order): void {
    if (!this.#hasEnded) this.#channel.postMessage(order);
  }

  #hear(report: Report): void {
    if (report.report === "loaded") this.#isLoaded();
    else if (report.report === "counted") this.#questions.get(report.question)?.();
    else {
      clearTimeout(this.#startTimer);
      this.#local = report.local;
      this.#isListening(report.local);
    }
  }

  #end(exitCode: number): WorkerEnd {
    this.#hasEnded = true;
    clearTimeout(this.#startTimer);
    this.#channel.close();
    for (const answer of this.#questions.values()) answer();
    return { exitCode, error: this.#error };
  }
}
