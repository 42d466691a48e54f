import type { Outcome, SendFate, SocketAddress } from "@groupcast/backend";
import { type ErrorDefinition, StateError } from "@groupcast/base";
import type { SendReceipt } from "../send-receipt.js";

/** Counts a datagram that was refused, and returns the error for its sender. */
export type Refused = (errno: number, to: SocketAddress | undefined, lengthBytes: number, by: string | undefined) => Error;

/** A promise of a fate, with its functions. */
interface Awaited {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Fate of one datagram: the OS takes it, or there is a reason why not. The promise is made for those who ask for it. */
export class Fate implements SendFate, SendReceipt {
  readonly #refused: Refused;
  #outcome: "waiting" | "taken" | Error = "waiting";
  #awaited: Awaited | undefined;
  #to: SocketAddress | undefined;
  #lengthBytes = 0;
  #by: string | undefined;
  #isPostponed = false;

  /** @param refused - Called once, if the OS refuses the datagram. */
  constructor(refused: Refused) {
    this.#refused = refused;
  }

  get outcome(): "waiting" | "taken" | Error {
    return this.#outcome;
  }

  settled(): Promise<void> {
    if (this.#awaited === undefined) {
      this.#awaited = awaited();
      this.#settle();
    }
    return this.#awaited.promise;
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
    return (outcome) => (outcome < 0 ? this.refuse(outcome) : this.#decide("taken"));
  }

  /** The network took the datagram; settles, unless the backend has yet to learn its fate. */
  take(): void {
    if (!this.#isPostponed) this.#decide("taken");
  }

  /** The network refused the datagram. */
  refuse(errno: number): void {
    this.#decide(this.#refused(errno, this.#to, this.#lengthBytes, this.#by));
  }

  /** The datagram does not reach the network: the queue is full, or the port closes. */
  abandon(state: ErrorDefinition<string, "StateError">): void {
    this.#decide(new StateError(state, "send", this.#to));
  }

  #decide(outcome: "taken" | Error): void {
    if (this.#outcome !== "waiting") return; // the first answer counts
    this.#outcome = outcome;
    this.#settle();
  }

  #settle(): void {
    if (this.#awaited === undefined || this.#outcome === "waiting") return;
    if (this.#outcome === "taken") this.#awaited.resolve();
    else this.#awaited.reject(this.#outcome);
  }
}

function awaited(): Awaited {
  let functions: Omit<Awaited, "promise"> | undefined;
  const promise = new Promise<void>((resolve, reject) => {
    functions = { resolve, reject };
  });
  return { promise, ...functions! };
}
