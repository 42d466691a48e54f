/** Targets, and measurements beside them. */
import type { PeerName } from "./peers.js";
import { entryOf, type Measurement, median, valuesOf } from "./rounds.js";
import type { FigureName } from "./runs.js";

/** Ratio (or difference) of a figure of Groupcast to the same figure of another peer, or to its own in another scenario. */
export interface Limit {
  readonly text: string;
  readonly scenario: string;
  readonly figure: FigureName;
  readonly ours: PeerName;
  readonly against: PeerName;
  readonly of?: string; // scenario to compare with; default: the same
  readonly isDifference?: boolean;
  /** Whether the limit is on the figure itself, not on a ratio. */
  readonly isItself?: boolean;
  readonly atMost?: number;
  readonly atLeast?: number;
}

const RECEIVE = { scenario: "receive-64", figure: "cpuUs", ours: "groupcast" } as const;
const PACED = { figure: "cpuUs", ours: "groupcast", against: "node:dgram" } as const;
const HOOKED = { ours: "dgram on Groupcast", against: "node:dgram" } as const;
const SENT_TO_MANY = { scenario: "stress-send-1000", figure: "cpuUs", ours: "groupcast" } as const;
const REFUSALS = { scenario: "stress-refused", figure: "cpuUs", ours: "groupcast" } as const;
const ARRIVALS = { figure: "cpuUs", ours: "groupcast", against: "C recvmmsg" } as const;
const BACKLOG = { scenario: "stress-backlog", ours: "groupcast" } as const;
const OVERRUN = { scenario: "stress-overrun", figure: "cpuUs", ours: "groupcast" } as const;
const RUNS = { scenario: "receive-runs-64", figure: "perSecond" } as const;

function ahead(scenario: string): readonly Limit[] {
  const echo = { scenario, figure: "perSecond", ours: "groupcast" } as const;
  const others = (["Twisted", "uvloop", "Go"] as const).map(
    (against): Limit => ({ ...echo, against, text: `${scenario}: datagrams/s ahead of ${against}`, atLeast: 1 }),
  );
  return [{ ...echo, against: "node:dgram", text: `${scenario}: datagrams/s at least 3 × node:dgram`, atLeast: 3 }, ...others];
}

/** Limits by IPv6: those by IPv4 again. */
const BY_IPV6: readonly Limit[] = [
  { ...RECEIVE, scenario: "stress-ipv6", against: "node:dgram", text: "IPv6, receive 64 B: CPU at most 1/4 of node:dgram", atMost: 0.25 },
  { ...RECEIVE, scenario: "stress-ipv6", against: "C recvmmsg", text: "IPv6, receive 64 B: CPU at most 1.5 × C recvmmsg", atMost: 1.5 },
  {
    ...RUNS,
    scenario: "stress-ipv6-runs",
    ours: "groupcast",
    against: "node:dgram",
    text: "IPv6, GSO sender: datagrams/s at least 10 × node:dgram",
    atLeast: 10,
  },
  { ...RECEIVE, scenario: "stress-ipv6-send-1", against: "node:dgram", text: "IPv6, send to one peer: CPU at most 1/6", atMost: 1 / 6 },
  { ...RECEIVE, scenario: "stress-ipv6-send-16", against: "node:dgram", text: "IPv6, send to 16 peers: CPU at most 0.6 ×", atMost: 0.6 },
  {
    scenario: "stress-ipv6-echo-16",
    figure: "perSecond",
    ours: "groupcast",
    against: "node:dgram",
    text: "IPv6, echo-16: datagrams/s at least 3 × node:dgram",
    atLeast: 3,
  },
];

