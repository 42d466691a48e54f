import { CAUSES, type CauseId } from "../verdict/cause-id.js";
import type { ClearedCause, Finding, Likelihood, UncheckedCause } from "../verdict/diagnosis.js";
import { CannotCheck, type Cause, type Verdict } from "./cause.js";
import type { Examination } from "./examination.js";
import { INTERFACE_CAUSES } from "./interface-causes.js";
import { MEMBERSHIP_CAUSES } from "./membership-causes.js";
import { PATH_CAUSES } from "./path-causes.js";
import { SENDING_CAUSES } from "./sending-causes.js";
import { SURROUNDING_CAUSES } from "./surrounding-causes.js";

/** All causes. Of two findings that are equally likely, the one that stands first here comes first. */
const TABLE: readonly Cause[] = [...INTERFACE_CAUSES, ...PATH_CAUSES, ...MEMBERSHIP_CAUSES, ...SENDING_CAUSES, ...SURROUNDING_CAUSES];

/** Judgement of all causes. */
export interface Judgement {
  /** Causes that were found, in order of likelihood. */
  readonly findings: readonly Finding[];
  /** Causes that were looked for and not found. */
  readonly cleared: readonly ClearedCause[];
  /** Causes that could not be looked for. */
  readonly unchecked: readonly UncheckedCause[];
}

const RANKS: Readonly<Record<Likelihood, number>> = { certain: 0, likely: 1, possible: 4 };
const EXPLAINED_RANKS = 2; // that a finding falls when another one brings it about: behind likely ones, before possible ones

/** Judges every cause by one examination. */
export function judgeCauses(examination: Examination): Judgement {
  const concern = examination.target.isGroup ? "groups" : "hosts";
  const judged = TABLE.filter(({ concerns }) => concerns === "both" || concerns === concern).map((cause) => judgeOne(cause, examination));
  const findings = judged.flatMap(({ finding }) => (finding === undefined ? [] : [finding]));
  return {
    findings: inOrder(findings),
    cleared: judged.flatMap(({ cleared }) => (cleared === undefined ? [] : [cleared])),
    unchecked: judged.flatMap(({ unchecked }) => (unchecked === undefined ? [] : [unchecked])),
  };
}

type Judged = { readonly finding?: Finding; readonly cleared?: ClearedCause; readonly unchecked?: UncheckedCause };

function judgeOne({ id, judge }: Cause, examination: Examination): Judged {
  const named = { cause: id, title: CAUSES[id] };
  let verdict: Verdict | undefined;
  try {
    verdict = judge(examination);
  } catch (error) {
    if (!(error instanceof CannotCheck)) throw error;
    return { unchecked: { ...named, reason: error.message, ...(error.remedy === undefined ? {} : { remedy: error.remedy }) } };
  }
  return verdict === undefined ? { cleared: named } : { finding: { ...named, ...verdict } };
}

/** By likelihood; what another finding brings about comes after those that stand for themselves, and before what is merely possible. */
function inOrder(findings: readonly Finding[]): Finding[] {
  const found = new Set(findings.map(({ cause }) => cause));
  const explained = new Set<CauseId>(TABLE.filter(({ id }) => found.has(id)).flatMap(({ explains = [] }) => explains));
  const rank = ({ cause, likelihood }: Finding) => (explained.has(cause) ? EXPLAINED_RANKS : 0) + RANKS[likelihood];
  return findings.toSorted((a, b) => rank(a) - rank(b));
}
