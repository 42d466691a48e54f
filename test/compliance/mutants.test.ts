import { contractOf, isJudgement, runContract, type Subject } from "@groupcast/backend-compliance";
import { describe, expect, test } from "vitest";
import type { Disguise } from "./support/disguise.js";
import { openMemorySite } from "./support/memory-site.js";
import { MUTANTS, type Mutant } from "./support/mutants.js";
import { reactorEndpoints } from "./support/reactor-endpoints.js";

describe("mutants of the network in memory", () => {
  for (const [name, mutant] of Object.entries(MUTANTS)) {
    test(`${mutant.killedBy} kills ${name}, and spares the backend it was made of`, async () => {
      const contract = contractOf(mutant.killedBy);
      await expect(runContract(contract, subjectOf(mutant))).resolves.toMatchObject({ state: "kept" });
      await expect(runContract(contract, subjectOf(mutant, mutant.disguise))).rejects.toSatisfy(isJudgement);
    });
  }
});

function subjectOf({ family = 4, access = "bare" }: Mutant, disguise?: Disguise): Subject {
  return {
    family,
    access,
    openSite: () => openMemorySite(disguise),
    ...(access === "reactor" && { makeEndpoints: reactorEndpoints }),
  };
}
