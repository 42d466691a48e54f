import { fileURLToPath } from "node:url";
import type { Host } from "../../../support/lab/host.js";
import type { Lab } from "../../../support/lab/lab.js";
import type { Program } from "../../../support/lab/program.js";
import type { ApiProgram, Observation } from "./step.js";

const HOST = fileURLToPath(new URL("../programs/api-host.ts", import.meta.url));
const DEADLINE_MS = 20_000;

/** Multicast on loopback, and nothing else: what is sent elsewhere finds no route. */
const LOOPBACK = ["link set lo multicast on", "route add 224.0.0.0/4 dev lo", "route add ff00::/8 dev lo table local"];

/** Runs programs on an implementation of node:dgram's API, in a process and a network of its own. */
export class ApiRunner {
  readonly #program: Program;
  #count = 0;

  private constructor(program: Program) {
    this.#program = program;
  }

  /** @param specifier - The implementation, as a program imports it. */
  static async start(lab: Lab, name: string, specifier: string, env: Readonly<Record<string, string>> = {}): Promise<ApiRunner> {
    const host: Host = await lab.addHost(name);
    await host.namespace.ip(LOOPBACK);
    return new ApiRunner(host.run(HOST, [specifier], { env }));
  }

  async run(program: ApiProgram): Promise<Observation> {
    const number = ++this.#count;
    this.#program.write({ number, program });
    return (await this.#program.line({ number }, { deadlineMs: DEADLINE_MS })).observation as Observation;
  }
}
