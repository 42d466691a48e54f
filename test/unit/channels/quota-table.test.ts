import fc from "fast-check";
import { expect, test } from "vitest";
import { QuotaTable } from "../../../packages/channels/src/order/quota-table.js";

const ANY = Number.POSITIVE_INFINITY;

function tableOf(all: number, owner: number, weights = { all: ANY, owner: ANY }): { table: QuotaTable<string>; evicted: string[] } {
  const evicted: string[] = [];
  const limits = { all: { entries: all, weight: weights.all }, owner: { entries: owner, weight: weights.owner } };
  return { evicted, table: new QuotaTable<string>(limits, (value) => evicted.push(value)) };
}

function put(table: QuotaTable<string>, ...keys: readonly string[]): void {
  for (const key of keys) table.use(key[0]!, key, () => key); // the owner is the first letter
}

test("use() makes a value once, and then returns it", () => {
  const { table } = tableOf(2, 2);
  expect([table.use("a", "k", () => "1"), table.use("a", "k", () => "2"), table.size]).toEqual(["1", "1", 1]);
});

test("use() beyond the share of an owner evicts its own entry that was not used for longest, and nobody else's", () => {
  const { table, evicted } = tableOf(10, 2);
  put(table, "b1", "a1", "a2", "a1", "a3", "a4");
  expect([evicted, table.values()]).toEqual([
    ["a2", "a1"],
    ["b1", "a3", "a4"],
  ]);
});

test("use() beyond all evicts the entry of anybody that was not used for longest", () => {
  const { table, evicted } = tableOf(3, 2);
  put(table, "a1", "b1", "a1", "c1", "d1");
  expect([evicted, table.values()]).toEqual([["b1"], ["a1", "c1", "d1"]]);
});

test("weigh() evicts by weight, and the entry itself when it alone is too much", () => {
  const { table, evicted } = tableOf(10, 10, { all: 10, owner: 6 });
  put(table, "a1", "a2", "b1");
  table.weigh("a1", 3);
  table.weigh("a2", 3);
  table.weigh("b1", 4);
  expect([evicted, table.weight]).toEqual([[], 10]);
  table.weigh("b1", 5);
  expect([evicted, table.weight]).toEqual([["a1"], 8]);
  table.weigh("a2", 7);
  expect([evicted, table.weight, table.values()]).toEqual([["a1", "a2"], 5, ["b1"]]);
  table.weigh("nobody", 7);
  table.delete("b1");
  expect([table.weight, table.size, table.owners]).toEqual([0, 0, 0]);
});

/** A table beside a map of the weights that its entries should have. */
class Modelled {
  readonly table = tableOf(4, 2, { all: 9, owner: 6 }).table;
  readonly weights = new Map<string, number>();

  use(key: string): void {
    if (this.table.peek(key) === undefined) this.weights.set(key, 0);
    put(this.table, key);
  }

  weigh(key: string, weight: number): void {
    if (this.table.peek(key) !== undefined) this.weights.set(key, weight);
    this.table.weigh(key, weight);
  }

  delete(key: string): void {
    this.table.delete(key);
  }
}

test("QuotaTable never holds more than its bounds, nor another sum of weights than that of its entries", () => {
  const what = fc.constantFrom("use" as const, "weigh" as const, "delete" as const);
  const step = fc.tuple(what, fc.constantFrom("a1", "a2", "a3", "b1", "b2", "c1"), fc.nat(5));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const model = new Modelled();
      for (const [what, key, weight] of steps) {
        model[what](key, weight);
        const held = model.table.values();
        expect(model.table.weight).toBe(held.reduce((sum, entry) => sum + model.weights.get(entry)!, 0));
        for (const owner of ["a", "b", "c"]) expect(held.filter((entry) => entry.startsWith(owner)).length).toBeLessThanOrEqual(2);
        expect(model.table.size).toBe(held.length);
        expect([model.table.size <= 4, model.table.weight <= 9]).toEqual([true, true]);
      }
    }),
  );
});
