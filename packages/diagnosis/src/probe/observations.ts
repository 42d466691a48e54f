/** Observations that a probe makes on its own sockets. */
import type { Reading } from "../host-files.js";
import type { ArrivalSummary } from "../verdict/diagnosis.js";

/** A join that the system refused. */
export interface JoinFailure {
  /** Name of the interface. */
  readonly interface: string;
  /** Name of the errno, such as `"ENOBUFS"`. */
  readonly errnoName: string | undefined;
  /** Message of the error. */
  readonly message: string;
}

/** Fate of the datagrams that a probe sends to itself. */
export interface SelfTest {
  /** Number that the network took. */
  readonly sent: number;
  /** Number that came back. */
  readonly arrived: number;
  /** Name of the errno of the refusal, such as `"EPERM"`; undefined if the network took them. */
  readonly refusal: string | undefined;
}

/** All of it. */
export interface Observations {
  /** Datagrams of others at the group and the port. */
  readonly arrivals: Reading<readonly ArrivalSummary[]>;
  /** The probe's own datagrams. */
  readonly selfTest: Reading<SelfTest>;
  /** Joins that the system refused. */
  readonly joinFailures: readonly JoinFailure[];
  /** Number of memberships that the probe itself added. */
  readonly joins: number;
  /** Time that it listened, in milliseconds. */
  readonly durationMs: number;
}
