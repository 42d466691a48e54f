import type { GroupPrefix } from "./group-prefix.js";

/** Path of an answer: to the client alone, or to the group. */
export type AnswerPath = "unicast" | "multicast";

/** Protocol of a responder: the standard, or that of ssmping 0.9. */
export type PingProtocol = "rfc6450" | "ssmping";

const TABLE = {
  malformed: "no message of the protocol",
  unexpected: "a message that only clients send, or one that does not fit its responder",
  clientId: "meant for another client",
  sender: "from an address or port that was not asked",
  version: "of a version of the protocol that this client does not speak",
  group: "on, or about, a group that was not agreed on",
  sequence: "to a request that was never sent, or long ago",
  surplus: "from more responders, or about more groups, than this client keeps",
} as const;

/** Name of a reason for which a datagram was ignored. */
export type PingIgnored = keyof typeof TABLE;

/** Reasons for which datagrams are ignored: name → meaning. */
export const PING_IGNORED: Readonly<Record<PingIgnored, string>> = TABLE;

/** Round-trip times, in milliseconds. */
export interface RoundTrips {
  /** Shortest. */
  readonly min: number;
  /** Mean. */
  readonly average: number;
  /** Longest. */
  readonly max: number;
  /** Median, to 1 %. */
  readonly p50: number;
  /** Time that 90 % stay below, to 1 %. */
  readonly p90: number;
  /** Time that 99 % stay below, to 1 %. */
  readonly p99: number;
}

/** Answers of one responder on one path. */
export interface PathReport {
  /** Number of requests. */
  readonly sent: number;
  /** Number of them that were answered in time. */
  readonly received: number;
  /** Number of them that were not. `sent` exceeds `received` and `lost` while answers are pending. */
  readonly lost: number;
  /** Number of the lost ones whose answers came too late. */
  readonly late: number;
  /** Number of repeated answers. */
  readonly duplicates: number;
  /** Number of answers that came after one to a later request. */
  readonly reordered: number;
  /** Number of the first request that was answered; undefined while none was. Before it, the multicast tree may have been built. */
  readonly firstSequence?: number;
  /** Number of lost requests after that one. */
  readonly lostSinceFirst: number;
  /** Number of routers between responder and client, of the latest answer; undefined where it is not known. */
  readonly hops?: number;
  /** Round-trip times; undefined without an answer. */
  readonly rttMs?: RoundTrips;
}

/** One responder. */
export interface ResponderReport {
  /** IP literal of the responder. */
  readonly address: string;
  /** Protocol that it speaks. */
  readonly protocol: PingProtocol;
  /** Group that it answers on. */
  readonly group: string;
  /** Name and version that it sent; text from the network. */
  readonly serverInformation?: string;
  /** Answers to this host. */
  readonly unicast: PathReport;
  /** Answers to the group. */
  readonly multicast: PathReport;
  /** Time from the first request to the last multicast answer, in milliseconds, if multicast stopped while unicast continues. */
  readonly multicastStoppedAfterMs?: number;
}

/** Report of a ping. */
export interface PingReport {
  /** Group or host that was asked. */
  readonly target: string;
  /** Local address that the requests came from. */
  readonly localAddress: string;
  /** Time of the start, in milliseconds since 1970. */
  readonly startedAtMs: number;
  /** Time since then, in milliseconds. */
  readonly durationMs: number;
  /** Responders, in the order in which they answered. */
  readonly responders: readonly ResponderReport[];
  /** Number of messages that asked for a session. */
  readonly asked: number;
  /** Number of reports that nobody listens on a port (ICMP port unreachable). */
  readonly refused: number;
  /** Groups that the host offers, if it declined the requested one. */
  readonly offered?: readonly GroupPrefix[];
  /** Map of reason → number of datagrams that were ignored for it. */
  readonly ignored: Readonly<Record<PingIgnored, number>>;
}

/** Something that happened during a ping. */
export type PingEvent = ResponderFound | AnswerArrived | AnswerLost | SessionEnded | MulticastChanged;

/** A responder has answered for the first time. */
export interface ResponderFound {
  /** Kind of the event. */
  readonly type: "responder";
  /** Address of the responder. */
  readonly address: string;
  /** Protocol that it speaks. */
  readonly protocol: PingProtocol;
  /** Group that it answers on. */
  readonly group: string;
  /** Name and version of its program, if it sent them. */
  readonly serverInformation?: string | undefined;
}

/** An answer has arrived. */
export interface AnswerArrived {
  /** Kind of the event. */
  readonly type: "answer";
  /** Address of the responder. */
  readonly address: string;
  /** Path of the answer. */
  readonly via: AnswerPath;
  /** Number of the request. */
  readonly sequence: number;
  /** Round-trip time, in milliseconds. */
  readonly rttMs: number;
  /** Routers in between, by the TTL of the answer, if that is known. */
  readonly hops?: number | undefined;
  /** `late`: the request counts as lost. */
  readonly kind: "answer" | "late" | "duplicate";
}

/** An answer has not come in time. */
export interface AnswerLost {
  /** Kind of the event. */
  readonly type: "lost";
  /** Address of the responder. */
  readonly address: string;
  /** Expected path of the answer. */
  readonly via: AnswerPath;
  /** Number of the request. */
  readonly sequence: number;
}

/** A responder has ended the session. */
export interface SessionEnded {
  /** Kind of the event. */
  readonly type: "sessionEnded";
  /** Address of the responder. */
  readonly address: string;
}

/** Multicast answers of a responder stopped while unicast ones continue, or arrive again. */
export interface MulticastChanged {
  /** Kind of the event. */
  readonly type: "multicastStopped" | "multicastResumed";
  /** Address of the responder. */
  readonly address: string;
  /** Time since the start, in milliseconds. */
  readonly afterMs: number;
}
