/** Differences between two diagnoses of one subject: what `groupcast doctor --watch` tells. */
import type { ClearedCause, Diagnosis, Finding } from "./diagnosis.js";

/** A change. */
export type DiagnosisChange = CauseFound | CauseGone | ArrivalChange | VersionChange;

/** A cause that was not found before. */
export interface CauseFound {
  /** Kind of the change. */
  readonly change: "found";
  /** Cause, with its evidence. */
  readonly finding: Finding;
}

/** A cause that is not found any more. */
export interface CauseGone {
  /** Kind of the change. */
  readonly change: "gone";
  /** Cause. */
  readonly cause: ClearedCause;
}

/** Datagrams of others begin to arrive, or stop. */
export interface ArrivalChange {
  /** Kind of the change. */
  readonly change: "arriving" | "silent";
}

/** The interface speaks another version of IGMP. */
export interface VersionChange {
  /** Kind of the change. */
  readonly change: "version";
  /** Version before. */
  readonly before: string;
  /** Version now. */
  readonly after: string;
}

/** Returns what has changed from one diagnosis to the next. A cause that could not be checked any more is not gone. */
export function changesBetween(before: Diagnosis, after: Diagnosis): DiagnosisChange[] {
  const had = new Set(before.findings.map(({ cause }) => cause));
  const found = after.findings.filter(({ cause }) => !had.has(cause)).map((finding) => ({ change: "found" as const, finding }));
  const gone = after.cleared.filter(({ cause }) => had.has(cause)).map((cause) => ({ change: "gone" as const, cause }));
  return [...found, ...gone, ...arrivalChange(before, after), ...versionChange(before, after)];
}

function arrivalChange(before: Diagnosis, after: Diagnosis): DiagnosisChange[] {
  const [early, late] = [before, after].map(({ arrivals }) => arrivals?.some(({ isThisHost }) => !isThisHost));
  if (early === undefined || late === undefined || early === late) return [];
  return [{ change: late ? "arriving" : "silent" }];
}

/** An interface speaks an older version while an older querier was heard, and for some 260 s after it (RFC 3376, 8.12). */
function versionChange({ querier: { igmpVersion: before } }: Diagnosis, { querier: { igmpVersion: after } }: Diagnosis): DiagnosisChange[] {
  return before === undefined || after === undefined || before === after ? [] : [{ change: "version", before, after }];
}
