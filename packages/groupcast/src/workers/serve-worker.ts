/** The side of a worker thread: makes the protocol of the user's module, and opens its port. */
import { StateError } from "@groupcast/base";
import { type Protocol, REACTOR_ERRORS, type UDPPort } from "@groupcast/reactor";
import { Reactor } from "../reactor.js";
import { WorkerCounters } from "./worker-counters.js";
import type { Order, Report, WorkerSetting } from "./worker-setting.js";

const COUNT_EVERY_MS = 1000;

/** Worker that a protocol is made for: the argument of a module's function or class. */
export interface WorkerSeat {
  /** Number of the worker, from 0. A worker that replaces a dead one has the same. */
  readonly worker: number;
  /** Copy of the option `data` of `startWorkers()`. */
  readonly data: unknown;
}

/** Returns the setting of this thread if `startWorkers()` started it. */
export function ownSetting(): WorkerSetting | undefined {
  const { workerData } = process.getBuiltinModule("node:worker_threads");
  const setting = workerData as Partial<WorkerSetting> | null | undefined;
  return typeof setting?.groupcast === "string" && setting.counters !== undefined ? (setting as WorkerSetting) : undefined;
}

/**
 * Runs a worker thread of `startWorkers()`, which calls this in each. Programs do not call it.
 *
 * @returns A promise that resolves when the module is loaded, and rejects with StateError `ERR_WORKER_MODULE`: it has no protocol;
 * `ERR_WORKER_THREAD`: `startWorkers()` did not start this thread.
 */
export async function serveWorker(): Promise<void> {
  const setting = ownSetting();
  if (setting === undefined) throw new StateError(REACTOR_ERRORS.ERR_WORKER_THREAD, "serveWorker");
  const protocol = await protocolOf(setting);
  const served = new ServedWorker(setting, protocol);
  setting.channel.on("message", (order: Order) => served.obey(order));
  served.report({ report: "loaded" });
}

async function protocolOf({ module, worker, data }: WorkerSetting): Promise<Protocol> {
  const { default: made } = (await import(/* webpackIgnore: true */ /* @vite-ignore */ module)) as { default?: unknown };
  const protocol: unknown = typeof made === "function" ? await make(made, Object.freeze({ worker, data })) : made;
  if (typeof protocol === "object" && protocol !== null && !Array.isArray(protocol)) return protocol as Protocol;
  throw new StateError(REACTOR_ERRORS.ERR_WORKER_MODULE, "startWorkers", {}, { reason: `${module} ${complaint(made)}` });
}

function complaint(made: unknown): string {
  if (made === undefined) return "has no default export";
  return typeof made === "function" ? "exports a function that returns no protocol" : "exports something else than a protocol by default";
}

function make(made: unknown, seat: WorkerSeat): unknown {
  // A class cannot be called, and an arrow function cannot be constructed: the source tells them apart (ECMA-262, 20.2.3.5).
  const isClass = /^class\b/.test(Function.prototype.toString.call(made));
  return isClass ? new (made as new (seat: WorkerSeat) => unknown)(seat) : (made as (seat: WorkerSeat) => unknown)(seat);
}

class ServedWorker {
  readonly #setting: WorkerSetting;
  readonly #protocol: Protocol;
  readonly #reactor = new Reactor();
  readonly #counters: WorkerCounters;
  #port: UDPPort | undefined;
  #isStopping = false;

  constructor(setting: WorkerSetting, protocol: Protocol) {
    this.#setting = setting;
    this.#protocol = protocol;
    this.#counters = new WorkerCounters(setting.counters);
  }

  report(report: Report): void {
    this.#setting.channel.postMessage(report);
  }

  obey(order: Order): void {
    if (order.order === "listen") this.#listen(order.port);
    else if (order.order === "stop") void this.#stop();
    else {
      this.#count(false);
      this.report({ report: "counted", question: order.question });
    }
  }

  /** An error ends the thread, and reaches the one that started it. */
  #listen(number: number): void {
    const port = this.#reactor.listenUDP(number, this.#protocol, this.#setting.options);
    this.#port = port;
    port.once("closed", () => this.#portClosed());
    setInterval(() => this.#count(false), COUNT_EVERY_MS).unref();
    process.once("exit", () => this.#count(true)); // of this thread: also by process.exit() and by an error that nobody catches
    this.report({ report: "listening", local: port.getHost() });
  }

  #count(isFinal: boolean): void {
    if (this.#port !== undefined) this.#counters.write(this.#port.statistics(), isFinal);
  }

  /** A worker without its port is of no use: it ends, and another one takes its place. */
  #portClosed(): void {
    if (this.#isStopping) return;
    queueMicrotask(() => {
      throw new StateError(REACTOR_ERRORS.ERR_CLOSED, "startWorkers");
    });
  }

  async #stop(): Promise<void> {
    this.#isStopping = true;
    await this.#reactor.stop();
    this.#count(true);
    this.#setting.channel.close();
  }
}
