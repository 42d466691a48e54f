/** An end that comes once, though what it calls may ask for it again before it has returned. */
export class Closing {
  #closed: Promise<void> | undefined;

  /** Whether it has begun. */
  get hasBegun(): boolean {
    return this.#closed !== undefined;
  }

  /** Calls `close` the first time; returns the same promise at every call. */
  begin(close: () => Promise<unknown>): Promise<void> {
    if (this.#closed !== undefined) return this.#closed;
    let settle = (_closing: Promise<void>): void => {};
    this.#closed = new Promise((resolve) => {
      settle = resolve;
    });
    settle(close().then(() => {}));
    return this.#closed;
  }
}
