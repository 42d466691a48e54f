import { withoutZone } from "@groupcast/backend";
import { checkDelay, checkOptions } from "@groupcast/base";
import type { Membership, MulticastPort, Reactor, UDPPort } from "@groupcast/reactor";
import type { PortFacts } from "./causes/examination.js";
import { diagnosisOf } from "./diagnose-host.js";
import { examine, type ProbeRun } from "./examine.js";
import { type HostFiles, hostFiles, isUnread } from "./host-files.js";
import type { Observations } from "./probe/observations.js";
import { listenToNothing, runProbe } from "./probe/run-probe.js";
import type { Diagnosis } from "./verdict/diagnosis.js";

/** Options of {@link diagnosePort}. */
export interface DiagnosePortOptions {
  /** Longest time to listen to each membership, in milliseconds. Default: 3,000. */
  readonly windowMs?: number | undefined;
  /** Files in which Linux describes itself. Default: those of this host. */
  readonly files?: HostFiles | undefined;
}

const OPERATION = "diagnose";
const WINDOW_MS = 3000;

/**
 * Finds out why a port of this program receives nothing: one diagnosis for each of its memberships, one after another, or one for its
 * address if it has none. It also checks the port's own options and counters. The port keeps running meanwhile.
 *
 * @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`, `ERR_OPTION_UNKNOWN`, as a rejection.
 */
export async function diagnosePort(reactor: Reactor, port: UDPPort, options?: DiagnosePortOptions): Promise<readonly Diagnosis[]> {
  const { windowMs = WINDOW_MS, files = hostFiles() } = checkOptions(OPERATION, options, ["windowMs", "files"]);
  checkDelay(OPERATION, "windowMs", windowMs);
  const memberships = isMulticastPort(port) ? port.memberships : [];
  const subjects = memberships.length > 0 ? memberships.map(subjectOf) : [{ address: addressOf(reactor, port), asked: undefined }];
  const diagnoses: Diagnosis[] = [];
  for (const subject of subjects) diagnoses.push(await diagnoseOne({ reactor, port, windowMs, files }, subject));
  return diagnoses;
}

type Context = { readonly reactor: Reactor; readonly port: UDPPort; readonly windowMs: number; readonly files: HostFiles };
type Subject = { readonly address: string; readonly asked: string | undefined };

async function diagnoseOne({ reactor, port, windowMs, files }: Context, subject: Subject): Promise<Diagnosis> {
  const { port: number } = port.getHost();
  const startMs = reactor.clock.nowMs();
  const { kernelDrops, received } = port.statistics();
  const probe: ProbeRun = async ({ address: group, isGroup, interface: expected }, interfaces, onJoined) => {
    if (!isGroup) return listenToNothing(reactor, windowMs, onJoined);
    const plan = { reactor, group, port: number, expected, interfaces, windowMs, signal: undefined, onJoined };
    const observations = await runProbe({ ...plan, isDone: () => port.statistics().received > received });
    return withCounter(observations, expected?.name, port.statistics().received - received);
  };
  const portFacts = () => factsOf(port, kernelDrops);
  const plan = { reactor, files, ...subject, port: number, to: undefined, portFacts };
  return diagnosisOf(await examine(plan, probe), reactor.clock.nowMs() - startMs);
}

/** A port that shares its number with nobody cannot be listened beside: its own counter tells that something arrives. */
function withCounter(observations: Observations, at: string | undefined, received: number): Observations {
  if (!isUnread(observations.arrivals)) return observations;
  const arrivals = received === 0 ? [] : [{ source: "unknown", interface: at, count: received, ttl: undefined, isThisHost: false }];
  return { ...observations, arrivals: { value: arrivals } };
}

function factsOf(port: UDPPort, dropsBefore: number): PortFacts {
  const multicast = isMulticastPort(port) ? port : undefined;
  const missing = (multicast?.memberships ?? []).filter(({ state }) => state !== "joined");
  return {
    missingMemberships: missing.map(({ group, interface: name }) => `${group} on ${name}`),
    ttl: multicast?.getTTL() ?? 1,
    loopback: multicast?.getLoopbackMode() ?? true,
    kernelDrops: [dropsBefore, port.statistics().kernelDrops],
  };
}

function isMulticastPort(port: UDPPort): port is MulticastPort {
  return "memberships" in port;
}

function subjectOf({ group, interface: name }: Membership): Subject {
  return { address: group, asked: name };
}

/** A port on every address is asked about by the first address that this host has. */
function addressOf(reactor: Reactor, port: UDPPort): string {
  const { address, family } = port.getHost();
  if (!["0.0.0.0", "::"].includes(address)) return withoutZone(address);
  const own = reactor.network
    .interfaces()
    .flatMap(({ addresses }) => addresses)
    .find((one) => one.family === family);
  return own?.address ?? address;
}
