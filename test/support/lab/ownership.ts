// Says in the name of whatever the lab leaves in the system which process made it, so that a later lab can tell the left-overs
// of a killed process from the belongings of one that runs at the same time.
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const OWNED_NAME = /^gc(?<pid>\d+)\.(?<start>[0-9a-z]+)-\d+(-|$)/;
const START_TIME_FIELD = 22; // proc_pid_stat(5): clock ticks after boot; tells a process from an earlier one with its pid
const FORBIDDEN: ReadonlySet<string | undefined> = new Set(["EPERM", "EACCES"]); // unlink(2): /tmp is sticky

/** A lab's share of the names in the system. */
export interface Ownership {
  /** First part of the names of the lab's namespaces. Shape: "gc<pid>.<start time>-<n>". */
  readonly prefix: string;
  /** Directory of the lab's files; its existence reserves the prefix. */
  readonly directory: string;
}

/** Reserves a prefix that no other lab of any process has. */
export function takeOwnership(): Ownership {
  const owner = `gc${process.pid}.${startTimeOf(process.pid)}`;
  for (let n = 1; ; n += 1) {
    const directory = join(tmpdir(), `${owner}-${n}`);
    if (createdDirectory(directory)) return { prefix: `${owner}-${n}`, directory };
  }
}

/** Deletes the directories of labs whose process is gone, but for those that belong to another user of this machine. */
export function sweepDirectories(): void {
  for (const name of readdirSync(tmpdir()).filter(isLeftOver)) {
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch (error) {
      if (!FORBIDDEN.has((error as NodeJS.ErrnoException).code)) throw error;
    }
  }
}

/** Whether a name was given by a lab whose process is gone. */
export function isLeftOver(name: string): boolean {
  const owner = OWNED_NAME.exec(name)?.groups;
  return owner !== undefined && startTimeOf(Number(owner.pid)) !== owner.start;
}

function createdDirectory(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** @returns In base 36, to keep names short; undefined when there is no such process. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the name before may contain anything; field 3 follows it
    return Number(fields[START_TIME_FIELD - 3]).toString(36);
  } catch {
    return undefined;
  }
}
