// What a lab has started or created, disposed of in the reverse order.

export class Belongings implements AsyncDisposable {
  readonly #items: AsyncDisposable[] = [];

  add<T extends AsyncDisposable>(item: T): T {
    this.#items.push(item);
    return item;
  }

  /** Disposes of everything even when some of it fails. @throws AggregateError of the failures. */
  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (let item = this.#items.pop(); item !== undefined; item = this.#items.pop()) {
      try {
        await item[Symbol.asyncDispose]();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join("\n"));
  }
}
