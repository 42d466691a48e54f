import { TokenBucket } from "./token-bucket.js";

const BURST_SECONDS = 10; // what a client may send at once: it paces itself, the network bunches
const FEWEST_TOKENS = 2;

/** Rate limits of the clients seen last. When the table is full, the client that was silent for longest makes room. */
export class ClientTable {
  readonly #perSecond: number;
  readonly #maxClients: number;
  readonly #buckets = new Map<string, TokenBucket>(); // in order of their latest requests
  #evicted = 0;

  constructor(perSecond: number, maxClients: number) {
    this.#perSecond = perSecond;
    this.#maxClients = maxClients;
  }

  /** Number of clients in the table. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Number of clients that had to make room. */
  get evicted(): number {
    return this.#evicted;
  }

  /** Returns whether the table knows the client. */
  has(client: string): boolean {
    return this.#buckets.has(client);
  }

  /** Counts a request of a client; returns whether it is within the client's rate. */
  admit(client: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(client) ?? this.#newBucket(nowMs);
    this.#buckets.delete(client);
    this.#buckets.set(client, bucket);
    return bucket.take(nowMs);
  }

  #newBucket(nowMs: number): TokenBucket {
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined && this.#buckets.size >= this.#maxClients) {
      this.#buckets.delete(oldest);
      this.#evicted += 1;
    }
    return new TokenBucket(this.#perSecond, Math.max(FEWEST_TOKENS, this.#perSecond * BURST_SECONDS), nowMs);
  }
}
