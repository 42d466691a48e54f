import { spawnSync } from "node:child_process";
import { FEATURE_NAMES, OPTION_NAMES } from "@groupcast/backend";
import { AREAS, areaOf, CONTRACTS, DIVERGENCES } from "@groupcast/backend-compliance";
import { expect, test } from "vitest";

const ROOT = new URL("../../", import.meta.url);

test("docs/contract.md is what the contracts say", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/contract-page.mjs", "--check"], { cwd: ROOT, encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
});

test("CONTRACTS has 120 contracts and more, each with an id of its area and a source", () => {
  expect(CONTRACTS.length).toBeGreaterThanOrEqual(120);
  for (const { id, why } of CONTRACTS) {
    expect(Object.keys(AREAS)).toContain(areaOf(id));
    expect(why).not.toBe("");
  }
});

test("CONTRACTS needs every feature, and every option in both directions", () => {
  const needed = new Set(CONTRACTS.flatMap(({ needs }) => needs));
  for (const feature of FEATURE_NAMES) expect(needed).toContain(feature);
  for (const name of OPTION_NAMES) expect(needed).toContain(`get ${name}`);
});

test("DIVERGENCES names contracts that there are, once for each backend", () => {
  const ids = new Set(CONTRACTS.map(({ id }) => id));
  for (const { contract } of DIVERGENCES) expect(ids).toContain(contract);
  const rows = DIVERGENCES.map(({ backend, contract }) => `${backend} ${contract}`);
  expect(new Set(rows).size).toBe(rows.length);
});
