/** Something that is due at a time; of two that are due at once, the one with the lower number goes first. */
export interface Due {
  readonly dueMs: number;
  readonly sequence: number;
}

/** A binary heap: what is due first comes out first, ties in the order of their numbers. */
export class EventQueue<T extends Due> {
  readonly #heap: T[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** What comes next, left where it is. */
  peek(): T | undefined {
    return this.#heap[0];
  }

  push(event: T): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt]!;
      if (!isBefore(event, parent)) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = event;
  }

  pop(): T | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) this.#sink(last);
    return first;
  }

  /** Keeps what `isWanted` accepts. */
  retain(isWanted: (event: T) => boolean): void {
    const wanted = this.#heap.filter(isWanted);
    this.#heap.length = 0;
    for (const event of wanted) this.push(event);
  }

  /** Puts `event` in at the top, and lets it down to where it belongs. */
  #sink(event: T): void {
    const heap = this.#heap;
    const end = heap.length;
    let at = 0;
    for (;;) {
      let childAt = 2 * at + 1;
      if (childAt >= end) break;
      if (childAt + 1 < end && isBefore(heap[childAt + 1]!, heap[childAt]!)) childAt += 1;
      const child = heap[childAt]!;
      if (!isBefore(child, event)) break;
      heap[at] = child;
      at = childAt;
    }
    heap[at] = event;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence);
}
