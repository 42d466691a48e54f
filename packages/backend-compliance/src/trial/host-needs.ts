import type { Family } from "@groupcast/backend";
import { answered } from "../endpoint/refusal.js";
import type { Site } from "../site/site.js";

/** What a site is asked for, and for which IP version. */
export interface Occasion {
  readonly site: Site;
  readonly family: Family;
}

/** Finds out why a host has not got something; undefined where it has. */
export type Missing = (occasion: Occasion) => string | undefined;

/** Name of a row of {@link HOST_NEEDS}. */
export type HostNeed =
  | "multicast"
  | "link"
  | "ownNetwork"
  | "secondInterface"
  | "twoSources"
  | "interfaceControl"
  | "throttle"
  | "refusingRoutes"
  | "descriptorLimit"
  | "foreignSocket"
  | "program"
  | "another";

/**
 * What only some hosts have. A contract that needs one is skipped, with the reason, where it is missing. A backend never is: what it
 * cannot do, it has to refuse.
 */
export const HOST_NEEDS: Readonly<Record<HostNeed, Missing>> = {
  multicast: ({ site }) => site.multicastIsMissing,
  link: ({ site }) => site.multicastIsMissing ?? unless(!isOnLoopback(site), "there is loopback only, where all multicast comes back"),
  ownNetwork: ({ site }) => unless(site.control !== undefined, "it would use the host's own routes and limits"),
  secondInterface: ({ site }) =>
    site.multicastIsMissing ?? unless(site.interfaces.length > 1, "there is one interface for multicast, not two"),
  twoSources: (occasion) =>
    occasion.site.multicastIsMissing ?? unless(sourcesOf(occasion).length > 1, "the interface for multicast has not got two addresses"),
  interfaceControl: ({ site }) => unless(site.control !== undefined, "interfaces cannot be made on this host"),
  throttle: ({ site }) => unless(site.control?.throttle !== undefined, "interfaces cannot be slowed down on this host"),
  refusingRoutes: ({ site }) => unless(site.routes !== undefined, "routes cannot be set on this host"),
  descriptorLimit: ({ site }) =>
    unless(site.program !== undefined && process.platform !== "win32", "no process with few descriptors can be started"),
  foreignSocket: ({ site }) => unless(site.foreignSocket !== undefined, "there is no other program to open a socket"),
  another: ({ site }) => unless(site.openAnother !== undefined, "one backend is all that this host can have"),
  program: ({ site }) => unless(site.program !== undefined, "the backend exists in this process only"),
};

function unless(isThere: boolean, reason: string): string | undefined {
  return isThere ? undefined : reason;
}

/** Why a host cannot serve the first of `needs` that it cannot; undefined where it has them all. */
export function missingOnHost(needs: readonly HostNeed[], occasion: Occasion): string | undefined {
  for (const need of needs) {
    const reason = HOST_NEEDS[need](occasion);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function isOnLoopback({ backend, interfaces }: Site): boolean {
  return answered(backend.network.interfaces()).some(({ name, flags }) => name === interfaces[0] && flags.loopback);
}

/** Addresses of the first interface for multicast that datagrams can be sent from. */
export function sourcesOf({ site, family }: Occasion): readonly string[] {
  const at = answered(site.backend.network.interfaces()).find(({ name }) => name === site.interfaces[0]);
  if (at === undefined) return [];
  const isUsable = (address: string): boolean => !address.startsWith("fe80:"); // would need a zone everywhere
  const addresses = at.addresses.filter((entry) => entry.family === family && isUsable(entry.address)).map(({ address }) => address);
  return at.flags.loopback && family === 4 ? ["127.0.0.1", "127.0.0.2"] : addresses; // all of 127.0.0.0/8 is local (RFC 1122, 3.2.1.3)
}
