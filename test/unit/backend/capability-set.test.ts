import { type Capability, capabilitySet } from "@groupcast/backend";
import { expect, test } from "vitest";

test("capabilitySet() answers for every capability, and refuses what is none", () => {
  const set = capabilitySet(["routes", "set broadcast"]);
  expect([set.has("routes"), set.has("set broadcast"), set.has("get broadcast"), set.size]).toEqual([true, true, false, 2]);
  for (const name of ["route", "set brodcast", "toString", undefined]) {
    expect(() => set.has(name as Capability)).toThrow(expect.objectContaining({ argument: "capability", value: name }));
    expect(() => capabilitySet([name as Capability])).toThrow(expect.objectContaining({ argument: "capability", value: name }));
  }
  expect(() => capabilitySet(["set brodcast" as "set broadcast"])).toThrow('did you mean "set broadcast"?');
});
