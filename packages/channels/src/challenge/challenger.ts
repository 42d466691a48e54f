/**
 * Asks senders whose packets show no time to be trusted whether they are there, and keeps what they have proved.
 *
 * Theory of operation: a challenge is a random number, sealed. Its sender answers with the number, and with the counter and the time that its
 * next packet will have. As counters only go up, whatever has that counter or a higher one was sealed after the challenge, so it is no
 * recording from before; the window of counters refuses the rest. The time says by how much the sender's clock differs from the one here, so
 * a packet that was held back on the way is found, as with a sender whose clock is right. The packets before the answer stay refused.
 *
 * The challenger asks for packets that a member has made, as their gate shows, so a stranger makes it ask only by recordings. A sender that
 * does not answer is asked six times, at growing intervals, and then left alone for a minute.
 */
import { randomBytes } from "node:crypto";
import type { Clock } from "@groupcast/base";
import { RecentTable } from "../order/recent-table.js";
import type { Proofs, SealedMoment } from "../seal/proofs.js";
import type { ChallengeStatistics } from "../seal/seal-challenges.js";
import { SALT_BYTES } from "../seal/sealed-packet.js";
import { type Answer, encodeQuestions, MAX_QUESTIONS, NONCE_BYTES } from "./challenge-contents.js";
import { Pacer } from "./pacer.js";

const MAX_SENDERS = 1024; // that are asked, and as many that have proved something; a channel remembers the windows of as many
const MAX_TRIES = 6;
const FIRST_PAUSE_MS = 250; // after the first try, and twice as long after each further one: 16 s in all
const REST_MS = 60_000; // before a sender that has not answered is asked again

/** A sender that is asked. */
interface Challenge {
  readonly sender: string; // salt and signer
  nonce: string; // "" before the first try
  sinceMs: number; // time at which the nonce was first sent
  leastCounter: number; // packets below it may have come before, whatever the sender says
  tries: number;
  nextMs: number; // time at which it is asked again, given up, or may be asked once more
  isGivenUp: boolean;
}

/** A sender's answer, as far as it matters later. */
interface Proof {
  counter: number; // of the first packet that is fresh
  behindMs: number; // time by the clock here when the sender's clock showed 0
}

/** The parts of an exchange that its challenger uses. */
export interface ChallengerOptions {
  readonly clock: Clock; // shows no time of day, but goes on
  readonly maxAgeMs: number;
  readonly statistics: ChallengeStatistics;
  readonly send: (contents: Buffer) => void;
}

export class Challenger implements Proofs {
  readonly #options: ChallengerOptions;
  readonly #pacer: Pacer;
  #proven: RecentTable<Proof>;
  #asked: RecentTable<Challenge>;

  constructor(options: ChallengerOptions) {
    this.#options = options;
    this.#pacer = new Pacer(options.clock, () => this.#askAll());
    this.#proven = this.#noneProven();
    this.#asked = this.#noneAsked();
  }

