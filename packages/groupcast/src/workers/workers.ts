/** Worker threads that share a port: started together, replaced when they die, counted as one. */
import { Emitter, Eventful, type EventTable, StateError, stderrLogger, throwIfAborted, whenAborted } from "@groupcast/base";
import { type PortStatistics, REACTOR_ERRORS, type SocketAddress } from "@groupcast/reactor";
import { ownSetting } from "./serve-worker.js";
import { noCounts } from "./worker-counters.js";
import { type WorkerEnd, WorkerLife } from "./worker-life.js";
import { type ResolvedWorkersOptions, resolveWorkersOptions, type WorkersOptions } from "./workers-options.js";

/** A worker that died. */
export interface WorkerDeath {
  /** Number of the worker, from 0. */
  readonly worker: number;
  /** Exit code of its thread; 1 also if there was none: the system had no more, or a policy forbids threads. */
  readonly exitCode: number;
  /** Error that nobody caught; undefined: the worker called `process.exit()`, or had nothing left to do. */
  readonly error: Error | undefined;
  /** Milliseconds until another one takes its place; undefined: none does. */
  readonly restartMs: number | undefined;
}

/** A worker that listens again. */
export interface WorkerRestart {
  /** Number of the worker, from 0. */
  readonly worker: number;
}

/** Events of {@link Workers}. */
export type WorkersEvents = {
  /** A worker has died. Logged when there is no listener. */
  died: (death: WorkerDeath) => void;
  /** A worker listens in the place of a dead one. */
  restarted: (restart: WorkerRestart) => void;
};

const EVENTS: EventTable<WorkersEvents> = { died: "a worker has died", restarted: "a worker listens in the place of a dead one" };

/** Counters of all workers, dead ones included. */
export interface WorkersStatistics extends PortStatistics {
  /** Number of workers that listen. */
  listening: number;
  /** Number of workers that died. */
  deaths: number;
  /** Number of workers that took the place of a dead one, and listened. */
  restarts: number;
  /**
   * Number of workers whose latest counts are missing: terminated, out of memory, or too busy to answer within a second. What they counted
   * up to a second before is in the sum.
   */
  incomplete: number;
}

/** The place of a worker, which one life after another fills. */
interface Place {
  readonly number: number;
  life: WorkerLife;
  listeningSinceMs: number | undefined;
  failures: number; // in a row
  timer: NodeJS.Timeout | undefined;
}

/** Worker threads that share one port number by `reusePort`. {@link startWorkers} starts them. */
export class Workers extends Eventful<WorkersEvents> {
  readonly #options: ResolvedWorkersOptions;
  readonly #emitter: Emitter<WorkersEvents>;
  readonly #places: Place[] = [];
  readonly #gone = noCounts(); // of dead workers
  #deaths = 0;
  #restarts = 0;
  #incomplete = 0; // of dead workers
  #local: SocketAddress | undefined;
  #stopped: Promise<void> | undefined;
  #forgetSignal = (): void => {};

  /** @internal */
  constructor(options: ResolvedWorkersOptions) {
    const emitter = new Emitter<WorkersEvents>(EVENTS);
    emitter.listenerThrew = (error) => stderrLogger.error("a listener of workers threw", { error: error as Error });
    super(emitter);
    this.#emitter = emitter;
    this.#options = options;
  }

