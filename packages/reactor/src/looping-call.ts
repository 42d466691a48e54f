import { checkBoolean, checkDelay, checkFunction, isThenable, StateError, settled, wrongType } from "@groupcast/base";
import type { Reactor } from "./reactor.js";
import { REACTOR_ERRORS } from "./reactor-errors.js";
import type { DelayedCall } from "./time/delayed-call.js";

/** One start of a loop, until its end. */
interface Run {
  readonly intervalMs: number;
  startedMs: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  tick: number; // number of intervals from the start at which the latest call was due
  counted: number; // tick of the latest call that was made
  next: DelayedCall | undefined;
  isCalling: boolean;
}

/**
 * Calls a function again and again. Twisted: `LoopingCall`.
 *
 * Calls are due at multiples of the interval from the start, so they do not drift. A call that takes longer than the interval skips the
 * calls that it missed. When the function returns a promise, the next call waits for it. An error that it throws or rejects with ends
 * the loop and rejects the promise of {@link LoopingCall.start}. The reactor's shutdown ends the loop too, and the promise resolves.
 */
export class LoopingCall {
  readonly #reactor: Reactor;
  readonly #fn: () => unknown;
  #run: Run | undefined;
  #count = 1; // of the call in progress

  /**
   * Makes a loop whose function learns how many calls were due since its last one: 1, or more when calls were missed. Twisted:
   * `LoopingCall.withCount`.
   *
   * @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`.
   */
  static withCount(reactor: Reactor, fn: (count: number) => unknown): LoopingCall {
    checkFunction("withCount", "fn", fn);
    const loop: LoopingCall = new LoopingCall(reactor, () => fn(loop.#count));
    return loop;
  }

  /** Makes a loop that is not running yet. @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`. */
  constructor(reactor: Reactor, fn: () => unknown) {
    if (typeof reactor?.callLater !== "function") throw wrongType("new LoopingCall", "reactor", reactor, "a Reactor");
    checkFunction("new LoopingCall", "fn", fn);
    this.#reactor = reactor;
    this.#fn = fn;
  }

  /** Whether the loop is running: started, and neither stopped nor failed. */
  get running(): boolean {
    return this.#run !== undefined;
  }

  /** Interval in milliseconds; undefined while the loop is not running. */
  get intervalMs(): number | undefined {
    return this.#run?.intervalMs;
  }

  /**
   * Starts calling every `intervalMs` milliseconds; 0: in every turn of the event loop.
   *
   * @param now - Whether the first call is made at once, inside this one, or after the first interval. Default: true.
   * @returns A promise that resolves when the loop has been stopped and no call is in progress. It rejects with the function's error; with
   * InvalidArgumentError; with StateError `ERR_LOOP_RUNNING`, or `ERR_REACTOR_STOPPED` after `reactor.stop()`.
   */
  async start(intervalMs: number, now = true): Promise<void> {
    checkDelay("start", "intervalMs", intervalMs);
    checkBoolean("start", "now", now);
    if (this.running) throw new StateError(REACTOR_ERRORS.ERR_LOOP_RUNNING, "start");
    if (this.#reactor.hasStopped) throw new StateError(REACTOR_ERRORS.ERR_REACTOR_STOPPED, "start");
    const trigger = this.#reactor.addSystemEventTrigger("during", "shutdown", () => this.running && this.stop());
    try {
      await new Promise<void>((resolve, reject) => this.#begin({ intervalMs, resolve, reject }, now));
    } finally {
      if (!this.#reactor.hasStopped) this.#reactor.removeSystemEventTrigger(trigger);
    }
  }

  /** Ends the loop; the promise of start resolves. @throws StateError `ERR_LOOP_NOT_RUNNING`. */
  stop(): void {
    const run = this.#run;
    if (run === undefined) throw new StateError(REACTOR_ERRORS.ERR_LOOP_NOT_RUNNING, "stop");
    this.#run = undefined;
    if (!run.isCalling) run.resolve(); // first: the clock may be user code, and throw
    if (run.next?.active() === true) run.next.cancel();
  }

  /** Begins to count anew: the next call comes one interval from now. @throws StateError `ERR_LOOP_NOT_RUNNING`. */
  reset(): void {
    const run = this.#run;
    if (run === undefined) throw new StateError(REACTOR_ERRORS.ERR_LOOP_NOT_RUNNING, "reset");
    run.startedMs = this.#reactor.clock.nowMs();
    run.tick = run.counted = 0;
    if (run.next?.active() !== true) return; // a call is in progress; the next one is scheduled when it ends
    this.#guarded(run, () => {
      run.next?.cancel();
      this.#schedule(run);
    });
  }

  #begin(settings: Pick<Run, "intervalMs" | "resolve" | "reject">, now: boolean): void {
    const run: Run = {
      ...settings,
      startedMs: this.#reactor.clock.nowMs(),
      tick: 0,
      counted: now ? -1 : 0,
      next: undefined,
      isCalling: false,
    };
    this.#run = run;
    if (now) this.#call(run);
    else this.#guarded(run, () => this.#schedule(run));
  }

  /** Makes one call. Unless it returns a promise, the next call is scheduled when this returns. */
  #call(run: Run): void {
    run.isCalling = true;
    this.#guarded(run, () => {
      this.#countCall(run);
      const result = this.#fn();
      if (!isThenable(result)) this.#called(run);
      else
        settled(result)
          .then(() => this.#called(run))
          .catch((error: unknown) => this.#failed(run, error));
    });
  }

  /** Runs `act`; what it, or the clock, throws ends the loop. */
  #guarded(run: Run, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#failed(run, error);
    }
  }

  #countCall(run: Run): void {
    run.tick = Math.max(run.tick, this.#intervalsOf(run));
    this.#count = run.intervalMs === 0 ? 1 : run.tick - run.counted;
    run.counted = run.tick;
  }

  /** Returns the number of whole intervals since the start. */
  #intervalsOf({ intervalMs, startedMs }: Run): number {
    return intervalMs === 0 ? 0 : Math.floor((this.#reactor.clock.nowMs() - startedMs) / intervalMs);
  }

  #called(run: Run): void {
    run.isCalling = false;
    if (this.#run === run) this.#schedule(run);
    else run.resolve(); // stopped meanwhile
  }

  #failed(run: Run, error: unknown): void {
    if (this.#run === run) this.#run = undefined;
    run.reject(error);
  }

  #schedule(run: Run): void {
    const { intervalMs, startedMs } = run;
    const elapsedMs = this.#reactor.clock.nowMs() - startedMs;
    if (intervalMs > 0) run.tick = Math.max(run.tick, this.#intervalsOf(run)) + 1;
    run.next = this.#reactor.callLater(Math.max(0, run.tick * intervalMs - elapsedMs), () => this.#call(run));
  }
}
