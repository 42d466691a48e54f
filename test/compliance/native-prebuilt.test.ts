// The contracts on the binary that is shipped: other tests run what node-gyp builds. The processes of the runner refuse any other file.
import { describeContracts } from "@groupcast/backend-compliance";
import { NativeBackend } from "@groupcast/backend-native";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildPrebuiltAddon, type PrebuiltAddon } from "../support/prebuilt-addon.js";
import { skipUnless } from "../support/probe.js";
import { hostRunner } from "./support/host-runner.js";

const isLinux = process.platform === "linux";
let addon: PrebuiltAddon = { isAvailable: false, reason: `the addon needs Linux, and this is ${process.platform}`, path: "" };

beforeAll(() => {
  if (isLinux) addon = buildPrebuiltAddon();
  process.env.GROUPCAST_ADDON = addon.path; // the processes of the runner inherit it
});

beforeEach((context) => skipUnless(context, async () => addon));

test("GROUPCAST_ADDON makes load() take the shipped binary", () => {
  expect(addon.path).toMatch(/\/\.cache\/prebuilt\/[0-9a-f]{16}\/linux-[a-z0-9-]+\.node$/);
  expect(NativeBackend.load().reason).toContain(addon.path);
});

for (const family of [4, 6] as const) {
  for (const access of ["bare", "reactor"] as const) {
    describeContracts(`native as shipped, IPv${family}, ${access}`, hostRunner("native", family, access), { describe, test });
  }
}
