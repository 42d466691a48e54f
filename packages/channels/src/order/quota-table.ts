import { RecentTable } from "./recent-table.js";

/** Bounds on a set of entries. */
export interface Quota {
  readonly entries: number;
  /** Sum of the entries' weights. */
  readonly weight: number;
}

/** Bounds of a {@link QuotaTable}: of all entries together, and of the entries of one owner. */
export interface QuotaLimits {
  readonly all: Quota;
  readonly owner: Quota;
}

interface Entry<V> {
  readonly key: string;
  readonly owner: string;
  readonly value: V;
  weight: number;
}

/** Entries in the order in which they were used, and their weight. */
class Ranking<V> {
  readonly entries = new RecentTable<Entry<V>>(Number.POSITIVE_INFINITY);
  weight = 0;

  /** Makes an entry the newest; adds it, if it is not there. */
  use(entry: Entry<V>): void {
    const before = this.entries.size;
    this.entries.use(entry.key, () => entry);
    if (this.entries.size > before) this.weight += entry.weight;
  }

  delete(entry: Entry<V>): void {
    this.entries.delete(entry.key);
    this.weight -= entry.weight;
  }

  isBeyond({ entries, weight }: Quota): boolean {
    return this.entries.size > entries || this.weight > weight;
  }
}

/**
 * A map of bounded size, in which each owner has a bounded share: what is too much evicts the entry that was not used for longest, first
 * of the same owner, then of all. So strangers who fill the table push one another out, and nobody who goes on using an entry.
 */
export class QuotaTable<V> {
  readonly #limits: QuotaLimits;
  readonly #evicted: (value: V) => void;
  readonly #all = new Ranking<V>();
  readonly #owners = new Map<string, Ranking<V>>();

  /** @param evicted - Called with each value that had to make room. */
  constructor(limits: QuotaLimits, evicted: (value: V) => void = () => {}) {
    this.#limits = limits;
    this.#evicted = evicted;
  }

  /** Number of entries. */
  get size(): number {
    return this.#all.entries.size;
  }

  /** Number of owners that have an entry. */
  get owners(): number {
    return this.#owners.size;
  }

  /** Sum of the entries' weights. */
  get weight(): number {
    return this.#all.weight;
  }

  /** Returns the value of `key`, which stays as old as it is. */
  peek(key: string): V | undefined {
    return this.#all.entries.peek(key)?.value;
  }

  /** Returns the value of `key`, and makes it the newest. Calls `make` when there is none: `owner` then has an entry more, of no weight. */
  use(owner: string, key: string, make: () => V): V {
    const known = this.#all.entries.peek(key);
    const entry = known ?? { key, owner, value: make(), weight: 0 };
    for (const ranking of [this.#all, this.#ownersRanking(entry.owner)]) ranking.use(entry);
    if (known === undefined) this.#makeRoom(owner);
    return entry.value;
  }

  /** Changes the weight of an entry, if it is there. */
  weigh(key: string, weight: number): void {
    const entry = this.#all.entries.peek(key);
    if (entry === undefined || entry.weight === weight) return;
    for (const ranking of [this.#all, this.#ownersRanking(entry.owner)]) ranking.weight += weight - entry.weight;
    entry.weight = weight;
    this.#makeRoom(entry.owner);
  }

  /** Removes an entry, if it is there. */
  delete(key: string): void {
    const entry = this.#all.entries.peek(key);
    if (entry !== undefined) this.#drop(entry);
  }

  /** Returns every value, the one that was not used for longest first. */
  values(): V[] {
    return this.#all.entries.values().map(({ value }) => value);
  }

  #makeRoom(owner: string): void {
    const own = this.#ownersRanking(owner);
    while (own.isBeyond(this.#limits.owner)) this.#evictOldest(own);
    while (this.#all.isBeyond(this.#limits.all)) this.#evictOldest(this.#all);
  }

  #evictOldest({ entries }: Ranking<V>): void {
    const oldest = entries.oldest!;
    this.#drop(oldest);
    this.#evicted(oldest.value);
  }

  #drop(entry: Entry<V>): void {
    const own = this.#ownersRanking(entry.owner);
    for (const ranking of [this.#all, own]) ranking.delete(entry);
    if (own.entries.size === 0) this.#owners.delete(entry.owner);
  }

  #ownersRanking(owner: string): Ranking<V> {
    const known = this.#owners.get(owner);
    if (known !== undefined) return known;
    const ranking = new Ranking<V>();
    this.#owners.set(owner, ranking);
    return ranking;
  }
}
