/** The interfaces of a host as multicast sees them: what `groupcast interfaces` prints. */
import { type Family, familyOf, type NetworkInterface, type Route } from "@groupcast/backend";
import type { Network } from "@groupcast/reactor";
import { type HostFiles, hostFiles, isUnread, type Reading, type Unread } from "./host-files.js";
import { type LinkKind, readLink } from "./kernel/links.js";
import { type KernelMembership, readMemberships } from "./kernel/memberships.js";
import { findSocketOwners, type HostProcess } from "./kernel/processes.js";
import { type MulticastRoute, readMulticastRoutes } from "./kernel/routes.js";
import { readUDPSockets, type UDPSocket } from "./kernel/udp-sockets.js";

/** A program whose socket is bound so that it may be a member of a group. */
export interface PossibleMember {
  /** Process id; undefined if the process is hidden from this user. */
  readonly pid: number | undefined;
  /** Name of the program; undefined if the process is hidden from this user. */
  readonly name: string | undefined;
  /** User id of the owner of the socket. */
  readonly uid: number;
  /** Port number of the socket. */
  readonly port: number;
}

/** A group that an interface has joined. */
export interface JoinedGroup {
  /** IP literal. */
  readonly group: string;
  /** Number of sockets that joined. */
  readonly users: number;
  /** Version of IGMP on the interface: `"V3"`. IPv4 only. */
  readonly igmpVersion?: string;
  /** Whether it is a group that the kernel joins by itself. */
  readonly isKernels: boolean;
  /** Programs that may be its members: Linux does not say which socket has joined. Empty for a group of the kernel. */
  readonly possibleMembers: readonly PossibleMember[];
}

/** One interface. */
export interface InterfaceFacts {
  /** The interface. */
  readonly interface: NetworkInterface;
  /** Kind of the link. */
  readonly kind: LinkKind;
  /** State of RFC 2863; undefined where the kernel does not say. */
  readonly operstate: string | undefined;
  /** Routes to groups by this interface. */
  readonly routes: readonly MulticastRoute[];
  /** Groups that are joined on it. */
  readonly groups: readonly JoinedGroup[];
}

/** The interface that a program uses if it names none. */
export interface DefaultInterface {
  /** IP version. */
  readonly family: Family;
  /** Name; undefined without one. */
  readonly interface: string | undefined;
  /** IP literal that the kernel would send from; undefined where it does not say. */
  readonly source: string | undefined;
  /** Reason, as a sentence without its full stop. */
  readonly reason: string;
}

/** All of it. */
export interface InterfaceReport {
  /** Interfaces, up or down. */
  readonly interfaces: readonly InterfaceFacts[];
  /** Defaults of both IP versions. */
  readonly defaults: readonly DefaultInterface[];
  /** Files that could not be read. */
  readonly unread: readonly Unread[];
  /** Number of processes that this user may not look into. */
  readonly hiddenProcesses: number;
}

const FAMILIES: readonly Family[] = [4, 6];
const SAMPLE_GROUPS: Readonly<Record<Family, string>> = { 4: "239.255.255.255", 6: "ff15::1" }; // of no link, so that no zone is needed

/** Groups that the kernel joins: all nodes, all routers, and those that stand for addresses (RFC 4291, 2.8). */
const KERNEL_GROUPS = /^(?:224\.0\.0\.[12]|ff0[125]::[12]|ff02::1:ff[0-9a-f:]*)$/;

/** Returns whether the kernel joins `group` by itself, on every interface that it is of use on. */
export function isKernelGroup(group: string): boolean {
  return KERNEL_GROUPS.test(group);
}

/** Returns the interfaces of a host with addresses, routes to groups and the groups that are joined on them. Reads, and changes nothing. */
export function reportInterfaces(network: Network, files: HostFiles = hostFiles()): InterfaceReport {
  const memberships = FAMILIES.map((family) => readMemberships(files, family));
  const routes = FAMILIES.map((family) => readMulticastRoutes(files, family));
  const sockets = FAMILIES.map((family) => readUDPSockets(files, family));
  const allSockets = sockets.flatMap(valuesOf);
  const owners = findSocketOwners(files, new Set(allSockets.map(({ inode }) => inode)));
  const members = (group: string) => possibleMembers(group, allSockets, owners.byInode);
  const [allMemberships, allRoutes] = [memberships.flatMap(valuesOf), routes.flatMap(valuesOf)];
  return {
    interfaces: network.interfaces().map((one) => ({
      interface: one,
      ...pick(readLink(files, one.name)),
      routes: allRoutes.filter((route) => route.interface === one.name),
      groups: allMemberships.filter(({ interfaceIndex }) => interfaceIndex === one.index).map((membership) => joined(membership, members)),
    })),
    defaults: FAMILIES.map((family, index) => defaultOf(network, family, valuesOf(routes[index]!))),
    unread: [...memberships, ...routes, ...sockets].filter(isUnread),
    hiddenProcesses: owners.hidden,
  };
}

function valuesOf<T>(reading: Reading<readonly T[]>): readonly T[] {
  return isUnread(reading) ? [] : reading.value;
}

function pick({ kind, operstate }: ReturnType<typeof readLink>): Pick<InterfaceFacts, "kind" | "operstate"> {
  return { kind, operstate };
}

function joined(membership: KernelMembership, members: (group: string) => readonly PossibleMember[]): JoinedGroup {
  const { group, users, igmpVersion } = membership;
  const isKernels = isKernelGroup(group);
  const version = igmpVersion === undefined ? {} : { igmpVersion };
  return { group, users, ...version, isKernels, possibleMembers: isKernels ? [] : members(group) };
}

/** A socket can have joined anything; one that receives the group is bound to every address, or to the group. */
function possibleMembers(group: string, sockets: readonly UDPSocket[], owners: ReadonlyMap<number, HostProcess>): PossibleMember[] {
  const addresses = familyOf(group) === 4 ? ["0.0.0.0", "::", group] : ["::", group];
  const found = sockets.filter(({ address, port }) => addresses.includes(address) && port !== 0);
  return found.map(({ inode, port, uid }) => ({ pid: owners.get(inode)?.pid, name: owners.get(inode)?.name, uid, port }));
}

function defaultOf(network: Network, family: Family, routes: readonly MulticastRoute[]): DefaultInterface {
  const asked = askRoute(network, family);
  if (asked === "unknown") return ofTable(family, routes);
  if (asked === undefined) return { family, interface: undefined, source: undefined, reason: NO_ROUTE };
  const { interface: at, source } = asked;
  const route = routes.find((one) => one.interface === at.name);
  return { family, interface: at.name, source, reason: route === undefined ? "the kernel routes groups there" : reasonOf(route) };
}

const NO_ROUTE = "no route leads to groups: a program that names no interface fails with ENODEV or ENETUNREACH";

function askRoute(network: Network, family: Family): Route | undefined | "unknown" {
  try {
    return network.routeTo(SAMPLE_GROUPS[family]);
  } catch {
    return "unknown"; // dgram cannot ask; a route that refuses has no interface
  }
}

function ofTable(family: Family, [route]: readonly MulticastRoute[]): DefaultInterface {
  return { family, interface: route?.interface, source: undefined, reason: route === undefined ? NO_ROUTE : reasonOf(route) };
}

function reasonOf({ destination, metric }: MulticastRoute): string {
  const what = destination.endsWith("/0") ? "the default route" : `the route to ${destination}`;
  return `${what} leads there (metric ${metric})`;
}
