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

const KEPT_SHARE = 3 / 4; // of each bound, at most: newcomers have the rest

interface Entry<V> {
  readonly key: string;
  readonly owner: string;
  readonly value: V;
  weight: number;
  isKept: boolean;
  used: number; // goes up with each use in the table
}

/** Entries of one kind in the order in which they were used, and their weight. */
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
}

/** Entries of one owner, or all: those that are kept, and the others. */
class Share<V> {
  readonly kept = new Ranking<V>();
  readonly others = new Ranking<V>();
  readonly #quota: Quota;

  constructor(quota: Quota) {
    this.#quota = quota;
  }

  get size(): number {
    return this.kept.entries.size + this.others.entries.size;
  }

  get weight(): number {
    return this.kept.weight + this.others.weight;
  }

  get oldest(): Entry<V> | undefined {
    return this.others.entries.oldest ?? this.kept.entries.oldest;
  }

  get isExceeded(): boolean {
    return this.size > this.#quota.entries || this.weight > this.#quota.weight;
  }

  rankingOf({ isKept }: Entry<V>): Ranking<V> {
    return isKept ? this.kept : this.others;
  }

  /** Whether so much more than what is kept may be kept. */
  hasRoomToKeep(entries: number, weight: number): boolean {
    const { kept } = this;
    return kept.entries.size + entries <= KEPT_SHARE * this.#quota.entries && kept.weight + weight <= KEPT_SHARE * this.#quota.weight;
  }
}

/**
 * A map of bounded size, in which each owner has a bounded share: what is too much evicts the entry that was not used for longest, first
 * of the same owner, then of all. So strangers who fill the table push one another out, and nobody who goes on using an entry.
 *
 * Entries that are kept make no room for others, however seldom they are used, as in the routing tables of Kademlia (Maymounkov and Mazières,
 * 2002, 2.2). They take three quarters of each bound at most, so there is always another one to evict.
 */
export class QuotaTable<V> {
  readonly #ownerQuota: Quota;
  readonly #evicted: (value: V) => void;
  readonly #entries = new Map<string, Entry<V>>();
  readonly #all: Share<V>;
  readonly #owners = new Map<string, Share<V>>();
  #uses = 0;

  /** @param evicted - Called with each value that had to make room. */
  constructor(limits: QuotaLimits, evicted: (value: V) => void = () => {}) {
    this.#ownerQuota = limits.owner;
    this.#all = new Share(limits.all);
    this.#evicted = evicted;
  }

  /** Number of entries. */
  get size(): number {
    return this.#entries.size;
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
    return this.#entries.get(key)?.value;
  }

  /** Returns the value of `key`, and makes it the newest. Calls `make` when there is none: `owner` then has an entry more, of no weight. */
  use(owner: string, key: string, make: () => V): V {
    const known = this.#entries.get(key);
    const entry = known ?? { key, owner, value: make(), weight: 0, isKept: false, used: 0 };
    entry.used = ++this.#uses;
    for (const share of this.#sharesOf(entry)) share.rankingOf(entry).use(entry);
    if (known !== undefined) return known.value;
    this.#entries.set(key, entry);
    this.#makeRoom(owner);
    return entry.value;
  }

  /** Changes the weight of an entry, if it is there. It is kept no longer when what is kept would weigh too much. */
  weigh(key: string, weight: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.weight === weight) return;
    const more = weight - entry.weight;
    if (entry.isKept && !this.#hasRoomToKeep(entry, 0, more)) this.#move(entry, false);
    for (const share of this.#sharesOf(entry)) share.rankingOf(entry).weight += more;
    entry.weight = weight;
    this.#makeRoom(entry.owner);
  }

  /** Keeps the entry that was used last, as long as there is room to keep it; or keeps it no longer. */
  keep(key: string, isKept: boolean): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.isKept === isKept) return;
    if (!isKept || this.#hasRoomToKeep(entry, 1, entry.weight)) this.#move(entry, isKept);
  }

  /** Removes an entry, if it is there. */
  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#drop(entry);
  }

  /** Returns every value, the one that was not used for longest first. */
  values(): V[] {
    const { kept, others } = this.#all;
    const entries = [...others.entries.values(), ...kept.entries.values()];
    if (kept.entries.size > 0) entries.sort((a, b) => a.used - b.used);
    return entries.map(({ value }) => value);
  }

  #makeRoom(owner: string): void {
    const own = this.#shareOf(owner);
    while (own.isExceeded) this.#evict(own.oldest!);
    while (this.#all.isExceeded) this.#evict(this.#all.oldest!);
  }

  #evict(entry: Entry<V>): void {
    this.#drop(entry);
    this.#evicted(entry.value);
  }

  #drop(entry: Entry<V>): void {
    this.#entries.delete(entry.key);
    for (const share of this.#sharesOf(entry)) share.rankingOf(entry).delete(entry);
    if (this.#shareOf(entry.owner).size === 0) this.#owners.delete(entry.owner);
  }

  #hasRoomToKeep(entry: Entry<V>, entries: number, weight: number): boolean {
    return this.#sharesOf(entry).every((share) => share.hasRoomToKeep(entries, weight));
  }

  #move(entry: Entry<V>, isKept: boolean): void {
    const shares = this.#sharesOf(entry);
    for (const share of shares) share.rankingOf(entry).delete(entry);
    entry.isKept = isKept;
    for (const share of shares) share.rankingOf(entry).use(entry);
  }

  #sharesOf({ owner }: Entry<V>): readonly Share<V>[] {
    return [this.#all, this.#shareOf(owner)];
  }

  #shareOf(owner: string): Share<V> {
    const known = this.#owners.get(owner);
    if (known !== undefined) return known;
    const share = new Share<V>(this.#ownerQuota);
    this.#owners.set(owner, share);
    return share;
  }
}
