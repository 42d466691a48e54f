/** One entry of a {@link RecentTable}. */
export interface RecentEntry<V> {
  readonly key: string;
  readonly value: V;
}

interface Link<V> extends RecentEntry<V> {
  isHeld: boolean;
  newer: Link<V> | undefined;
  older: Link<V> | undefined;
}

/**
 * A map of bounded size: when it is full, a new entry evicts the one that was not used for longest.
 *
 * The entries form a list, so that using one costs a few assignments: every message does it.
 */
export class RecentTable<V> {
  readonly #capacity: number;
  readonly #evicted: (value: V) => void;
  readonly #entries = new Map<string, Link<V>>();
  #newest: Link<V> | undefined;
  #oldest: Link<V> | undefined;

  /** @param evicted - Called with each value that had to make room. */
  constructor(capacity: number, evicted: (value: V) => void = () => {}) {
    this.#capacity = capacity;
    this.#evicted = evicted;
  }

  /** Number of entries. */
  get size(): number {
    return this.#entries.size;
  }

  /** Value that was not used for longest; undefined when there is none. */
  get oldest(): V | undefined {
    return this.#oldest?.value;
  }

  /** Returns the entry of `key`, and makes it the newest. Calls `make` for the value when there is no entry. */
  use(key: string, make: () => V): RecentEntry<V> {
    const found = this.#entries.get(key);
    if (found !== undefined) {
      this.#renew(found);
      return found;
    }
    const entry: Link<V> = { key, value: make(), isHeld: true, newer: undefined, older: undefined };
    if (this.#entries.size >= this.#capacity) this.evictOldest(); // only now: make() may throw
    this.#entries.set(key, entry);
    this.#append(entry);
    return entry;
  }

  /** Makes an entry that {@link RecentTable.use} returned the newest; returns false when it is no longer in the table. */
  renew(entry: RecentEntry<V>): boolean {
    const link = entry as Link<V>;
    if (!link.isHeld) return false;
    this.#renew(link);
    return true;
  }

  /** Returns the value of `key`, which stays as old as it is. */
  peek(key: string): V | undefined {
    return this.#entries.get(key)?.value;
  }

  /** Removes the entry of `key`, if there is one. */
  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#drop(entry);
  }

  /** Lets the value go that was not used for longest, if there is one. */
  evictOldest(): void {
    const entry = this.#oldest;
    if (entry === undefined) return;
    this.#drop(entry);
    this.#evicted(entry.value);
  }

  /** Returns every value, oldest first. */
  values(): V[] {
    const values: V[] = [];
    for (let entry = this.#oldest; entry !== undefined; entry = entry.newer) values.push(entry.value);
    return values;
  }

  #renew(entry: Link<V>): void {
    if (entry === this.#newest) return;
    this.#unlink(entry);
    this.#append(entry);
  }

  #drop(entry: Link<V>): void {
    this.#unlink(entry);
    entry.isHeld = false;
    this.#entries.delete(entry.key);
  }

  #append(entry: Link<V>): void {
    entry.older = this.#newest;
    entry.newer = undefined;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  #unlink(entry: Link<V>): void {
    if (entry.older === undefined) this.#oldest = entry.newer;
    else entry.older.newer = entry.newer;
    if (entry.newer === undefined) this.#newest = entry.older;
    else entry.newer.older = entry.older;
  }
}
