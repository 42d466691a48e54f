/** An event that is due at a time. Of two that are due at once, the one with the lower number goes first. */
export interface Due {
  readonly dueMs: number;
  readonly sequence: number;
}

/** A binary heap of events: the first one due comes out first, ties in the order of their numbers. */
export class EventQueue<T extends Due> {
  readonly #heap: T[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** Returns the next event, and leaves it in the queue. */
  peek(): T | undefined {
    return this.#heap[0];
  }

  push(event: T): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex]!;
      if (!isBefore(event, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = event;
  }

  pop(): T | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) this.#sink(last);
    return first;
  }

  /** Keeps the events that `isWanted` accepts, and drops all others. */
  retain(isWanted: (event: T) => boolean): void {
    const wanted = this.#heap.filter(isWanted);
    this.#heap.length = 0;
    for (const event of wanted) this.push(event);
  }

  /** Puts `event` in at the top, and moves it down to its place. */
  #sink(event: T): void {
    const heap = this.#heap;
    const end = heap.length;
    let index = 0;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= end) break;
      if (childIndex + 1 < end && isBefore(heap[childIndex + 1]!, heap[childIndex]!)) childIndex += 1;
      const child = heap[childIndex]!;
      if (!isBefore(child, event)) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = event;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence);
}
