import { describeContracts } from "@groupcast/backend-compliance";
import { describe, test } from "vitest";
import { memoryBench } from "./support/memory-bench.js";

for (const family of [4, 6] as const) {
  for (const access of ["bare", "reactor"] as const) {
    describeContracts(`memory, IPv${family}, ${access}`, memoryBench(family, access), { describe, test });
  }
}
