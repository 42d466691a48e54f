/**
 * Rate of a node's heartbeats, by the number of nodes: as with RTCP (RFC 3550, 6.2), all nodes together send a bounded number of bytes.
 *
 * A network is small as long as the heartbeats of all nodes, if they are like those of this one, have 12 kB at most in one period: some 30
 * nodes with ten channels each. In a large one most heartbeats carry no channels, and when that is not enough, with some 130 nodes, the
 * period grows with the number of nodes. The next heartbeat then comes after 75 to 100 % of the period, at random, so that nodes do not fall
 * into step (RFC 3550, 6.3.1). A heartbeat announces the period that follows it, so nobody takes a node for gone because it has slowed down.
 * For the same reason a period that has been announced is never prolonged.
 */
import { MAX_HEARTBEAT_BYTES } from "./heartbeat.js";

const BEAT_BYTES = 12_000; // of all nodes, in one period as configured
const LIST_BYTES = 4000; // the same, of lists that are repeated for newcomers
const PACKET_BYTES = 54; // of a heartbeat's packet besides the heartbeat: IPv4 and UDP 28, pulicast's header 26
const LONGEST_PERIOD_MS = 60_000; // readers believe in no longer one
const LEAST_SHARE = 0.75;

/** The part of a node that the rate of its heartbeats depends on. */
export interface HeartbeatRateOptions {
  /** Period in a small network, in milliseconds. */
  readonly periodMs: number;
  /** Returns the number of nodes, this one included. */
  readonly nodes: () => number;
  /** Bytes of each packet that sealing adds. */
  readonly sealBytes: number;
  /** Returns a number from 0 to less than 1. */
  readonly random: () => number;
}

export class HeartbeatRate {
  readonly #options: HeartbeatRateOptions;

  constructor(options: HeartbeatRateOptions) {
    this.#options = options;
  }

  /** Whether heartbeats with a part of a list of `listBytes` are too many for a network of so many nodes. */
  isLarge(beatBytes: number, listBytes: number): boolean {
    return this.#sumOf(Math.min(beatBytes + listBytes, MAX_HEARTBEAT_BYTES)) > BEAT_BYTES;
  }

  /** Returns the longest time until the next heartbeat, when one without channels has `beatBytes`. */
  periodMs(beatBytes: number): number {
    const { periodMs } = this.#options;
    const scaledMs = (periodMs * this.#sumOf(beatBytes)) / BEAT_BYTES;
    return Math.max(periodMs, Math.min(LONGEST_PERIOD_MS, Math.round(scaledMs)));
  }

  /** Returns the time until the next heartbeat of a large network. */
  delayMs(periodMs: number): number {
    return periodMs * (1 - (1 - LEAST_SHARE) * this.#options.random());
  }

  /** Returns a random time below `mostMs`. */
  within(mostMs: number): number {
    return mostMs * this.#options.random();
  }

  /** Returns the time in which lists of `listBytes`, one of each node, use up what they may. */
  listMs(listBytes: number): number {
    const { periodMs, nodes } = this.#options;
    return (periodMs * nodes() * listBytes) / LIST_BYTES;
  }

  /** Returns the bytes of the packets of all nodes, when each sends such a heartbeat. */
  #sumOf(beatBytes: number): number {
    const { nodes, sealBytes } = this.#options;
    return nodes() * (beatBytes + sealBytes + PACKET_BYTES);
  }
}
