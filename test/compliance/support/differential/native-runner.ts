import { fileURLToPath } from "node:url";
import type { Lab } from "../../../support/lab/lab.js";
import type { Program } from "../../../support/lab/program.js";
import { INTERFACES } from "../interfaces.js";
import { farSideOf, makeContractLab, nearSideOf } from "../namespace-lab.js";
import type { Observation, RandomProgram } from "./step.js";

const HOST = fileURLToPath(new URL("../programs/differential-host.ts", import.meta.url));

/** Runs programs on native sockets, in a process of a namespace. */
export class NativeRunner implements AsyncDisposable {
  readonly #lab: Lab;
  readonly #program: Program;
  #count = 0;

  private constructor(lab: Lab, program: Program) {
    this.#lab = lab;
    this.#program = program;
  }

  static async start(): Promise<NativeRunner> {
    const lab = await makeContractLab();
    const facts = { interfaces: Object.keys(INTERFACES), farSide: farSideOf(lab) };
    return new NativeRunner(lab, nearSideOf(lab).run(HOST, [JSON.stringify(facts)]));
  }

  async run(program: RandomProgram): Promise<Observation> {
    const number = ++this.#count;
    this.#program.write({ number, program });
    return (await this.#program.line({ number })).observation as Observation;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#lab[Symbol.asyncDispose]();
  }
}
