/** A running soaked-backend.ts, as the program sees it that started it: its samples, and its end. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Account } from "./account.js";
import type { FaultyNetwork } from "./faulty-network.js";
import type { Sample, SoakRecord } from "./verdict.js";

const PROGRAM = fileURLToPath(new URL("soaked-backend.js", import.meta.url));
const END_LIMIT_MS = 60_000;

interface Message {
  readonly sample?: Sample;
  readonly accounts?: readonly Account[];
  readonly failures?: readonly string[];
}

export class SoakedProcess {
  readonly backend: string;
  readonly samples: Sample[] = [];
  /** Settles when the process has ended. */
  readonly ended: Promise<void>;
  readonly #finish: () => void;
  #accounts: readonly Account[] = [];
  #failures: readonly string[] = [];

  constructor(backend: string, sampleMs: number, { names, slowTarget }: Pick<FaultyNetwork, "names" | "slowTarget">) {
    this.backend = backend;
    const args = ["--expose-gc", PROGRAM, backend, String(sampleMs), names.join(), slowTarget];
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"] });
    let complaints = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaints += text;
    });
    child.stdin.on("error", () => {}); // it has ended; how, is told by its ending
    createInterface({ input: child.stdout }).on("line", (line) => this.#heard(JSON.parse(line) as Message));
    this.ended = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        if (code !== 0) this.#failures = [`the process ended with ${signal ?? `code ${code}`}: ${complaints.trim()}`];
        resolve();
      });
    });
    this.#finish = () => {
      child.stdin.end();
      const limit = setTimeout(() => child.kill("SIGKILL"), END_LIMIT_MS);
      void this.ended.then(() => clearTimeout(limit));
    };
  }

  /** Ends the load, lets everything arrive that is on its way, and returns what was recorded. */
  async finish(): Promise<SoakRecord> {
    this.#finish();
    await this.ended;
    return { backend: this.backend, samples: this.samples, accounts: this.#accounts, failures: this.#failures };
  }

  #heard({ sample, accounts, failures }: Message): void {
    if (sample !== undefined) this.samples.push(sample);
    if (accounts !== undefined) this.#accounts = accounts;
    if (failures !== undefined) this.#failures = failures;
  }
}
