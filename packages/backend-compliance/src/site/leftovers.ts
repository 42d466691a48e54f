/** Finds sockets and handles that a contract left open. */
import { AssertionError } from "node:assert/strict";
import { readdirSync, readlinkSync } from "node:fs";
import type { Site } from "./site.js";

const DESCRIPTORS = "/proc/self/fd"; // Linux: proc_pid_fd(5)
const CLOSING_DEADLINE_MS = 1_000; // some sockets close on a later turn

/** Something that is still open after everything was closed. */
export class LeftoverError extends AssertionError {
  /** Makes the error of leftovers. @param left - Kinds and numbers: `"2 sockets"`. */
  constructor(left: readonly string[]) {
    super({ message: `left open: ${left.join(", ")}`, actual: left, expected: [] });
  }
}

/** Everything that was open when a trial began, to compare with the end. */
export class Leftovers {
  readonly #site: Site;
  readonly #handles: number;
  readonly #sockets: number;

  constructor(site: Site) {
    this.#site = site;
    this.#handles = countHandles();
    this.#sockets = countSockets();
  }

  /** Asserts that nothing is open that was not open at first. @throws LeftoverError */
  async assertNone(): Promise<void> {
    await this.#site.clock.until(() => this.#isGone(), CLOSING_DEADLINE_MS);
    const left = [
      ...more("handles", countHandles() - this.#handles),
      ...more("sockets", countSockets() - this.#sockets),
      ...(this.#site.leftovers?.() ?? []),
    ];
    if (left.length > 0) throw new LeftoverError(left);
  }

  #isGone(): boolean {
    const others = this.#site.leftovers?.() ?? [];
    return countHandles() <= this.#handles && countSockets() <= this.#sockets && others.length === 0;
  }
}

/** Counts sockets of node:dgram, and watchers. Timers do not count: a test runner has its own. */
function countHandles(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === "UDPWrap" || kind === "FSEventWrap").length;
}

function countSockets(): number {
  if (process.platform !== "linux") return 0;
  return readdirSync(DESCRIPTORS).filter(isSocket).length;
}

function isSocket(descriptor: string): boolean {
  try {
    return readlinkSync(`${DESCRIPTORS}/${descriptor}`).startsWith("socket:");
  } catch {
    return false; // the descriptor that the listing itself needed
  }
}

function more(what: string, count: number): string[] {
  return count > 0 ? [`${count} ${what}`] : [];
}
