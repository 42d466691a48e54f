/** The part of `groupcast doctor` that goes on. */
import { changesBetween, type Diagnosis, type DiagnosisChange, QuerierWatch } from "@groupcast/diagnosis";
import type { Reactor } from "groupcast";
import type { Output } from "../command/output.js";
import { findingLines } from "./diagnosis-text.js";
import { fitted } from "./fitted.js";

const PAUSE_MS = 2000;

/** Subject of a watch. */
export interface WatchPlan {
  /** Reactor whose clock counts. */
  readonly reactor: Reactor;
  /** First diagnosis. */
  readonly first: Diagnosis;
  /** Makes the next one. */
  readonly diagnose: () => Promise<Diagnosis>;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Diagnoses again and again, and prints what changes. Returns the last diagnosis. */
export async function watchDiagnoses({ reactor, first, diagnose, signal }: WatchPlan, output: Output): Promise<Diagnosis> {
  const querier = new QuerierWatch();
  querier.observe(first.querier.mldQueries, reactor.clock.nowMs());
  let last = first;
  while (!signal.aborted) {
    await reactor.deferLater(PAUSE_MS, { signal }).catch(() => {}); // it rejects when the signal aborts: the loop sees that, too
    if (signal.aborted) break;
    const next = await diagnose();
    if (signal.aborted) break; // its listening was cut short, so that it may have missed what is there
    for (const change of changesBetween(last, next)) tell(output, { ...change }, changeLines(change, output));
    const heard = querier.observe(next.querier.mldQueries, reactor.clock.nowMs());
    if (heard !== undefined) tell(output, { change: `querier-${heard}` }, fitted(QUERIER_TEXTS[heard], output.columns));
    last = next;
  }
  return last;
}

const QUERIER_TEXTS = {
  silent:
    "The querier has fallen silent: switches that prune will soon forget the members of groups. Check the router, or switch a querier on.",
  heard: "A querier is active again.",
} as const;

function tell(output: Output, record: Readonly<Record<string, unknown>>, lines: readonly string[]): void {
  const time = new Date();
  output.result({ type: "change", time: time.toISOString(), ...record }, [output.style("dim", time.toLocaleTimeString("en-GB")), ...lines]);
}

function changeLines(change: DiagnosisChange, output: Output): readonly string[] {
  switch (change.change) {
    case "found":
      return findingLines(change.finding, "Now", output);
    case "gone":
      return fitted(`No longer: ${change.cause.title}.`, output.columns);
    case "arriving":
      return fitted("Datagrams of other hosts arrive.", output.columns);
    case "silent":
      return fitted("Nothing arrives from other hosts any more.", output.columns);
    case "version":
      return fitted(
        `The interface spoke IGMP${change.before.toLowerCase()}, and speaks IGMP${change.after.toLowerCase()} now: ${reasonOf(change)}.`,
        output.columns,
      );
  }
}

function reasonOf({ before, after }: { readonly before: string; readonly after: string }): string {
  return after > before ? "the old querier has been silent for some 260 s" : "an old querier was heard";
}
