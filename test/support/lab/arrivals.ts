// Keeps what arrives (lines, packets) in its order, and lets tests wait for one of it until a deadline.

const DEFAULT_DEADLINE_MS = 20_000; // bounds a hang, also on a machine that is busy

/** What to wait for, how long, and how to say that it did not come. */
export interface Wanted<T> {
  readonly isWanted: (item: T) => boolean;
  /** Words for the failure. */
  readonly what: string;
  readonly deadlineMs?: number | undefined;
  /** Position of the first item that counts. */
  readonly start?: number | undefined;
}

/** One item and its position. */
export interface Found<T> {
  readonly item: T;
  readonly position: number;
}

interface Waiter {
  look(): void;
  giveUp(reason: string): void;
}

export class Arrivals<T> {
  readonly items: T[] = [];
  readonly #describe: (item: T) => string;
  readonly #waiters = new Set<Waiter>();
  #ended: string | undefined;

  constructor(describe: (item: T) => string) {
    this.#describe = describe;
  }

  add(item: T): void {
    this.items.push(item);
    for (const waiter of this.#waiters) waiter.look();
  }

  /** Fails whoever waits, now and later, for what has not arrived: nothing comes after this. */
  end(reason: string): void {
    this.#ended ??= reason;
    for (const waiter of this.#waiters) waiter.giveUp(this.#ended);
  }

  /** @throws Error with everything that did arrive, when the deadline passes or the end comes first. */
  find(wanted: Wanted<T>): Promise<Found<T>> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      let position = wanted.start ?? 0;
      const settle = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        look: () => {
          for (; position < this.items.length; position += 1) {
            const item = this.items[position] as T;
            if (!wanted.isWanted(item)) continue;
            settle();
            return resolve({ item, position });
          }
        },
        giveUp: (reason) => {
          settle();
          reject(new Error(`${wanted.what}: ${reason}\n${this.describeItems(wanted.start)}`));
        },
      };
      this.#waiters.add(waiter);
      waiter.look();
      if (!this.#waiters.has(waiter)) return;
      if (this.#ended !== undefined) return waiter.giveUp(this.#ended);
      const deadlineMs = wanted.deadlineMs ?? DEFAULT_DEADLINE_MS;
      timer = setTimeout(() => waiter.giveUp(`not within ${deadlineMs} ms`), deadlineMs);
    });
  }

  /** For failures: what arrived from a position on. */
  describeItems(start = 0): string {
    const lines = this.items.slice(start).map((item) => `  ${this.#describe(item)}`);
    return lines.length === 0 ? "  nothing arrived" : `  what did arrive (${lines.length}):\n${lines.join("\n")}`;
  }
}
