import { anyAddress, type Family, familyOf, needsZone, zoneOf } from "@groupcast/backend";
import type { InterfaceSelector, MulticastPort, Protocol, Reactor } from "groupcast";
import { familiesOf, isGroup, type ListenTarget } from "./listen-target.js";

/** Options of listening that all targets share. */
export interface ListenerSettings {
  /** Interface to join groups on. Absent: all that carry multicast. */
  readonly interface?: InterfaceSelector | undefined;
  /** IP literals of the only senders to receive from, by source-specific joins. Absent: any sender. */
  readonly sources?: readonly string[] | undefined;
  /** Size of each kernel receive buffer to ask for, in bytes. */
  readonly receiveBufferBytes?: number | undefined;
}

/** A port that listens for one target, or for its share of one IP version. */
export interface Listener {
  readonly target: ListenTarget;
  readonly port: MulticastPort;
}

/** Returns the protocol of a new listener. */
export type MakeProtocol = (target: ListenTarget) => Protocol;

/**
 * Opens a port for each target. If one cannot be opened, those before it are closed.
 *
 * @throws what `listenMulticast` and `joinGroup` throw.
 */
export function openListeners(
  reactor: Reactor,
  targets: readonly ListenTarget[],
  settings: ListenerSettings,
  protocolOf: MakeProtocol,
): readonly Listener[] {
  const listeners: Listener[] = [];
  try {
    for (const target of targets) {
      for (const family of familiesOf(target)) {
        if (isServed(reactor, target, family)) listeners.push({ target, port: open(reactor, { target, family }, settings, protocolOf) });
      }
    }
    return listeners;
  } catch (error) {
    for (const { port } of listeners) port.stopNow();
    throw error;
  }
}

/** A target on every address is listened for on IPv6 only where the host has IPv6. */
function isServed(reactor: Reactor, { address }: ListenTarget, family: Family): boolean {
  return address !== undefined || family === 4 || reactor.network.getInterfaceIPs({ ipv4: false }).length > 0;
}

function open(
  reactor: Reactor,
  { target, family }: { readonly target: ListenTarget; readonly family: Family },
  { interface: selector, sources, receiveBufferBytes }: ListenerSettings,
  protocolOf: MakeProtocol,
): MulticastPort {
  const group = isGroup(target) ? target.address : undefined;
  const local = bindAddress(target, family);
  const port = reactor.listenMulticast(target.port, protocolOf(target), {
    interface: local,
    listenMultiple: true,
    arrival: true,
    receiveOffload: false, // a run that is lost at once would count as one
    multicastOnly: group !== undefined && local !== group && reactor.backend.capabilities.has("packetInfo"),
    ipv6Only: family === 6 ? true : undefined,
    receiveBufferBytes,
  });
  if (group === undefined) return port;
  try {
    join(reactor, port, { group, isChannel: target.channel !== undefined, selector, sources });
  } catch (error) {
    port.stopNow();
    throw error;
  }
  return port;
}

interface Joining {
  readonly group: string;
  readonly isChannel: boolean;
  readonly selector: InterfaceSelector | undefined;
  readonly sources: readonly string[] | undefined;
}

function join(reactor: Reactor, port: MulticastPort, { group, isChannel, selector, sources = [] }: Joining): void {
  const on = selector ?? (zoneOf(group) === undefined ? "all" : undefined); // a zone names the interface already
  for (const each of isChannel ? withLoopback(reactor, on) : [on]) {
    for (const source of sources.length === 0 ? [undefined] : sources) port.joinGroup(group, each, { source });
  }
}

/**
 * Returns the address to bind to. For a group it is the group, where the system can: a socket that shares a number and is bound to every
 * address would get the unicast that is meant for the program that is being looked at (the socket bound last wins: udp4_lib_lookup2() of
 * net/ipv4/udp.c). Windows binds to no group, and a group of link scope needs a zone.
 */
function bindAddress({ address }: ListenTarget, family: Family): string {
  if (address === undefined || process.platform === "win32") return anyAddress(family);
  return needsZone(address) && zoneOf(address) === undefined ? anyAddress(familyOf(address)) : address;
}

/** Senders of channels on this host send by loopback, unless they are to be heard elsewhere: TTL 0 is their default. */
function withLoopback(reactor: Reactor, on: InterfaceSelector | "all" | undefined): readonly (InterfaceSelector | "all" | undefined)[] {
  const loopback = reactor.network.interfaces().find(({ flags }) => flags.loopback);
  const name = typeof on === "object" ? on.name : on;
  if (on === undefined || on === "all" || loopback === undefined) return [on];
  const own: readonly unknown[] = [loopback.name, loopback.index, ...loopback.addresses.map(({ address }) => address)];
  return own.includes(name) ? [on] : [on, loopback.name];
}
