// What a verdict is made of: contracts that are kept, broken, declared divergences and accidents, on the network in memory.
import { AssertionError } from "node:assert";
import { type Contract, contractOf, type Divergence, describeContracts, LeftoverError, runContract } from "@groupcast/backend-compliance";
import { expect, test } from "vitest";
import { openMemorySite } from "./support/memory-site.js";

const DIVERGENCE: Divergence = { backend: "memory", contract: "LIFE-1", reason: "it is made up", link: "https://example.net/" };

/** A contract under the id of the divergence. */
function contract(run: Contract["run"]): Contract {
  return { ...contractOf("LIFE-1"), needs: [], host: [], access: "bare", run };
}

function verdictOf(run: Contract["run"], divergences: readonly Divergence[] = [DIVERGENCE]): ReturnType<typeof runContract> {
  return runContract(contract(run), { family: 4, access: "bare", openSite: () => openMemorySite(), divergences });
}

const breaks = (): never => {
  throw new AssertionError({ message: "broken" });
};

test("runContract() takes an assertion that fails, and a step that is refused, for a declared divergence", async () => {
  const diverges = { state: "diverges", reason: DIVERGENCE.reason };
  await expect(verdictOf(breaks)).resolves.toEqual(diverges);
  await expect(verdictOf((trial) => trial.listen().connect({ address: "255.255.255.255", port: 9 }))).resolves.toEqual(diverges);
});

test("runContract() rejects with an accident where a divergence is declared", async () => {
  const accident = new TypeError("undefined is not a function");
  const fails = verdictOf(() => {
    throw accident;
  });
  await expect(fails).rejects.toBe(accident);
});

test("runContract() rejects with what is left open where a divergence is declared, broken or not", async () => {
  const leaves: Contract["run"] = (trial) => void trial.clock.schedule(1e9, () => {});
  await expect(verdictOf(leaves)).rejects.toBeInstanceOf(LeftoverError);
  const breaksToo: Contract["run"] = async (trial) => {
    await leaves(trial);
    breaks();
  };
  await expect(verdictOf(breaksToo)).rejects.toBeInstanceOf(LeftoverError);
});

test("runContract() rejects when a contract is kept where a divergence is declared", async () => {
  await expect(verdictOf(() => {})).rejects.toThrow('LIFE-1 is kept: take it out of the divergences ("it is made up")');
});

test("runContract() rejects with the assertion where no divergence is declared", async () => {
  await expect(verdictOf(breaks, [])).rejects.toThrow("broken");
  await expect(verdictOf(() => {}, [])).resolves.toEqual({ state: "kept", reason: "" });
});

test("describeContracts() notes a divergence on the test, and skips with the reason", async () => {
  const notes: string[] = [];
  const runs: Promise<void>[] = [];
  const context = { skip: (reason: string) => notes.push(`skip: ${reason}`), annotate: (note: string) => notes.push(note) };
  const run = async ({ id }: Contract): ReturnType<typeof runContract> =>
    id === "LIFE-1"
      ? { state: "diverges", reason: "a" }
      : id === "LIFE-2"
        ? { state: "skipped", reason: "b" }
        : { state: "kept", reason: "" };
  describeContracts(
    "made up",
    { family: 4, access: "bare", run },
    { describe: (_name, define) => define(), test: (_name, body) => runs.push(body(context)) },
  );
  await Promise.all(runs);
  expect(notes.sort()).toEqual(["diverges: a", "skip: b"]);
});