/** Under stress: what goes wrong, or is there by the thousand, costs a bounded number of calls a datagram, as in C. */
const STRESS: readonly Limit[] = [
  ...(["node:dgram", "C recvmmsg"] as const).map(
    (against): Limit => ({ ...SENT_TO_MANY, against, text: `send to 1,000 peers in turn: CPU at most ${against}'s × 1.3`, atMost: 1.3 }),
  ),
  { ...REFUSALS, against: "C recvmmsg", text: "every second datagram refused: CPU at most 2 × C sendmmsg", atMost: 2 },
  { ...REFUSALS, against: "node:dgram", text: "every second datagram refused: CPU at most node:dgram's", atMost: 1 },
  { ...BACKLOG, figure: "cpuUs", against: "node:dgram", text: "datagrams wait for the device: CPU at most node:dgram's", atMost: 1 },
  { ...BACKLOG, figure: "cpuUs", against: "C recvmmsg", text: "datagrams wait for the device: CPU at most 1.5 × C sendmmsg", atMost: 1.5 },
  { ...BACKLOG, figure: "perSecond", against: "C recvmmsg", text: "datagrams wait for the device, which is kept busy", atLeast: 0.95 },
  { ...OVERRUN, against: "node:dgram", text: "the receive buffer overflows: CPU of the rest at most node:dgram's", atMost: 1 },
  { ...OVERRUN, against: "C recvmmsg", text: "the receive buffer overflows: CPU of the rest at most 1.5 × C recvmmsg", atMost: 1.5 },
  ...BY_IPV6,
  { ...ARRIVALS, scenario: "stress-arrival", text: "arrival: true, receive 64 B: CPU at most 1.5 × C recvmmsg", atMost: 1.5 },
  {
    ...ARRIVALS,
    scenario: "stress-arrival-runs",
    text: "arrival: true, batch, GSO sender: CPU at most 2 × C recvmmsg",
    ours: "groupcast batch",
    atMost: 2,
  },
  ...Object.entries({ "ports-1000": "1,000 ports", overrun: "the receive buffer overflows", ipv6: "IPv6, receive 64 B" }).map(
    ([name, subject]): Limit => ({
      ...ARRIVALS,
      scenario: `stress-arrival-${name}`,
      text: `arrival: true, ${subject}: CPU at most 1.5 × C recvmmsg`,
      atMost: 1.5,
    }),
  ),
  {
    ...ARRIVALS,
    scenario: "stress-arrival-ipv6-runs",
    text: "arrival: true, IPv6, batch, GSO sender: CPU at most 2 × C recvmmsg",
    ours: "groupcast batch",
    atMost: 2,
  },
  {
    scenario: "stress-flap",
    figure: "flapMs",
    ours: "groupcast",
    against: "groupcast",
    isItself: true,
    text: "10,000 memberships, the interface deleted and made again: at most 50 ms of CPU",
    atMost: 50,
  },
];

const LIMITS: readonly Limit[] = [
  ...STRESS,
  { ...RECEIVE, against: "node:dgram", text: "receive 64 B: CPU at most 1/4 of node:dgram", atMost: 0.25 },
  { ...RECEIVE, against: "Twisted", text: "receive 64 B: CPU at most Twisted's", atMost: 1 },
  { ...RECEIVE, against: "uvloop", text: "receive 64 B: CPU at most uvloop's", atMost: 1 },
  { ...RECEIVE, against: "Go", text: "receive 64 B: CPU at most Go's", atMost: 1 },
  { ...RECEIVE, against: "C recvmmsg", text: "receive 64 B: CPU at most 1.5 × C recvmmsg", atMost: 1.5 },
  { ...RUNS, ours: "groupcast", against: "node:dgram", text: "GSO sender: datagrams/s at least 10 × node:dgram", atLeast: 10 },
  { ...RECEIVE, ours: "groupcast batch", against: "C recvmmsg", text: "batch: CPU at most 1.15 × C recvmmsg", atMost: 1.15 },
  { ...RUNS, ours: "groupcast batch", against: "node:dgram", text: "batch, GSO sender: datagrams/s at least 20 × node:dgram", atLeast: 20 },
  {
    scenario: "send-1",
    figure: "cpuUs",
    ours: "groupcast",
    against: "node:dgram",
    text: "send to one peer: CPU at most 1/6",
    atMost: 1 / 6,
  },
  {
    scenario: "send-16",
    figure: "cpuUs",
    ours: "groupcast",
    against: "node:dgram",
    text: "send to 16 peers: CPU at most 0.6 ×",
    atMost: 0.6,
  },
  ...ahead("echo-16"),
  ...ahead("echo-256"),
  ...ahead("echo-16-runs"),
  ...ahead("echo-256-runs"),
  { scenario: "echo-1", figure: "p50Us", ours: "groupcast", against: "node:dgram", text: "echo-1: RTT p50 not worse", atMost: 1 },
  { scenario: "echo-1", figure: "p99Us", ours: "groupcast", against: "node:dgram", text: "echo-1: RTT p99 not worse", atMost: 1 },
  {
    scenario: "echo-1",
    figure: "p50Us",
    ours: "groupcast",
    against: "C recvmsg",
    text: "echo-1: RTT p50 at most 1.3 × C with epoll",
    atMost: 1.3,
  },
  { ...PACED, scenario: "receive-at-20k", text: "20,000/s evenly spaced: CPU at most 0.6 × node:dgram", atMost: 0.6 },
  { ...PACED, scenario: "receive-at-20k-bursts", text: "20,000/s in bursts: CPU at most 0.6 × node:dgram", atMost: 0.6 },
  {
    scenario: "ports-1000",
    of: "ports-1",
    figure: "cpuUs",
    ours: "groupcast",
    against: "groupcast",
    text: "1,000 ports: CPU within 1.3 × of one port",
    atMost: 1.3,
  },
  {
    scenario: "memory",
    figure: "residentMiB",
    ours: "groupcast",
    against: "node:dgram",
    text: "resident memory at most 1.3 ×",
    atMost: 1.3,
  },
  {
    ...HOOKED,
    scenario: "receive-64",
    figure: "cpuUs",
    text: "node:dgram program on Groupcast, receive 64 B: CPU at most 0.45",
    atMost: 0.45,
  },
  { ...HOOKED, scenario: "send-1", figure: "cpuUs", text: "node:dgram program on Groupcast, send in bursts: CPU at most 0.1", atMost: 0.1 },
  {
    ...HOOKED,
    scenario: "echo-16",
    figure: "perSecond",
    text: "node:dgram program on Groupcast, echo-16: at least 1.8 × the rate",
    atLeast: 1.8,
  },
  {
    ...HOOKED,
    scenario: "start",
    figure: "startMs",
    isDifference: true,
    text: "node:dgram program on Groupcast, start: at most 30 ms more",
    atMost: 30,
  },
];

