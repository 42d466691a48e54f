// Contracts on the backends of the host: in a namespace with two interfaces, where one can be made, else on loopback.
import { fileURLToPath } from "node:url";
import type { Family } from "@groupcast/backend";
import { type Access, type Contract, type ContractRunner, runnerFor, type Verdict } from "@groupcast/backend-compliance";
import { afterAll } from "vitest";
import { compileProgram } from "../../support/lab/compile-program.js";
import type { Lab } from "../../support/lab/lab.js";
import type { Program } from "../../support/lab/program.js";
import { hasMulticastLoopback } from "../../support/probe.js";
import { type HostBackend, openHostSite } from "./host-site.js";
import { inheriting } from "./inheriting.js";
import { INTERFACES } from "./interfaces.js";
import { canIsolate, farSideOf, makeContractLab, nearSideOf } from "./namespace-lab.js";
import { reactorEndpoints } from "./reactor-endpoints.js";

const PROGRAM = fileURLToPath(new URL("./programs/contract-runner.ts", import.meta.url));
const CONTRACT_DEADLINE_MS = 9_000; // less than the time limit of a test, so that the reason is told

/** What is tried. */
export interface HostSubject {
  readonly backend: HostBackend;
  readonly family: Family;
  readonly access: Access;
}

/** Makes a runner of contracts. It runs them in one process of a namespace, and starts another one after a contract that fails, since that may leave anything behind. */
export function hostRunner(backend: HostBackend, family: Family, access: Access): ContractRunner {
  const subject = { backend, family, access };
  let program: Promise<Program> | undefined;
  return {
    family,
    access,
    async run(contract) {
      const { isAvailable, reason } = await canIsolate();
      if (!isAvailable) return because(reason, await (await runnerOnLoopback(subject)).run(contract));
      program ??= startProgram(subject);
      const asked = await program;
      return ask(asked, contract).catch(async (error: unknown) => {
        program = undefined;
        await asked.stop();
        throw error;
      });
    },
  };
}

/** Adds to the reason of a skip why the contracts run on loopback. */
function because(reason: string, verdict: Verdict): Verdict {
  return verdict.state === "skipped" ? { ...verdict, reason: `${verdict.reason}: ${reason}` } : verdict;
}

async function ask(program: Program, { id }: Contract): Promise<Verdict> {
  program.write({ id });
  const { state, reason, message, stack } = await program.line({ id }, { deadlineMs: CONTRACT_DEADLINE_MS });
  if (state !== "broken") return { state, reason };
  const error = new Error(message);
  error.stack = stack;
  throw error;
}

async function runnerOnLoopback({ backend, family, access }: HostSubject): Promise<ContractRunner> {
  const { isAvailable } = await hasMulticastLoopback();
  const openSite = (): ReturnType<typeof openHostSite> => openHostSite(backend, family, isAvailable);
  return runnerFor({ family, access, openSite, ...(access === "reactor" && { makeEndpoints: reactorEndpoints }) });
}

let lab: Promise<Lab> | undefined; // one for all runners of a test file

async function startProgram(subject: HostSubject): Promise<Program> {
  lab ??= makeContractLab();
  const made = await lab;
  const facts = { interfaces: Object.keys(INTERFACES), farSide: farSideOf(made) };
  return inheriting(nearSideOf(made), subject.family, (foreignSockets) => [
    process.execPath,
    "--enable-source-maps",
    compileProgram(PROGRAM),
    JSON.stringify({ ...subject, ...facts, foreignSockets }),
  ]);
}

afterAll(async () => {
  await (await lab)?.[Symbol.asyncDispose]();
});
