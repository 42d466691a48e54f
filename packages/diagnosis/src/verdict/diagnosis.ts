/** Result of a diagnosis, as data. */
import type { Reading } from "../host-files.js";
import type { KernelDrop } from "../trace/drop-trace.js";
import type { CauseId } from "./cause-id.js";

/** Degree of certainty: the evidence proves it; it fits nothing else as well; it fits, and so do others. */
export type Likelihood = "certain" | "likely" | "possible";

/** Something that was seen. */
export interface Evidence {
  /** File that has it, or `probe`: the program saw it on its own sockets. */
  readonly source: string;
  /** Name of the fact: a counter, a setting, words. */
  readonly fact: string;
  /** Value; of a counter, the later of two readings. */
  readonly value: string | number;
  /** Earlier reading of a counter. */
  readonly before?: number;
}

/** Something to do about a cause. */
export interface Fix {
  /** Whether the text is a command for a shell, a line of a program, or a sentence. */
  readonly kind: "command" | "code" | "advice";
  /** Text. */
  readonly text: string;
}

/** A cause that was found. */
export interface Finding {
  /** Cause. */
  readonly cause: CauseId;
  /** Name of the cause, for people. */
  readonly title: string;
  /** Certainty. */
  readonly likelihood: Likelihood;
  /** Sentence about what happens on this host. */
  readonly explanation: string;
  /** Facts that it was judged by. */
  readonly evidence: readonly Evidence[];
  /** Ways to fix it, the best first. */
  readonly fixes: readonly Fix[];
}

/** A cause that was looked for in vain. */
export interface ClearedCause {
  /** Cause. */
  readonly cause: CauseId;
  /** Name of the cause, for people. */
  readonly title: string;
}

/** A cause that could not be looked for. */
export interface UncheckedCause extends ClearedCause {
  /** Reason, as the second half of a sentence: `this user may not read /proc/net/udp`. */
  readonly reason: string;
  /** Advice that would make it possible; absent if nothing would. */
  readonly remedy?: string;
}

/** Datagrams of one sender that arrived at the group and port while the diagnosis listened. */
export interface ArrivalSummary {
  /** IP literal of the sender; `others` together, beyond a hundred senders; `unknown` where nothing could listen beside the port. */
  readonly source: string;
  /** Name of the interface that it came in by; undefined where the backend does not know it (dgram). */
  readonly interface: string | undefined;
  /** Number of datagrams. */
  readonly count: number;
  /** TTL of the last one on arrival; undefined where the backend does not know it (dgram). */
  readonly ttl: number | undefined;
  /** Whether the sender is a program of this host. */
  readonly isThisHost: boolean;
}

/** Traces of a querier: the router or switch that asks for members. */
export interface QuerierTraces {
  /** Number of MLD queries that the interface has heard since it was made; undefined where that is not known. */
  readonly mldQueries: number | undefined;
  /** Version of IGMP that the interface speaks: `"V2"` while an old querier was heard; undefined where no group is joined on it. */
  readonly igmpVersion: string | undefined;
}

/** Why nothing arrives, or that it does. */
export interface Diagnosis {
  /** IP literal of the group, or of a local address. */
  readonly address: string;
  /** Port number; undefined if none was given. */
  readonly port: number | undefined;
  /** Name of the interface that datagrams are expected by; undefined without one. */
  readonly interface: string | undefined;
  /** Reason for expecting them there. */
  readonly interfaceReason: string;
  /** Causes that were found, in order of likelihood. */
  readonly findings: readonly Finding[];
  /** Causes that were looked for and not found. */
  readonly cleared: readonly ClearedCause[];
  /** Causes that could not be looked for. */
  readonly unchecked: readonly UncheckedCause[];
  /** Datagrams that arrived meanwhile; undefined if nothing could listen. */
  readonly arrivals: readonly ArrivalSummary[] | undefined;
  /** Traces of a querier on the interface. */
  readonly querier: QuerierTraces;
  /** Packets that the kernel dropped meanwhile in all network namespaces, by reason; absent if it was not asked for. */
  readonly drops?: Reading<readonly KernelDrop[]>;
  /** Time that it took, in milliseconds. */
  readonly durationMs: number;
}
