import { checkChoice, checkOptions } from "@groupcast/base";
import { expect, test } from "vitest";

const NAMES = ["interface", "reuseAddress", "reusePort", "ttl"];

test.each([
  ["inteface", "interface"], // a character is missing
  ["interrface", "interface"], // one is too many
  ["interfase", "interface"], // one is wrong
  ["itnerface", "interface"], // two have changed places
  ["REUSEPORT", "reusePort"],
  ["reuseAddr", "reuseAddress"],
  ["tll", "ttl"],
])("checkChoice() asks whether %s means %s", (given, meant) => {
  expect(() => checkChoice("run", "name", given, NAMES)).toThrow(
    expect.objectContaining({ code: "ERR_NAME_UNKNOWN", value: given, remedy: `did you mean "${meant}"?` }),
  );
});

test.each(["", "t", "hop", "interfaces of this host", "x".repeat(10_000)])(
  "checkChoice() lists the names where %s is like none",
  (given) => {
    const remedy = 'expected one of "interface", "reuseAddress", "reusePort", "ttl"';
    expect(() => checkChoice("run", "name", given, NAMES)).toThrow(expect.objectContaining({ remedy }));
  },
);

test("checkChoice() names the only choice, and does not list more than a person reads", () => {
  expect(() => checkChoice("run", "event", "x", ["closed"])).toThrow('; the only one is "closed"');
  const many = Array.from({ length: 31 }, (_, i) => `option number ${i}`);
  expect(() => checkChoice("run", "name", "x", many)).toThrow("; check the spelling, because none of the 31 known names is similar");
});

test.each([1, null, undefined, {}, Symbol("ttl")])("checkChoice() refuses %o, which is no name", (value) => {
  expect(() => checkChoice("run", "name", value, NAMES)).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_TYPE", value }));
});

test("checkOptions() advises by what it was told of names from elsewhere", () => {
  const check = (): unknown => checkOptions<{ ttl?: number }>("run", { tttl: 1 } as object, ["ttl"], { tttl: "write it with two" });
  expect(check).toThrow('run(): option "tttl" is not known here; write it with two');
});
