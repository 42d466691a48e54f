import { describeContracts } from "@groupcast/backend-compliance";
import { describe, test } from "vitest";
import { hostRunner } from "./support/host-runner.js";

for (const family of [4, 6] as const) {
  for (const access of ["bare", "reactor"] as const) {
    describeContracts(`dgram, IPv${family}, ${access}`, hostRunner("dgram", family, access), { describe, test });
  }
}
