/** Makes an examination: readings before, while and after a probe. */
import { familyOf, isMulticast, type NetworkInterface, type Route, withoutZone } from "@groupcast/backend";
import type { Reactor } from "@groupcast/reactor";
import type { Examination, PortFacts, Receiver, Target } from "./causes/examination.js";
import { type HostFiles, isUnread, type Reading } from "./host-files.js";
import { readAddresses6 } from "./kernel/addresses6.js";
import { MEMBERSHIP_LIMIT_FILE, readLink, readLinkSettings, readNumber } from "./kernel/links.js";
import { findSocketOwners } from "./kernel/processes.js";
import { type Snapshot, takeSnapshot } from "./kernel/snapshot.js";
import { readSurroundings } from "./kernel/surroundings.js";
import type { Observations } from "./probe/observations.js";

/** Everything that an examination starts from. */
export interface ExaminationPlan {
  /** Reactor that asks the network and opens the probe's ports. */
  readonly reactor: Reactor;
  /** Files of the host. */
  readonly files: HostFiles;
  /** IP literal of a group or of an address of this host, without zone. */
  readonly address: string;
  /** Port number. */
  readonly port: number | undefined;
  /** Interface as it was asked for: name, address or index. */
  readonly asked: string | undefined;
  /** IP literal of the host that is to receive. */
  readonly to: string | undefined;
  /** Facts of a port of this program. */
  readonly portFacts?: (() => PortFacts) | undefined;
}

/** Probe of an examination: calls `joined` when it has joined. */
export type ProbeRun = (target: Target, interfaces: readonly NetworkInterface[], joined: () => void) => Promise<Observations>;

/** Examines this host. */
export async function examine(plan: ExaminationPlan, probe: ProbeRun): Promise<Examination> {
  const { reactor, files } = plan;
  const interfaces = reactor.network.interfaces();
  const family = familyOf(plan.address);
  const first = takeSnapshot(files, family, undefined);
  const target = targetOf(plan, interfaces, first);
  const snapshot = () => takeSnapshot(files, family, target.interface?.name);
  const before = { ...snapshot(), memberships: first.memberships };
  let during: Snapshot = before;
  const observations = await probe(target, interfaces, () => {
    during = snapshot();
  });
  const after = snapshot();
  return {
    target,
    interfaces,
    before,
    during,
    after,
    observations,
    links: new Map(interfaces.map(({ name }) => [name, readLink(files, name)])),
    settings: new Map(interfaces.map(({ name }) => [name, readLinkSettings(files, name)])),
    addresses6: readAddresses6(files),
    membershipLimit: readNumber(files, MEMBERSHIP_LIMIT_FILE),
    owners: findSocketOwners(files, inodesAt(before, plan.port)).byInode,
    surroundings: readSurroundings(files),
    ...(plan.portFacts === undefined ? {} : { port: plan.portFacts() }),
  };
}

function inodesAt({ sockets, dualStackSockets }: Snapshot, port: number | undefined): Set<number> {
  const all = [sockets, dualStackSockets].flatMap((reading) => (isUnread(reading) ? [] : reading.value));
  return new Set(all.filter((socket) => socket.port === port).map(({ inode }) => inode));
}

function targetOf(plan: ExaminationPlan, interfaces: readonly NetworkInterface[], snapshot: Snapshot): Target {
  const { reactor, address, port, asked, to } = plan;
  const routed = routeOf(reactor, address);
  const chosen = choose(plan, interfaces, { snapshot, routed });
  return {
    family: familyOf(address),
    address,
    isGroup: isMulticast(address),
    port,
    asked,
    interface: chosen.interface,
    reason: chosen.reason,
    routed: isUnread(routed) ? routed : { value: routed.value?.interface },
    ...(to === undefined ? {} : { receiver: receiverOf(reactor, to) }),
  };
}

type Choice = Pick<Target, "interface" | "reason">;

function choose(
  { asked, address }: ExaminationPlan,
  interfaces: readonly NetworkInterface[],
  { snapshot, routed }: { readonly snapshot: Snapshot; readonly routed: Reading<Route | undefined> },
): Choice {
  if (asked !== undefined) return { interface: interfaces.find((one) => isCalled(one, asked)), reason: "it was asked for" };
  const own = interfaces.find(({ addresses }) => addresses.some((one) => one.address === address));
  if (own !== undefined) return { interface: own, reason: "it has the address" };
  const joined = isUnread(snapshot.memberships) ? [] : snapshot.memberships.value.filter(({ group }) => group === address);
  const member = joined.find(({ interface: name }) => name !== "lo") ?? joined[0];
  const joinedOn = interfaces.find(({ name }) => name === member?.interface);
  if (joinedOn !== undefined) return { interface: joinedOn, reason: "the group is joined there" };
  const route = isUnread(routed) ? undefined : routed.value;
  return {
    interface: route?.interface,
    reason: route === undefined ? "no route leads to the group" : "the route to the group leads there",
  };
}

function isCalled({ name, index, addresses }: NetworkInterface, asked: string): boolean {
  return name === asked || String(index) === asked || addresses.some(({ address }) => address === withoutZone(asked));
}

function routeOf(reactor: Reactor, address: string): Reading<Route | undefined> {
  try {
    return { value: reactor.network.routeTo(address) };
  } catch (error) {
    return { path: "probe", reason: (error as Error).message, remedy: "use the native backend" };
  }
}

function receiverOf(reactor: Reactor, address: string): Receiver {
  const route = routeOf(reactor, address);
  return { address, gateway: isUnread(route) ? undefined : route.value?.gateway };
}