  /** @internal */
  async start(): Promise<void> {
    const { workers, port, signal } = this.#options;
    for (let number = 0; number < workers; number++) {
      const life = new WorkerLife(number, this.#options);
      this.#places.push({ number, life, listeningSinceMs: undefined, failures: 0, timer: undefined });
    }
    if (signal !== undefined) this.#forgetSignal = whenAborted(signal, () => void this.stop());
    try {
      await Promise.all(this.#places.map((place) => this.#whole(place, place.life.loaded)));
      // One after another, as steering counts sockets in the order of bind.
      for (const place of this.#places) await this.#listen(place, this.#local?.port ?? port);
    } catch (error) {
      await this.#end(true);
      if (signal !== undefined) throwIfAborted(signal);
      throw error;
    }
    // In the next turn: a listener of whoever awaits this hears also of a worker that died while the others came to listen.
    setImmediate(() => {
      for (const place of this.#places) this.#watch(place);
    });
  }

  /** Returns the address that the workers share. */
  getHost(): SocketAddress {
    return this.#local!;
  }

  /** Asks every worker for its counters, and returns their sum; with it, the counts of dead workers as far as they are known. */
  async statistics(): Promise<WorkersStatistics> {
    const lives = this.#places.map(({ life }) => life);
    const answers = await Promise.all(lives.map((life) => life.count()));
    const sum = { ...this.#gone };
    const living = this.#places.filter(({ life, listeningSinceMs }) => lives.includes(life) && listeningSinceMs !== undefined);
    for (const { life } of living) life.addTo(sum);
    const silent = living.filter(({ life }) => answers[lives.indexOf(life)] === false).length;
    return {
      ...sum,
      listening: living.filter(({ life }) => life.local !== undefined).length,
      deaths: this.#deaths,
      restarts: this.#restarts,
      incomplete: this.#incomplete + silent,
    };
  }

  /** Stops every port and ends every thread. Resolves when they have ended; the same promise each time. */
  stop(): Promise<void> {
    this.#stopped ??= this.#end(false);
    return this.#stopped;
  }

  /** As {@link Workers.stop}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #end(isAtOnce: boolean): Promise<void> {
    this.#stopped ??= Promise.resolve();
    this.#forgetSignal();
    for (const { timer } of this.#places) clearTimeout(timer);
    await Promise.all(
      this.#places.map(async (place) => {
        if (isAtOnce) place.life.terminate();
        await place.life.stop(this.#options.stopTimeoutMs);
        this.#bury(place);
      }),
    );
  }

  async #listen(place: Place, port: number): Promise<void> {
    this.#local = await this.#whole(place, place.life.listen(port));
    place.listeningSinceMs = performance.now();
  }

  /** Turns the end of a worker into an error. */
  async #whole<T>({ number }: Place, step: Promise<T>): Promise<T> {
    try {
      return await step;
    } catch (end) {
      const { error, exitCode } = end as WorkerEnd;
      const reason = `worker ${number} ${error === undefined ? `ended with exit code ${exitCode}` : `failed: ${reasonOf(error)}`}`;
      throw new StateError(REACTOR_ERRORS.ERR_WORKER_START, "startWorkers", {}, { reason, cause: error });
    }
  }

  #watch(place: Place): void {
    void place.life.ended.then((end) => this.#died(place, end));
  }

  #died(place: Place, { exitCode, error }: WorkerEnd): void {
    if (this.#stopped !== undefined) return;
    const { restart, minRestartMs, maxRestartMs } = this.#options;
    const livedMs = place.listeningSinceMs === undefined ? 0 : performance.now() - place.listeningSinceMs;
    place.failures = livedMs >= maxRestartMs ? 1 : place.failures + 1;
    this.#deaths += 1;
    this.#bury(place);
    const restartMs = restart ? Math.min(maxRestartMs, minRestartMs * 2 ** (place.failures - 1)) : undefined;
    if (restartMs !== undefined) place.timer = setTimeout(() => void this.#replace(place), restartMs);
    const death: WorkerDeath = Object.freeze({ worker: place.number, exitCode, error, restartMs });
    if (!this.#emitter.emit("died", death)) stderrLogger.error(`worker ${place.number} has died, with exit code ${exitCode}`, { error });
  }

  /** Keeps the counts of a worker that has ended. */
  #bury(place: Place): void {
    if (place.listeningSinceMs === undefined) return;
    place.listeningSinceMs = undefined;
    place.life.addTo(this.#gone);
    if (place.life.hasUnknownCounts) this.#incomplete += 1;
  }

  async #replace(place: Place): Promise<void> {
    const life = new WorkerLife(place.number, this.#options);
    place.life = life;
    this.#watch(place);
    try {
      await life.loaded;
      await this.#listen(place, this.getHost().port);
    } catch {
      return; // it died: #died() knows
    }
    this.#restarts += 1;
    this.#emitter.emit("restarted", Object.freeze({ worker: place.number }));
  }
}

/** An error of Groupcast has its reason beside the message, also after its way from another thread. */
function reasonOf(error: Error & { readonly reason?: unknown }): string {
  return typeof error.reason === "string" ? error.reason : error.message;
}

/**
 * Starts worker threads that import one module each and share one port, and replaces those that die. The native backend has what it
 * needs; dgram has `reusePort` on some platforms, and no steering.
 *
 * @returns A promise of the workers, when all of them listen. It rejects, and leaves no worker, with InvalidArgumentError
 * `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`, `ERR_OPTION_UNKNOWN`; with StateError `ERR_WORKER_START`: a worker did not come to listen, and
 * `cause` is its error; `ERR_WORKER_NESTED`: this thread is such a worker; and with the reason of the signal.
 */
export async function startWorkers(options: WorkersOptions): Promise<Workers> {
  const resolved = resolveWorkersOptions(options);
  if (ownSetting() !== undefined) throw new StateError(REACTOR_ERRORS.ERR_WORKER_NESTED, "startWorkers");
  throwIfAborted(resolved.signal);
  const workers = new Workers(resolved);
  await workers.start();
  return workers;
}
