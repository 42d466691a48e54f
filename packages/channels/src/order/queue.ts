/**
 * Values in the order in which they were added. Each step takes the same time, however many wait: the array's own `shift()` moves all that
 * remain once there are some 50,000.
 */
export class Queue<V> {
  #added: V[] = [];
  #next: V[] = []; // those to take first, in reverse: both ends of the queue are ends of an array

  /** Number of values. */
  get length(): number {
    return this.#added.length + this.#next.length;
  }

  /** Adds a value behind all others. */
  push(value: V): void {
    this.#added.push(value);
  }

  /** Takes the oldest value; undefined when there is none. */
  shift(): V | undefined {
    if (this.#next.length === 0) {
      this.#next = this.#added.reverse();
      this.#added = [];
    }
    return this.#next.pop();
  }

  /** Forgets every value. */
  clear(): void {
    this.#added = [];
    this.#next = [];
  }
}
