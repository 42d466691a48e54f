/** Accounts of everything that went one way: nothing may be missing, and nothing may have come twice. */
import type { PortStatistics } from "groupcast";

export interface Account {
  /** Way of the datagrams, messages or calls, for people. */
  readonly path: string;
  readonly sent: number;
  readonly delivered: number;
  /** Number that the sender was told of: dropped by a full queue, refused by the network or by the peer. */
  readonly refused: number;
  /** Number lost that a counter of the receiver names. */
  readonly counted: number;
}

/** Returns how many are nowhere; less than 0 when more came than were sent. */
export function missingIn({ sent, delivered, refused, counted }: Account): number {
  return sent - delivered - refused - counted;
}

/** Account of `written` datagrams from one port to another that gets no others. */
export function accountOfPorts(path: string, written: number, from: PortStatistics, to: PortStatistics): Account {
  return { path, sent: written, delivered: to.received, refused: refusedBy(from), counted: lostAt(to) };
}

/** Number that a port took and knows not to have sent. */
export function refusedBy({ dropped, sendFailed, suppressed }: PortStatistics): number {
  return dropped + sendFailed + suppressed;
}

/** Number that reached a port and not its protocol. */
export function lostAt({ foreign, discarded, kernelDrops, unreadDrops }: PortStatistics): number {
  return foreign + discarded + kernelDrops + unreadDrops;
}
