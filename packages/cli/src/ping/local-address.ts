import { familyOf, isLinkLocal, isMulticast, type NetworkInterface, needsZone } from "@groupcast/backend";
import { outOfRange } from "@groupcast/base";
import type { Destination, Reactor } from "groupcast";

/**
 * Returns the local address that datagrams to `target` come from, with its zone where it needs one.
 *
 * @param name - Name or address of the interface for groups. Default: the one that the route names.
 * @throws SystemError: there is no route. @throws InvalidArgumentError: no interface leads to the group.
 */
export function localAddressTowards(reactor: Reactor, target: Destination, name: string | undefined): string {
  return isMulticast(target.address) ? addressForGroup(reactor, target.address, name) : addressForHost(reactor, target);
}

/** Connecting sends nothing, and shows what the kernel chooses (connect(2)). */
function addressForHost(reactor: Reactor, target: Destination): string {
  const probe = reactor.connectUDP(target.address, target.port, { datagramReceived: () => {} });
  try {
    return probe.getHost().address;
  } finally {
    probe.stopNow();
  }
}

function addressForGroup(reactor: Reactor, group: string, name: string | undefined): string {
  const route = name === undefined && reactor.backend.capabilities.has("routes") ? reactor.network.routeTo(group) : undefined;
  if (route?.source !== undefined) return zoned(route.source, route.interface);
  const candidates = route === undefined ? reactor.network.interfaces().filter((each) => isMeant(each, name)) : [route.interface];
  for (const each of candidates) {
    const address = addressOn(each, group);
    if (address !== undefined) return zoned(address, each);
  }
  throw outOfRange("ping", "target", group, "a group that a route leads to; otherwise name an interface that has an address");
}

function isMeant({ name, flags, addresses }: NetworkInterface, wanted: string | undefined): boolean {
  if (wanted === undefined) return flags.up && flags.multicast && !flags.loopback;
  return name === wanted || addresses.some(({ address }) => address === wanted);
}

/** Link-local for groups of the link, any other one for groups that routers pass on (RFC 6724, 5: rule 2). */
function addressOn({ addresses }: NetworkInterface, group: string): string | undefined {
  const usable = addresses.filter(({ family }) => family === familyOf(group)).map(({ address }) => address);
  return usable.find((address) => isLinkLocal(address) === needsZone(group)) ?? usable[0];
}

function zoned(address: string, { name }: NetworkInterface): string {
  return isLinkLocal(address) && !address.includes("%") ? `${address}%${name}` : address;
}
