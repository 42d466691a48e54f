import { AssertionError } from "node:assert/strict";
import type { Capability, Family } from "@groupcast/backend";
import type { Contract } from "./contract.js";
import { DIVERGENCES, type Divergence, divergenceOf } from "./divergences.js";
import type { Access, MakeEndpoints } from "./endpoint/endpoint.js";
import type { Site } from "./site/site.js";
import { missingOnHost } from "./trial/host-needs.js";
import { isJudgement } from "./trial/judgement.js";
import { assertAbsent } from "./trial/missing-capability.js";
import { Trial } from "./trial/trial.js";

const DIVERGENCE_DEADLINE_MS = 250; // what is known not to happen need not be waited for as long as what is

/** A backend with the kind of endpoint that contracts are put to. */
export interface Subject {
  /** IP version of the endpoints. */
  readonly family: Family;
  /** Kind of the endpoints. */
  readonly access: Access;
  /** Makes a fresh backend and its surroundings. */
  openSite(): Site | Promise<Site>;
  /** Opens the endpoints; default: bare sockets. */
  readonly makeEndpoints?: MakeEndpoints | undefined;
  /** Contracts that are known to be broken; default: {@link DIVERGENCES}. */
  readonly divergences?: readonly Divergence[] | undefined;
}

/** Result of a contract that was not broken. */
export interface Verdict {
  /** `"kept"`; `"diverges"`: broken as declared; `"skipped"`: the host lacks something. */
  readonly state: "kept" | "diverges" | "skipped";
  /** Reason of the skip or of the divergence; empty when the contract was kept. */
  readonly reason: string;
}

/** Whether `contract` applies to `subject`: its IP version and its kind of endpoint. */
export function isAbout(contract: Contract, { family, access }: Pick<Subject, "family" | "access">): boolean {
  return contract.families.includes(family) && (contract.access === "both" || contract.access === access);
}

/**
 * Puts a subject to one contract.
 *
 * A backend that lacks a capability that the contract needs has to refuse what the contract would ask of it. Where a divergence
 * is declared, the contract has to find the subject at fault: a trial that ends in any other way is a failure.
 *
 * @throws AssertionError or Refusal when the contract is broken, or kept where a divergence says that it is not.
 * @throws whatever else ended the trial.
 */
export async function runContract(contract: Contract, subject: Subject): Promise<Verdict> {
  const site = await subject.openSite();
  try {
    const missing = contract.needs.filter((capability) => !site.backend.capabilities.has(capability));
    const reason = missing.length > 0 ? undefined : missingOnHost(contract.host, { site, family: subject.family });
    if (reason !== undefined) return { state: "skipped", reason };
    return await judge(missing.length > 0 ? refusalOf(contract, missing) : contract, subject, site);
  } finally {
    await site.dispose?.();
  }
}

async function judge(contract: Contract, subject: Subject, site: Site): Promise<Verdict> {
  const { divergences = DIVERGENCES, family, access } = subject;
  const divergence = divergenceOf(divergences, contract.id, { backend: site.backend.name, family, access });
  const trial = new Trial({ site, id: contract.id, ...subject, deadlineMs: divergence && DIVERGENCE_DEADLINE_MS });
  const broken = await caught(async () => contract.run(trial));
  const left = await caught(() => trial.close());
  const failure = divergence === undefined ? (broken ?? left) : beyond(divergence, { broken, left });
  if (failure !== undefined) throw failure.error;
  return divergence === undefined ? { state: "kept", reason: "" } : { state: "diverges", reason: divergence.reason };
}

/** Failure besides the declared divergence: it does not show, an accident happened, or something is left open. */
function beyond({ contract, reason }: Divergence, { broken, left }: Outcomes): Caught | undefined {
  if (broken !== undefined) return isJudgement(broken.error) ? left : broken;
  if (left !== undefined) return left;
  return { error: new AssertionError({ message: `${contract} is kept: take it out of the divergences ("${reason}")` }) };
}

/** Makes the contract that a backend without the capabilities keeps instead: it refuses to be asked for them. */
function refusalOf(contract: Contract, missing: readonly Capability[]): Contract {
  return {
    ...contract,
    run(trial) {
      for (const capability of missing) assertAbsent(trial, capability);
    },
  };
}

/** An error in a box, since anything can be thrown, undefined too. */
interface Caught {
  readonly error: unknown;
}

/** Course and end of a trial. */
interface Outcomes {
  readonly broken: Caught | undefined;
  readonly left: Caught | undefined;
}

async function caught(step: () => Promise<void>): Promise<Caught | undefined> {
  try {
    await step();
    return undefined;
  } catch (error) {
    return { error };
  }
}
