/**
 * Right of a node in a large network to repeat its list of channels.
 *
 * Newcomers want the lists of all nodes, and anybody can invent newcomers. So a node has credit for two lists, and each comes back after a
 * time that grows with the number of nodes. The first goes out with the next heartbeat. The second waits until no newcomer has appeared for
 * a period, as a fleet that starts has many: its last one needs a list, too. Without newcomers a part of the list is repeated every four
 * to eight such times, for nodes that missed it. The time is random, because nodes that start together would repeat theirs together.
 */
const MOST_LISTS = 2;
const REFRESH_SHARE = 4;

export class ListCredit {
  #lists = MOST_LISTS;
  #countedMs: number;
  #refreshedMs: number;
  #refreshShare: number;
  readonly #random: () => number;
  #wantedMs: number | undefined; // time of the latest newcomer that nothing was sent for

  constructor(nowMs: number, random: () => number) {
    this.#countedMs = nowMs;
    this.#refreshedMs = nowMs;
    this.#random = random;
    this.#refreshShare = this.#nextShare;
  }

  /** Notes that a newcomer wants the list. */
  want(nowMs: number): void {
    this.#wantedMs = nowMs;
  }

  /**
   * Returns whether to send the whole list now; if so, takes it as sent.
   *
   * @param listMs - Time after which a list that was sent comes back.
   */
  takeWhole(nowMs: number, listMs: number, periodMs: number): boolean {
    this.#count(nowMs, listMs);
    if (this.#wantedMs === undefined) return false;
    const isQuiet = nowMs - this.#wantedMs >= periodMs;
    if (this.#lists < (isQuiet ? 1 : MOST_LISTS)) return false;
    this.#lists--;
    this.sent(nowMs);
    return true;
  }

  /** Returns whether to send the next part of the list now; if so, takes it as sent. */
  takePart(nowMs: number, listMs: number): boolean {
    if (nowMs - this.#refreshedMs < this.#refreshShare * listMs) return false;
    this.#refreshedMs = nowMs;
    this.#refreshShare = this.#nextShare;
    return true;
  }

  /** Notes that the whole list was sent: nobody waits for it. */
  sent(nowMs: number): void {
    this.#wantedMs = undefined;
    this.#refreshedMs = nowMs;
  }

  get #nextShare(): number {
    return REFRESH_SHARE * (1 + this.#random());
  }

  #count(nowMs: number, listMs: number): void {
    if (this.#lists < MOST_LISTS && nowMs - this.#countedMs < listMs) return;
    if (this.#lists < MOST_LISTS) this.#lists++;
    this.#countedMs = nowMs;
  }
}
