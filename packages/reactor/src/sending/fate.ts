import type { Outcome, SendFate, SocketAddress } from "@groupcast/backend";
import { type ErrorDefinition, StateError } from "@groupcast/base";

/** Counts a datagram that was refused, and returns the error for its sender. */
export type Refused = (errno: number, to: SocketAddress | undefined, lengthBytes: number, by: string | undefined) => Error;

/** Fate of one datagram, as a promise: it resolves when the OS has taken the datagram, and rejects with the reason why not. */
export class Fate implements SendFate {
  readonly promise: Promise<void>;
  readonly #refused: Refused;
  #resolve!: () => void;
  #reject!: (error: Error) => void;
  #to: SocketAddress | undefined;
  #lengthBytes = 0;
  #by: string | undefined;
  #isPostponed = false;

  /** @param refused - Called once, if the OS refuses the datagram. */
  constructor(refused: Refused) {
    this.#refused = refused;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Names the datagram; `by`: the interface that it is to leave by. */
  of(to: SocketAddress, lengthBytes: number, by?: string): this {
    this.#to = to;
    this.#by = by;
    this.#lengthBytes = lengthBytes;
    return this;
  }

  postpone(): (outcome: Outcome) => void {
    this.#isPostponed = true;
    return (outcome) => (outcome < 0 ? this.refuse(outcome) : this.#resolve());
  }

  /** The network took the datagram; resolves, unless the backend has yet to learn its fate. */
  take(): void {
    if (!this.#isPostponed) this.#resolve();
  }

  /** The network refused the datagram. */
  refuse(errno: number): void {
    this.#reject(this.#refused(errno, this.#to, this.#lengthBytes, this.#by));
  }

  /** The datagram does not reach the network: the queue is full, or the port closes. */
  abandon(state: ErrorDefinition<string, "StateError">): void {
    this.#reject(new StateError(state, "send", this.#to));
  }
}
