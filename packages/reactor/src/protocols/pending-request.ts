import type { SocketAddress } from "@groupcast/backend";
import {
  BackOff,
  type Clock,
  callGuarded,
  DatagramError,
  ERRNO,
  type ScheduledCall,
  StateError,
  SystemError,
  whenAborted,
  wrongType,
} from "@groupcast/base";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import { MessageLengthError } from "../system-errors.js";
import type { ReceivedDatagram } from "./datagram-stream.js";
import type { ResolvedRequestOptions } from "./request-options.js";

/** Requester of a pending request. */
export interface PendingRequestOwner {
  readonly clock: Clock;
  /** Number of this request. */
  readonly number: number;
  /** Sends the query once. Rejects with what the network refused. */
  send(query: Buffer, to: SocketAddress): Promise<void>;
  /** The query was sent again. */
  sentAgain(): void;
  /** `match` threw, or returned no boolean. */
  matchFailed(): void;
  /** The request is over. */
  settled(request: PendingRequest): void;
  /** Reports what the clock throws. */
  report(thrown: unknown): void;
}

/** One question that waits for its answer. It is sent again after a wait that doubles each time (RFC 8085, 3.1.1). */
export class PendingRequest {
  readonly to: SocketAddress;
  /** Number of the request: they count up. */
  readonly number: number;
  readonly promise: Promise<ReceivedDatagram>;
  readonly #owner: PendingRequestOwner;
  readonly #query: Buffer;
  readonly #options: ResolvedRequestOptions;
  #resolve!: (answer: ReceivedDatagram) => void;
  #reject!: (reason: unknown) => void;
  #isSettled = false;
  #attempts = 0;
  #failures = 0; // attempts that are known to be lost
  readonly #backOff: BackOff;
  #cause: unknown; // latest reason why there may be no answer
  #ignoreSignal: (() => void) | undefined;
  #next: ScheduledCall | undefined;
  #deadline: ScheduledCall | undefined;

  /** Sends nothing yet. */
  constructor(owner: PendingRequestOwner, query: Buffer, to: SocketAddress, options: ResolvedRequestOptions) {
    this.#owner = owner;
    this.#query = query;
    this.to = to;
    this.number = owner.number;
    this.#options = options;
    this.#backOff = new BackOff(options.firstWaitMs);
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Sends the query for the first time. */
  start(): void {
    const { signal, timeoutMs } = this.#options;
    this.#guarded(() => {
      this.#ignoreSignal = whenAborted(signal, (reason) => this.#settle(() => this.#reject(reason)));
      this.#deadline = this.#owner.clock.schedule(timeoutMs, () => this.#fail(ERRNO.ETIMEDOUT));
      this.#transmit();
    });
  }

  /** Settles the request if `datagram` is its answer; returns whether it is. */
  take(datagram: ReceivedDatagram): boolean {
    if (!this.#matches(datagram) || this.#isSettled) return false;
    this.#settle(() => this.#resolve(datagram));
    return true;
  }

  /** The peer answered that no socket listens there. */
  refused(): void {
    const { address, port } = this.to;
    this.#lost(new SystemError(REACTOR_ERRORS.ERR_SEND, { operation: "request", errno: ERRNO.ECONNREFUSED, address, port }));
  }

  /** The port has stopped. */
  closed(): void {
    this.#settle(() => this.#reject(new StateError(REACTOR_ERRORS.ERR_CLOSED, "request", this.to)));
  }

  #matches({ data, from }: ReceivedDatagram): boolean {
    try {
      const isAnswer = this.#options.match(data, from);
      if (typeof isAnswer === "boolean") return isAnswer;
      throw wrongType("request", "match", isAnswer, "a function that returns a boolean");
    } catch (error) {
      this.#cause = error;
      this.#owner.matchFailed();
      return false;
    }
  }

  #transmit(): void {
    if (this.#attempts++ > 0) this.#owner.sentAgain();
    this.#owner.send(this.#query, this.to).catch((error: unknown) => this.#sendFailed(error));
    if (this.#attempts === this.#options.attempts) return;
    this.#next = this.#owner.clock.schedule(this.#backOff.nextMs(), () => this.#guarded(() => this.#transmit()));
  }

  /** Another attempt helps when the network refused this one, and not when the datagram is wrong or the port is closed. */
  #sendFailed(error: unknown): void {
    const mayPass = error instanceof DatagramError && error.code !== "ERR_CLOSED" && !(error instanceof MessageLengthError);
    if (mayPass) this.#lost(error);
    else this.#settle(() => this.#reject(error));
  }

  #lost(cause: DatagramError): void {
    this.#cause = cause;
    this.#failures = Math.min(this.#failures + 1, this.#attempts);
    if (this.#failures === this.#options.attempts) this.#fail(cause instanceof SystemError ? cause.errno : ERRNO.ETIMEDOUT);
  }

  #fail(errno: number): void {
    const { address, port } = this.to;
    const failure = { operation: "request", errno, address, port, cause: this.#cause };
    this.#settle(() => this.#reject(new SystemError(REACTOR_ERRORS.ERR_NO_ANSWER, failure)));
  }

  #settle(act: () => void): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#ignoreSignal?.();
    for (const call of [this.#next, this.#deadline]) callGuarded(() => call?.cancel(), this.#owner.report);
    this.#owner.settled(this);
    act();
  }

  /** Runs `act`, which calls the clock; it may be user code. */
  #guarded(act: () => void): void {
    if (this.#isSettled) return;
    try {
      act();
    } catch (error) {
      this.#settle(() => this.#reject(error));
    }
  }
}
