import type { Clock } from "@groupcast/base";
import type { ChallengeStatistics, SealPosition } from "../seal/seal-challenges.js";
import { encodeAnswer, MAX_NONCES, type Question } from "./challenge-contents.js";
import { Pacer } from "./pacer.js";

/** The parts of an exchange that its answerer uses. */
export interface AnswererOptions {
  readonly clock: Clock;
  readonly statistics: ChallengeStatistics;
  /** Returns the place of this node among the senders; undefined when it is none. */
  readonly position: () => SealPosition | undefined;
  readonly send: (contents: Buffer) => void;
}

/** Answers the challenges to this node, all of 100 ms with one packet. */
export class Answerer {
  readonly #options: AnswererOptions;
  readonly #pacer: Pacer;
  #nonces: string[] = [];

  constructor(options: AnswererOptions) {
    this.#options = options;
    this.#pacer = new Pacer(options.clock, () => this.#answer());
  }

  /** Takes challenges, to whomever they are. */
  asked(questions: readonly Question[]): void {
    const own = this.#options.position()?.salt;
    for (const { salt, nonce } of questions) if (salt === own && !this.#nonces.includes(nonce)) this.#take(nonce);
  }

  /** Answers nothing any more. */
  stop(): void {
    this.#pacer.cancel();
    this.#nonces = [];
  }

  /** Takes a nonce. When there is no room chance chooses one to go, so that recordings of challenges keep no other waiting for ever. */
  #take(nonce: string): void {
    if (this.#nonces.length < MAX_NONCES) this.#nonces.push(nonce);
    else {
      this.#nonces[Math.floor(Math.random() * MAX_NONCES)] = nonce;
      this.#options.statistics.crowdedOut++;
    }
    this.#pacer.wake(this.#options.clock.nowMs());
  }

  #answer(): void {
    const position = this.#options.position(); // now: the later, the more packets it excludes
    const nonces = this.#nonces.splice(0);
    if (position === undefined) return;
    this.#options.statistics.answered += nonces.length;
    this.#options.send(encodeAnswer({ ...position, nonces }));
  }
}