  /**
   * Whether a sender has proved that a packet is fresh. Asks a sender that has proved nothing yet, or whose clock has moved since; not for a
   * packet from before its proof, which no answer can make fresh.
   */
  isProven(senderId: string, { counter, timeMs }: SealedMoment): boolean {
    const sender = withoutKeyId(senderId);
    const proof = this.#proven.peek(sender);
    if (proof !== undefined) {
      if (counter < proof.counter) return false;
      this.#proven.use(sender, () => proof);
      if (Math.abs(this.#nowMs - proof.behindMs - timeMs) <= this.#options.maxAgeMs) return true;
    }
    this.#ask(sender);
    return false;
  }

  /** From now on packets up to `newest` may be repeats, under whatever key, and whenever the sender is asked. */
  forgotten(senderId: string, newest: number): void {
    const sender = withoutKeyId(senderId);
    const [proof, challenge] = [this.#proven.peek(sender), this.#asked.peek(sender)];
    if (proof !== undefined) proof.counter = Math.max(proof.counter, newest + 1);
    if (challenge !== undefined) challenge.leastCounter = Math.max(challenge.leastCounter, newest + 1);
  }

  /** Takes an answer. @param signer - Mark in the answer's header, as latin1; "" when it is not signed. */
  answered({ salt, counter, timeMs, nonces }: Answer, signer: string): void {
    const sender = salt + signer;
    const challenge = this.#asked.peek(sender);
    if (challenge === undefined || !nonces.includes(challenge.nonce)) return; // it answers others, or it is a recording
    if (this.#isOld(challenge)) return; // it was held back, and its time with it
    this.#asked.delete(sender);
    const proof = this.#proven.use(sender, () => ({ counter: 0, behindMs: 0 })).value;
    proof.counter = Math.max(counter, challenge.leastCounter);
    proof.behindMs = this.#nowMs - timeMs;
    this.#options.statistics.proven++;
  }

  /** Asks nobody any more. What was proved stays. */
  stop(): void {
    this.#pacer.cancel();
    this.#asked = this.#noneAsked();
  }

  /** Takes back what was proved by answers that nobody had to sign: any member may have given them, in the name of any other. */
  distrust(): void {
    this.#proven = this.#noneProven();
  }

  get #nowMs(): number {
    return this.#options.clock.nowMs();
  }

  #noneProven(): RecentTable<Proof> {
    return new RecentTable(MAX_SENDERS, () => this.#options.statistics.evicted++);
  }

  #noneAsked(): RecentTable<Challenge> {
    return new RecentTable(MAX_SENDERS, ({ isGivenUp }) => {
      if (!isGivenUp) this.#options.statistics.evicted++;
    });
  }

  #ask(sender: string): void {
    const nowMs = this.#nowMs;
    const known = this.#asked.peek(sender);
    if (known !== undefined && (!known.isGivenUp || nowMs < known.nextMs)) return;
    this.#asked.delete(sender);
    this.#asked.use(sender, () => ({ sender, nonce: "", sinceMs: nowMs, leastCounter: 0, tries: 0, nextMs: nowMs, isGivenUp: false }));
    this.#options.statistics.asked++;
    this.#pacer.wake(nowMs);
  }

  #askAll(): void {
    const nowMs = this.#nowMs;
    const due = this.#asked.values().filter(({ isGivenUp, nextMs }) => !isGivenUp && nextMs <= nowMs);
    for (const challenge of due) if (challenge.tries === MAX_TRIES) this.#giveUp(challenge, nowMs);
    const chosen = someOf(due.filter(({ isGivenUp }) => !isGivenUp));
    for (const challenge of chosen) {
      if (challenge.tries === 0 || this.#isOld(challenge)) Object.assign(challenge, { nonce: freshNonce(), sinceMs: nowMs });
      challenge.nextMs = nowMs + FIRST_PAUSE_MS * 2 ** challenge.tries++;
    }
    if (chosen.length > 0) this.#options.send(encodeQuestions(chosen.map(({ sender, nonce }) => ({ salt: saltIn(sender), nonce }))));
    const underWay = this.#asked.values().filter(({ isGivenUp }) => !isGivenUp);
    if (underWay.length > 0) this.#pacer.wake(Math.min(...underWay.map(({ nextMs }) => nextMs)));
  }

  /** Whether an answer now would show the time of its sender too roughly. */
  #isOld({ sinceMs }: Challenge): boolean {
    return this.#nowMs - sinceMs > this.#options.maxAgeMs;
  }

  #giveUp(challenge: Challenge, nowMs: number): void {
    challenge.isGivenUp = true;
    challenge.nextMs = nowMs + REST_MS;
    this.#options.statistics.unanswered++;
  }
}

/** Returns those that one packet has room for. Chance chooses, so that nobody keeps a sender waiting by recordings of many others. */
function someOf(challenges: readonly Challenge[]): readonly Challenge[] {
  if (challenges.length <= MAX_QUESTIONS) return challenges;
  const start = Math.floor(Math.random() * challenges.length);
  return [...challenges.slice(start), ...challenges.slice(0, start)].slice(0, MAX_QUESTIONS);
}

function freshNonce(): string {
  return randomBytes(NONCE_BYTES).toString("latin1");
}

/** Returns salt and signer: a sender keeps its counter, and so what it has proved, when it takes another key. */
function withoutKeyId(senderId: string): string {
  return senderId.slice(1);
}

function saltIn(sender: string): string {
  return sender.slice(0, SALT_BYTES);
}