export interface Verdict {
  readonly text: string;
  /** Ratio; in the figure's unit a difference, where the text says "more", and the figure itself, where it says "of CPU". */
  readonly ratio: number;
  /** The ratio of C with recvmmsg in Groupcast's place, of its own two figures where both are Groupcast's: the limit of this machine. */
  readonly ratioOfC: number | undefined;
  readonly isMet: boolean;
  /** Number of rounds in which it was met, and number of all rounds. */
  readonly metRounds: number;
  readonly rounds: number;
}

/** Returns a verdict on each limit whose scenarios were run. */
export function verdicts(measurements: readonly Measurement[], limits: readonly Limit[] = LIMITS): readonly Verdict[] {
  return limits.flatMap((limit) => {
    const { text, scenario, of = scenario, figure, ours, against } = limit;
    const own = entryOf(measurements, scenario, ours);
    const other = entryOf(measurements, of, against);
    const compare = limit.isItself === true ? itself : limit.isDifference === true ? differenceOf : ratioOf;
    const ratio = compare(median(own, figure), median(other, figure));
    if (ratio === undefined) return [];
    const inPlace = against === "C recvmmsg" ? undefined : entryOf(measurements, scenario, "C recvmmsg");
    const compared = against === ours ? entryOf(measurements, of, "C recvmmsg") : other; // C's own, where we compare ours
    const ratioOfC = compare(median(inPlace, figure), median(compared, figure));
    const others = valuesOf(other, figure);
    const met = valuesOf(own, figure).filter((value, round) => isWithin(limit, compare(value, others[round]) ?? Number.NaN));
    return [{ text, ratio, ratioOfC, isMet: isWithin(limit, ratio), metRounds: met.length, rounds: others.length }];
  });
}

function itself(own: number | undefined): number | undefined {
  return own;
}

function ratioOf(own: number | undefined, other: number | undefined): number | undefined {
  return own === undefined || other === undefined ? undefined : own / other;
}

function differenceOf(own: number | undefined, other: number | undefined): number | undefined {
  return own === undefined || other === undefined ? undefined : own - other;
}

function isWithin({ atMost = Number.POSITIVE_INFINITY, atLeast = 0 }: Limit, ratio: number): boolean {
  return ratio <= atMost && ratio >= atLeast;
}
