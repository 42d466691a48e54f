import type { NetworkInterface } from "@groupcast/backend";
import { isAborted } from "@groupcast/base";
import type { Reactor } from "@groupcast/reactor";
import type { Reading } from "../host-files.js";
import type { ArrivalSummary } from "../verdict/diagnosis.js";
import type { Observations, SelfTest } from "./observations.js";
import { GroupListener, SelfTester } from "./probe-ports.js";

/** Subject of a probe, and its time. */
export interface ProbePlan {
  /** Reactor that opens its ports. */
  readonly reactor: Reactor;
  /** IP literal of the group. */
  readonly group: string;
  /** Port number to listen on; undefined: none is known, and only the probe's own datagrams are looked for. */
  readonly port: number | undefined;
  /** Interface that datagrams are expected by. */
  readonly expected: NetworkInterface | undefined;
  /** All interfaces. */
  readonly interfaces: readonly NetworkInterface[];
  /** Longest time to listen, in milliseconds. */
  readonly windowMs: number;
  /** Ends it early. */
  readonly signal: AbortSignal | undefined;
  /** Returns whether something arrived that the probe does not see. Default: never. */
  readonly isDone?: () => boolean;
  /** Is called when everything is joined, and nothing sent yet. */
  readonly onJoined: () => void;
}

const LOOK_MS = 50;
const LEAST_MS = 1000;
const AFTER_FIRST_MS = 700; // counters of a slow reader or of lost fragments grow meanwhile

/** Joins the group on every interface, listens, and sends itself a few datagrams. Closes all of it before it returns. */
export async function runProbe(plan: ProbePlan): Promise<Observations> {
  const { reactor, group, expected } = plan;
  const listener = new GroupListener(reactor, { address: group, interfaces: joinable(plan), ownAddresses: ownAddresses(plan) });
  const tester = expected === undefined ? undefined : new SelfTester(reactor, group, expected);
  const startMs = reactor.clock.nowMs();
  try {
    if (plan.port !== undefined) listener.open(plan.port);
    tester?.open();
    plan.onJoined();
    await tester?.send();
    await untilSeen(plan, () => listener.arrivals());
    return {
      arrivals: plan.port === undefined ? NO_PORT : listener.arrivals(),
      selfTest: selfTestOf(tester),
      joinFailures: listener.failures,
      joins: listener.joins + (tester?.joins ?? 0),
      durationMs: reactor.clock.nowMs() - startMs,
    };
  } finally {
    listener.close();
    tester?.close();
  }
}

const NO_PORT = { path: "probe", reason: "no port was given", remedy: "name the port of the receiver, as in 239.1.2.3:5000" } as const;
const NO_INTERFACE = {
  path: "probe",
  reason: "the interface to send by is not known",
  remedy: "name the interface, as in -i eth0",
} as const;

function selfTestOf(tester: SelfTester | undefined): Reading<SelfTest> {
  return tester === undefined ? NO_INTERFACE : { value: tester.result() };
}

/** Also the expected interface where it carries no multicast: that it is refused there is what one wants to know. */
function joinable({ interfaces, expected }: ProbePlan): NetworkInterface[] {
  return interfaces.filter(({ name, flags }) => name === expected?.name || (flags.up && (flags.multicast || flags.loopback)));
}

function ownAddresses({ interfaces }: ProbePlan): Set<string> {
  return new Set(interfaces.flatMap(({ addresses }) => addresses.map(({ address }) => address)));
}

async function untilSeen(plan: ProbePlan, arrivals: () => Reading<readonly ArrivalSummary[]>): Promise<void> {
  const { clock } = plan.reactor;
  const startMs = clock.nowMs();
  let endMs = startMs + plan.windowMs;
  let isFirst = true;
  while (clock.nowMs() < endMs && !(plan.signal !== undefined && isAborted(plan.signal))) {
    if (isFirst && (isSeen(arrivals(), plan.expected) || plan.isDone?.())) {
      isFirst = false;
      endMs = Math.min(endMs, Math.max(startMs + LEAST_MS, clock.nowMs() + AFTER_FIRST_MS));
    }
    await plan.reactor.deferLater(LOOK_MS);
  }
}

function isSeen(arrivals: Reading<readonly ArrivalSummary[]>, expected: NetworkInterface | undefined): boolean {
  if (!("value" in arrivals)) return false;
  return arrivals.value.some(({ isThisHost, interface: at }) => !isThisHost && (at === undefined || at === expected?.name));
}

const UNICAST_WINDOW_MS = 1000; // nothing is waited for; counters may grow

/** Waits while counters may grow. A host's own address is not listened to: whoever shares a port takes its unicast away. */
export async function listenToNothing(reactor: Reactor, windowMs: number, onJoined: () => void): Promise<Observations> {
  onJoined();
  const durationMs = Math.min(windowMs, UNICAST_WINDOW_MS);
  await reactor.deferLater(durationMs);
  const unread = { path: "probe", reason: "the probe does not listen to unicast: it would take datagrams from the program" };
  return { arrivals: unread, selfTest: unread, joinFailures: [], joins: 0, durationMs };
}
