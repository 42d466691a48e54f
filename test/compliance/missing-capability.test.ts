// Backends that lack a capability, and what they may not do for want of it.
import type { BackendNetwork, Feature, NetworkInterface } from "@groupcast/backend";
import { contractOf, isJudgement, runContract } from "@groupcast/backend-compliance";
import { ERRNO } from "@groupcast/base";
import { expect, test } from "vitest";
import { type Changes, changed, type Disguise } from "./support/disguise.js";
import { openMemorySite } from "./support/memory-site.js";

/** The network in memory without a capability, and with some methods of its network changed. */
function lacking(feature: Feature, change: (network: BackendNetwork) => Changes<BackendNetwork>): Disguise {
  return (backend) =>
    changed(backend, {
      capabilities: new Set([...backend.capabilities].filter((capability) => capability !== feature)),
      network: changed(backend.network, change(backend.network)),
    });
}

/** Puts the contract of a backend without the capability to such a backend. */
function verdictOn(feature: Feature, change: (network: BackendNetwork) => Changes<BackendNetwork> = () => ({})): Promise<unknown> {
  const contract = { ...contractOf("LIFE-1"), needs: [feature], host: [], access: "bare" as const };
  return runContract(contract, { family: 4, access: "bare", openSite: () => openMemorySite(lacking(feature, change)) });
}

function withIndexes(indexOf: (found: NetworkInterface, position: number) => number) {
  return (network: BackendNetwork): Changes<BackendNetwork> => ({
    interfaces() {
      const all = network.interfaces();
      return typeof all === "number" ? all : all.map((found, position) => ({ ...found, index: indexOf(found, position) }));
    },
  });
}

test("a backend without interfaceIndexes keeps its contract with the indexes that it knows, and 0 for the others", async () => {
  await expect(verdictOn("interfaceIndexes")).resolves.toMatchObject({ state: "kept" });
  await expect(
    verdictOn(
      "interfaceIndexes",
      withIndexes((_, position) => (position === 0 ? 1 : 0)),
    ),
  ).resolves.toMatchObject({ state: "kept" });
});

test.each<[what: string, indexOf: (found: NetworkInterface, position: number) => number]>([
  ["the same index for two interfaces", () => 7],
  ["a negative index", (_, position) => (position === 0 ? -1 : 0)],
  ["no number", (_, position) => (position === 0 ? Number.NaN : 0)],
])("a backend without interfaceIndexes breaks its contract with %s", async (_what, indexOf) => {
  await expect(verdictOn("interfaceIndexes", withIndexes(indexOf))).rejects.toSatisfy(isJudgement);
});

test("a backend without interfaceEvents keeps its contract when it can be watched all the same", async () => {
  await expect(verdictOn("interfaceEvents")).resolves.toMatchObject({ state: "kept" });
});

test.each<[what: string, watch: BackendNetwork["watch"]]>([
  ["refuses to be watched", () => ERRNO.ENOTSUP],
  [
    "reports a change inside watch()",
    (report) => {
      report();
      return () => {};
    },
  ],
])("a backend without interfaceEvents breaks its contract when it %s", async (_what, watch) => {
  await expect(verdictOn("interfaceEvents", () => ({ watch }))).rejects.toSatisfy(isJudgement);
});

test("a backend without routes breaks its contract when it answers all the same", async () => {
  await expect(verdictOn("routes")).rejects.toSatisfy(isJudgement);
});
