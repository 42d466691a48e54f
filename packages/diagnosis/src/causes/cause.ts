/** Rows of the table of `judge-causes.ts`. */
import { isUnread, type Reading } from "../host-files.js";
import type { CauseId } from "../verdict/cause-id.js";
import type { Finding } from "../verdict/diagnosis.js";
import type { Examination } from "./examination.js";

/** A finding, without the name of its cause. */
export type Verdict = Pick<Finding, "evidence" | "explanation" | "fixes" | "likelihood">;

/** A cause, and how it is judged. */
export interface Cause {
  /** Name. */
  readonly id: CauseId;
  /** Whether it is about groups, about addresses of this host, or both. */
  readonly concerns: "groups" | "hosts" | "both";
  /** Causes that this one brings about: their findings come after its own. */
  readonly explains?: readonly CauseId[];
  /** Returns the verdict; undefined if nothing was found. @throws CannotCheck */
  readonly judge: (examination: Examination) => Verdict | undefined;
}

/** A cause cannot be judged, because something is not known. Thrown by {@link known}, caught in `judge-causes.ts` only. */
export class CannotCheck extends Error {
  override readonly name = "CannotCheck";
  /** Advice that would make it possible. */
  readonly remedy: string | undefined;

  constructor(reason: string, remedy?: string) {
    super(reason);
    this.remedy = remedy;
  }
}

/** Returns the value of a reading. @throws CannotCheck if it has none. */
export function known<T>(reading: Reading<T>): T {
  if (!isUnread(reading)) return reading.value;
  const isFile = reading.path.startsWith("/");
  const isHidden = reading.reason.includes("may not read");
  throw new CannotCheck(
    isFile ? `${reading.path} could not be read: ${reading.reason}` : reading.reason,
    isHidden ? "run it as root" : reading.remedy,
  );
}
