import { isIP } from "node:net";
import { familyOf, isMulticast, MAX_PORT, withoutZone, zoneOf } from "@groupcast/backend";
import { checkBoolean, checkDelay, checkInteger, checkOptions, checkSignal, checkString, outOfRange } from "@groupcast/base";
import type { Reactor } from "@groupcast/reactor";
import type { Examination } from "./causes/examination.js";
import { judgeCauses } from "./causes/judge-causes.js";
import { type ExaminationPlan, examine, type ProbeRun } from "./examine.js";
import { type HostFiles, hostFiles, isUnread, type Reading } from "./host-files.js";
import { listenToNothing, runProbe } from "./probe/run-probe.js";
import { DropTrace } from "./trace/drop-trace.js";
import type { CauseId } from "./verdict/cause-id.js";
import type { Diagnosis } from "./verdict/diagnosis.js";

/** Options of {@link diagnose}. */
export interface DiagnoseOptions {
  /** Port number that the receiver listens on. Default: none; checks that depend on it are left out. */
  readonly port?: number | undefined;
  /** Interface on which datagrams should arrive: name, address or index. Default: where the group is joined, else where its route leads. */
  readonly interface?: string | undefined;
  /** IP literal of a host that should receive what this host sends. Default: none; the path to it is not checked. */
  readonly to?: string | undefined;
  /** Longest time to listen, in milliseconds. Default: 3,000. */
  readonly windowMs?: number | undefined;
  /** Whether to trace why the kernel drops packets meanwhile. Needs root and tracefs. Default: false. */
  readonly trace?: boolean | undefined;
  /** Ends the listening early. */
  readonly signal?: AbortSignal | undefined;
  /** Files in which Linux describes itself. Default: those of this host. */
  readonly files?: HostFiles | undefined;
}

const OPERATION = "diagnose";
const KNOWN = ["port", "interface", "to", "trace", "windowMs", "signal", "files"] as const;
const WINDOW_MS = 3000; // three datagrams of a sender that sends one a second

/**
 * Finds out why nothing arrives at a group, or at an address of this host.
 *
 * Reads the kernel's counters, joins the group on every interface, listens alongside the programs that have the port, sends itself three
 * datagrams that do not leave this host and reach no other program, and reads the counters again. Needs Linux; elsewhere it reports what
 * it could not check. Root sees more: the names of other users' processes.
 *
 * @param reactor - Reactor that opens the ports; they are closed when it returns.
 * @param address - IP literal of a group, IPv6 perhaps with the interface as zone; or of this host.
 * @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`, `ERR_OPTION_UNKNOWN`, as a rejection.
 */
export async function diagnose(reactor: Reactor, address: string, options?: DiagnoseOptions): Promise<Diagnosis> {
  const { windowMs, signal, trace, ...plan } = checkPlan(reactor, address, options);
  const startMs = reactor.clock.nowMs();
  const probe: ProbeRun = (target, interfaces, onJoined) => {
    if (!target.isGroup) return listenToNothing(reactor, windowMs, onJoined);
    const { address: group, port, interface: expected } = target;
    return runProbe({ reactor, group, port, expected, interfaces, windowMs, signal, onJoined });
  };
  const tracing = trace ? DropTrace.start(familyOf(plan.address)) : undefined;
  try {
    const examination = await examine({ reactor, ...plan }, probe);
    return withDrops(diagnosisOf(examination, reactor.clock.nowMs() - startMs), tracing);
  } finally {
    if (tracing !== undefined && !isUnread(tracing)) tracing.value.stop();
  }
}

/** Returns the diagnosis that follows from an examination. */
export function diagnosisOf(examination: Examination, durationMs: number): Diagnosis {
  const { target, observations } = examination;
  return {
    address: target.address,
    port: target.port,
    interface: target.interface?.name,
    interfaceReason: target.reason,
    ...judgeCauses(examination),
    arrivals: isUnread(observations.arrivals) ? undefined : observations.arrivals.value,
    querier: querierOf(examination),
    durationMs: Math.round(durationMs),
  };
}

function querierOf({ target, after }: Examination): Diagnosis["querier"] {
  const { memberships, interfaceCounters } = after;
  const own = isUnread(memberships) ? undefined : memberships.value.find(({ interface: name }) => name === target.interface?.name);
  const queries = isUnread(interfaceCounters) ? undefined : interfaceCounters.value.get("Icmp6InGroupMembQueries");
  return { mldQueries: queries?.value, igmpVersion: own?.igmpVersion };
}

/** Drops are evidence of the causes that drop for the same reason. */
function withDrops(diagnosis: Diagnosis, tracing: Reading<DropTrace> | undefined): Diagnosis {
  if (tracing === undefined) return diagnosis;
  const drops = isUnread(tracing) ? tracing : tracing.value.drops();
  if (isUnread(drops)) return { ...diagnosis, drops };
  const findings = diagnosis.findings.map((finding) => {
    const seen = drops.value.filter(({ reason }) => CAUSES_OF_DROPS[reason] === finding.cause);
    const evidence = seen.map(({ reason, place, count }) => ({
      source: "skb:kfree_skb",
      fact: `packets dropped by ${place}, ${reason}`,
      value: count,
    }));
    return { ...finding, evidence: [...finding.evidence, ...evidence] };
  });
  return { ...diagnosis, findings, drops };
}

const CAUSES_OF_DROPS: Readonly<Record<string, CauseId>> = {
  IP_RPFILTER: "rp-filter",
  NETFILTER_DROP: "firewall",
  SOCKET_RCVBUFF: "receive-buffer",
  FRAG_REASM_TIMEOUT: "fragments",
  FRAG_TOO_FAR: "fragments",
};

type CheckedPlan = Omit<ExaminationPlan, "reactor"> & {
  readonly windowMs: number;
  readonly trace: boolean;
  readonly signal: AbortSignal | undefined;
};

function checkPlan(reactor: Reactor, given: string, options: DiagnoseOptions | undefined): CheckedPlan {
  const {
    port,
    interface: asked,
    to,
    trace = false,
    windowMs = WINDOW_MS,
    signal,
    files = hostFiles(),
  } = checkOptions(OPERATION, options, KNOWN);
  if (isIP(checkString(OPERATION, "address", given)) === 0) throw outOfRange(OPERATION, "address", given, "an IP address");
  const address = withoutZone(given);
  if (!isMulticast(address) && !isOwn(reactor, address))
    throw outOfRange(OPERATION, "address", given, "a group, or an address of this host");
  if (to !== undefined && (isIP(to) === 0 || familyOf(to) !== familyOf(address))) {
    throw outOfRange(OPERATION, "to", to, `an IPv${familyOf(address)} address`);
  }
  if (port !== undefined) checkInteger(OPERATION, "port", port, [1, MAX_PORT]);
  if (asked !== undefined) checkString(OPERATION, "interface", asked);
  checkDelay(OPERATION, "windowMs", windowMs);
  checkBoolean(OPERATION, "trace", trace);
  return { address, port, asked: asked ?? zoneOf(given), to, trace, windowMs, signal: checkSignal(OPERATION, signal), files };
}

function isOwn(reactor: Reactor, address: string): boolean {
  return reactor.network.interfaces().some(({ addresses }) => addresses.some((one) => one.address === address));
}
