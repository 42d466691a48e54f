/**
 * Those who ask a sender, and how much each of them gets.
 *
 * Theory of operation: an asker is believed once it has shown the token for its address, which was sent there: so nobody has a sender flood
 * somebody else. The token is a keyed hash of the address (RFC 7873 has such cookies), so that it costs no memory before. Each asker has a
 * budget in bytes and in questions, and credit: what is sent anew earns it, what is sent again spends it. An asker that loses more than
 * {@link TOLERATED_LOSS} for long has none left, and is let go for a while; the others get what it would have taken.
 */
import { createHmac, randomBytes } from "node:crypto";
import type { ChannelSource } from "../contract/channel-transport.js";
import { RecentTable } from "../order/recent-table.js";
import { Budget } from "./budget.js";
import { NO_TOKEN, TOKEN_BYTES } from "./repair-notes.js";

const MAX_ASKERS = 1024;
const QUESTIONS_PER_SECOND = 1000; // an honest asker has some 200, and up to 8 at a time
const CREDIT_PACKETS = 16_384; // an outage of most of a second at 20,000 packets a second
const TOLERATED_LOSS = 0.5; // packets sent again for each that is sent anew: a loss of a third, as what is sent again gets lost, too
const LET_GO_MS = 10_000;
const KEY_BYTES = 32;

/** Totals of what the channel has sent when an asker asks. */
interface SentTotals {
  /** Packets, each counted once. */
  readonly sent: number;
  /** Packets that are kept, all of which may be history to a new asker: then it has not lost them. */
  readonly kept: number;
  readonly nowMs: number;
}

/** One asker that has shown its token. */
export class Asker {
  readonly id: string;
  readonly source: ChannelSource;
  readonly #bytes: Budget;
  readonly #questions: Budget;
  #credit: number;
  #sentBefore: number;
  #letGoUntilMs = 0;

  constructor(source: ChannelSource, bytesPerSecond: number, totals: SentTotals) {
    this.id = source.id;
    this.source = source;
    this.#credit = CREDIT_PACKETS + totals.kept;
    this.#sentBefore = totals.sent;
    this.#bytes = new Budget(bytesPerSecond, bytesPerSecond / 4, totals.nowMs);
    this.#questions = new Budget(QUESTIONS_PER_SECOND, QUESTIONS_PER_SECOND / 4, totals.nowMs);
  }

  /** Whether it may ask something now that counts as so many questions. */
  mayAsk(cost: number, nowMs: number): boolean {
    return this.#questions.spend(cost, nowMs);
  }

  /** Whether it was let go. */
  isLetGo(nowMs: number): boolean {
    return nowMs < this.#letGoUntilMs;
  }

  /** Spends the budget for a packet; returns false when there is none left. */
  spend(bytes: number, nowMs: number): boolean {
    return this.#bytes.spend(bytes, nowMs);
  }

  /** Spends credit for a packet; returns whether it is let go from now on, as there is none left. */
  losesTooMuch(sent: number, nowMs: number): boolean {
    const earned = (sent - this.#sentBefore) * TOLERATED_LOSS;
    this.#credit = Math.max(this.#credit, Math.min(CREDIT_PACKETS, this.#credit + earned)) - 1;
    this.#sentBefore = sent;
    if (this.#credit > 0) return false;
    this.#credit = CREDIT_PACKETS;
    this.#letGoUntilMs = nowMs + LET_GO_MS;
    return true;
  }
}

export class Askers {
  readonly #key = randomBytes(KEY_BYTES);
  readonly #bytesPerSecond: number;
  readonly #askers = new RecentTable<Asker>(MAX_ASKERS);

  /** @param bytesPerSecond - Budget of each. */
  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Returns the asker at an address, if the token is the right one. */
  find(source: ChannelSource, token: string, totals: SentTotals): Asker | undefined {
    if (token === NO_TOKEN || token !== this.tokenOf(source)) return undefined;
    return this.#askers.use(source.id, () => new Asker(source, this.#bytesPerSecond, totals)).value;
  }

  /** Returns the token of an address: 16 hexadecimal digits. */
  tokenOf({ id }: ChannelSource): string {
    return createHmac("sha256", this.#key)
      .update(id)
      .digest("hex")
      .slice(0, 2 * TOKEN_BYTES);
  }
}
