import { describeContracts } from "@groupcast/backend-compliance";
import { beforeEach, describe, test } from "vitest";
import { canLoad } from "../support/backends.js";
import { skipUnless } from "../support/probe.js";
import { hostRunner } from "./support/host-runner.js";

beforeEach((context) => skipUnless(context, canLoad("native")));

for (const family of [4, 6] as const) {
  for (const access of ["bare", "reactor"] as const) {
    describeContracts(`native, IPv${family}, ${access}`, hostRunner("native", family, access), { describe, test });
  }
}
