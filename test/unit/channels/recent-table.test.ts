import fc from "fast-check";
import { expect, test } from "vitest";
import { RecentTable } from "../../../packages/channels/src/order/recent-table.js";

test("use() makes a value once, and then returns it", () => {
  const table = new RecentTable<object>(2);
  const first = table.use("a", () => ({}));
  expect(table.use("a", () => ({}))).toBe(first);
  expect(table.size).toBe(1);
});

test("use() beyond the capacity makes the one that was not used for longest go, and says so", () => {
  const evicted: string[] = [];
  const table = new RecentTable<string>(2, (value) => evicted.push(value));
  for (const key of ["a", "b", "a", "c"]) table.use(key, () => key);
  expect(evicted).toEqual(["b"]);
  expect(table.values()).toEqual(["a", "c"]);
});

test("renew() refuses an entry that has had to go", () => {
  const table = new RecentTable<string>(1);
  const entry = table.use("a", () => "a");
  expect(table.renew(entry)).toBe(true);
  table.use("b", () => "b");
  expect(table.renew(entry)).toBe(false);
  expect(table.size).toBe(1);
});

test("peek() leaves an entry as old as it is", () => {
  const table = new RecentTable<string>(2);
  table.use("a", () => "a");
  table.use("b", () => "b");
  expect(table.peek("a")).toBe("a");
  table.use("c", () => "c");
  expect(table.peek("a")).toBeUndefined();
});

test("RecentTable does what a list of keys in order of use does", () => {
  const steps = fc.array(fc.tuple(fc.constantFrom("use", "delete"), fc.constantFrom("a", "b", "c", "d", "e")), { maxLength: 60 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 4 }), (taken, capacity) => {
      const table = new RecentTable<string>(capacity);
      let model: string[] = [];
      for (const [step, key] of taken) {
        model = model.filter((other) => other !== key);
        if (step === "use") model = [...model, key].slice(-capacity);
        if (step === "use") table.use(key, () => key);
        else table.delete(key);
        expect(table.values()).toEqual(model);
        expect(table.size).toBe(model.length);
      }
    }),
  );
});
