import type { Family } from "@groupcast/backend";
import { CONTRACTS } from "./all-contracts.js";
import type { Contract } from "./contract.js";
import type { Access } from "./endpoint/endpoint.js";
import { answered } from "./endpoint/refusal.js";
import { isAbout, runContract, type Subject, type Verdict } from "./run-contract.js";
import type { Site } from "./site/site.js";

/** Runs contracts on one kind of endpoint: in this process, or in another one. */
export interface ContractRunner {
  /** IP version of the endpoints. */
  readonly family: Family;
  /** Kind of the endpoints. */
  readonly access: Access;
  /** Runs one contract. @throws the error that broke the contract, as {@link runContract}. */
  run(contract: Contract): Promise<Verdict>;
}

/** The part of a test runner that {@link describeContracts} uses; vitest and node:test have it. */
export interface TestRunner {
  /** Groups the tests that `define` makes. */
  describe(name: string, define: () => void): unknown;
  /** Makes a test. */
  test(name: string, run: (context: TestContext) => Promise<void>): unknown;
}

/** The part that {@link describeContracts} uses of the context that a test runner passes to a test. */
export interface TestContext {
  /** Ends the test as skipped. */
  skip(reason: string): unknown;
  /** Adds a note to the result of the test: vitest. */
  annotate?(note: string): unknown;
  /** Adds a note to the result of the test: node:test. */
  diagnostic?(note: string): unknown;
}

/**
 * Makes a runner of contracts in this process.
 *
 * It watches the interfaces from its first contract on: a socket that the backend keeps for this from the first use on is no leftover.
 */
export function runnerFor(subject: Subject): ContractRunner {
  let isWatching = false;
  const openSite = async (): Promise<Site> => {
    const site = await subject.openSite();
    if (!isWatching) answered(site.backend.network.watch(() => {}));
    isWatching = true;
    return site;
  };
  return { family: subject.family, access: subject.access, run: (contract) => runContract(contract, { ...subject, openSite }) };
}

/**
 * Makes a test of each contract that applies to `runner`.
 *
 * A contract that the host cannot run is skipped with the reason. A known divergence is added to its test as a note.
 *
 * @example
 * ```ts
 * import { describeContracts, loopbackSite, runnerFor, type Site } from "@groupcast/backend-compliance";
 * import { DgramBackend } from "@groupcast/backend-dgram";
 * import { describe, test } from "vitest";
 *
 * const openSite = (): Site => loopbackSite(new DgramBackend(), 4);
 * describeContracts("mine, IPv4", runnerFor({ family: 4, access: "bare", openSite }), { describe, test });
 * ```
 */
export function describeContracts(name: string, runner: ContractRunner, { describe, test }: TestRunner): void {
  describe(name, () => {
    for (const contract of CONTRACTS) {
      if (!isAbout(contract, runner)) continue;
      test(`${contract.id} ${contract.title}`, async (context) => {
        const { state, reason } = await runner.run(contract);
        if (state === "skipped") context.skip(reason);
        if (state === "diverges") await note(context, `diverges: ${reason}`);
      });
    }
  });
}

/** Through the context: test runners keep their methods' state there. */
async function note(context: TestContext, text: string): Promise<void> {
  if (context.annotate === undefined) context.diagnostic?.(text);
  else await context.annotate(text);
}
