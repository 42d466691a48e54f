// A reactor under attack: on each backend that the host can load, with everything it reports kept, and the audit at its end.
import { ManualClock } from "@groupcast/backend-memory";
import { chooseBackend, type DatagramBackend, Reactor, type ReactorOptions } from "groupcast";
import { onTestFinished } from "vitest";
import type { BackendName } from "../../support/backends.js";
import { FakeBackend } from "../../support/fake-backend.js";
import { Audit } from "./audit.js";
import { SILENT } from "./silent.js";

export class Attacked implements AsyncDisposable {
  readonly backend: DatagramBackend;
  readonly reactor: Reactor;
  /** What the `error` event of the reactor had. */
  readonly errors: Error[] = [];
  readonly #audit: Audit;

  constructor(backend: BackendName, options: Partial<ReactorOptions> = {}) {
    this.backend = chooseBackend(backend);
    this.#audit = new Audit(this.backend);
    this.reactor = new Reactor({ backend: this.backend, logger: SILENT, ...options });
    this.reactor.on("error", (error) => this.errors.push(error));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reactor.stop();
    await this.#audit.end(this.backend);
  }
}

/** A reactor on the fake backend and a manual clock. */
export function fakeReactor(options: Partial<ReactorOptions> = {}): { reactor: Reactor; backend: FakeBackend; errors: Error[] } {
  const backend = new FakeBackend();
  const reactor = new Reactor({ backend, clock: new ManualClock(), logger: SILENT, ...options });
  const errors: Error[] = [];
  reactor.on("error", (error) => errors.push(error));
  return { reactor, backend, errors };
}

/** Keeps what nobody catches, for as long as the test runs, and returns the list. */
export function strayFailures(): unknown[] {
  const strays: unknown[] = [];
  const keep = (reason: unknown): unknown => strays.push(reason);
  const [rejections, exceptions] = [process.listeners("unhandledRejection"), process.listeners("uncaughtException")];
  process.removeAllListeners("unhandledRejection").on("unhandledRejection", keep);
  process.removeAllListeners("uncaughtException").on("uncaughtException", keep);
  onTestFinished(() => {
    process.off("unhandledRejection", keep).off("uncaughtException", keep);
    for (const listener of rejections) process.on("unhandledRejection", listener);
    for (const listener of exceptions) process.on("uncaughtException", listener);
  });
  return strays;
}
