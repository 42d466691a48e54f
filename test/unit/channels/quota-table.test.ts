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

test("keep() has an entry stay that others use more often, of its owner and of all", () => {
  const { table, evicted } = tableOf(4, 3);
  put(table, "a1", "b1");
  for (const key of ["a1", "b1", "nobody"]) table.keep(key, true);
  put(table, "a2", "a3", "a4", "c1", "d1", "c2");
  expect([evicted, table.values()]).toEqual([
    ["a2", "a3", "a4", "c1"],
    ["a1", "b1", "d1", "c2"],
  ]);
  table.keep("a1", false);
  put(table, "b1", "e1", "e2", "e3");
  expect(evicted.slice(4)).toEqual(["d1", "c2", "a1"]);
});

test("keep() keeps three quarters of the entries, of an owner's and of all", () => {
  const { table, evicted } = tableOf(8, 4);
  const kept = ["a1", "a2", "a3", "a4", "b1", "b2", "b3", "b4"];
  for (const key of kept) {
    put(table, key);
    table.keep(key, true);
  }
  put(table, "c1", "c2", "c3");
  expect(evicted).toEqual(["a4", "b4", "c1"]);
  table.keep("c3", true);
  put(table, "d1", "d2");
  expect(evicted.slice(3)).toEqual(["c2", "c3"]);
});

test("keep() and weigh() keep three quarters of the weight, and what grows beyond that is kept no longer", () => {
  const { table, evicted } = tableOf(10, 10, { all: 20, owner: 16 });
  put(table, "a1", "b1", "c1");
  for (const [key, weight] of Object.entries({ a1: 8, b1: 7, c1: 1 })) {
    table.weigh(key, weight);
    table.keep(key, true);
  }
  table.weigh("b1", 8); // one too many
  put(table, "d1");
  table.weigh("d1", 4);
  expect([evicted, table.values(), table.weight]).toEqual([["c1"], ["a1", "b1", "d1"], 20]);
  table.weigh("d1", 5);
  expect(evicted).toEqual(["c1", "b1"]);
  table.weigh("a1", 2);
  table.keep("d1", true);
  put(table, "e1");
  table.weigh("e1", 14);
  expect(evicted).toEqual(["c1", "b1", "e1"]);
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

  keep(key: string, number: number): void {
    this.table.keep(key, number > 1);
  }
}

test("QuotaTable never holds more than its bounds, nor another sum of weights than that of its entries", () => {
  const what = fc.constantFrom("use" as const, "weigh" as const, "delete" as const, "keep" as const);
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
