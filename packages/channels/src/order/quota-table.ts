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
  readonly entries = new Map<string, Entry<V>>(); // the one that was not used for longest first
  weight = 0;

  append(entry: Entry<V>): void {
    this.entries.set(entry.key, entry);
    this.weight += entry.weight;
  }

  remove(entry: Entry<V>): void {
    if (this.entries.delete(entry.key)) this.weight -= entry.weight;
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

  /** Sum of the entries' weights. */
  get weight(): number {
    return this.#all.weight;
  }

  /** Returns the value of `key`, which stays as old as it is. */
  peek(key: string): V | undefined {
    return this.#all.entries.get(key)?.value;
  }

  /** Returns the value of `key`, and makes it the newest. Calls `make` when there is none: `owner` then has an entry more, of no weight. */
  use(owner: string, key: string, make: () => V): V {
    const known = this.#all.entries.get(key);
    const entry = known ?? { key, owner, value: make(), weight: 0 };
    if (known !== undefined) this.#drop(known);
    this.#append(entry);
    if (known === undefined) this.#makeRoom(owner);
    return entry.value;
  }

  /** Changes the weight of an entry, if it is there. */
  weigh(key: string, weight: number): void {
    const entry = this.#all.entries.get(key);
    if (entry === undefined || entry.weight === weight) return;
    for (const ranking of [this.#all, this.#owners.get(entry.owner)!]) ranking.weight += weight - entry.weight;
    entry.weight = weight;
    this.#makeRoom(entry.owner);
  }

  /** Removes an entry, if it is there. */
  delete(key: string): void {
    const entry = this.#all.entries.get(key);
    if (entry !== undefined) this.#drop(entry);
  }

  /** Returns every value, the one that was not used for longest first. */
  values(): V[] {
    return Array.from(this.#all.entries.values(), ({ value }) => value);
  }

  #makeRoom(owner: string): void {
    const own = this.#owners.get(owner)!;
    while (own.isBeyond(this.#limits.owner)) this.#evictOldest(own);
    while (this.#all.isBeyond(this.#limits.all)) this.#evictOldest(this.#all);
  }

  #evictOldest({ entries }: Ranking<V>): void {
    const [oldest] = entries.values();
    this.#drop(oldest!);
    this.#evicted(oldest!.value);
  }

  #append(entry: Entry<V>): void {
    const own = this.#owners.get(entry.owner) ?? new Ranking<V>();
    this.#owners.set(entry.owner, own);
    for (const ranking of [this.#all, own]) ranking.append(entry);
  }

  #drop(entry: Entry<V>): void {
    const own = this.#owners.get(entry.owner)!;
    for (const ranking of [this.#all, own]) ranking.remove(entry);
    if (own.entries.size === 0) this.#owners.delete(entry.owner);
  }
}
