import { describeContracts } from "@groupcast/backend-compliance";
import { describe, test } from "vitest";
import { memoryRunner } from "./support/memory-runner.js";

for (const family of [4, 6] as const) {
  for (const access of ["bare", "reactor"] as const) {
    describeContracts(`memory, IPv${family}, ${access}`, memoryRunner(family, access), { describe, test });
  }
}
