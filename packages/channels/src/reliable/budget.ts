/** An allowance that is granted steadily. What is spent may exceed it once, so that the largest item passes, too; then it has to be paid off. */
export class Budget {
  readonly #perSecond: number;
  readonly #most: number;
  #left: number;
  #grantedMs: number;

  /** @param most - Largest amount that is saved up. */
  constructor(perSecond: number, most: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#most = most;
    this.#left = most;
    this.#grantedMs = nowMs;
  }

  /** Spends an amount; returns false, and spends nothing, when nothing is left. */
  spend(amount: number, nowMs: number): boolean {
    this.#left = Math.min(this.#most, this.#left + ((nowMs - this.#grantedMs) * this.#perSecond) / 1000);
    this.#grantedMs = nowMs;
    if (this.#left <= 0) return false;
    this.#left -= amount;
    return true;
  }
}
