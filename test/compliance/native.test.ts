import { describeContracts } from "@groupcast/backend-compliance";
import { beforeEach, describe, test } from "vitest";
import { canLoad } from "../support/backends.js";
import { skipUnless } from "../support/probe.js";
import { hostBench } from "./support/host-bench.js";

beforeEach((context) => skipUnless(context, canLoad("native")));

for (const family of [4, 6] as const) {
  for (const access of ["bare", "reactor"] as const) {
    describeContracts(`native, IPv${family}, ${access}`, hostBench("native", family, access), { describe, test });
  }
}
