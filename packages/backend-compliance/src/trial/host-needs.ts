import type { Family } from "@groupcast/backend";
import { answered } from "../endpoint/refusal.js";
import type { Site } from "../site/site.js";

/** A site, and the IP version that a contract is about to use there. */
export interface Occasion {
  /** The site. */
  readonly site: Site;
  /** The IP version. */
  readonly family: Family;
}

/** Returns the reason why a host lacks a feature; undefined where it has it. */
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
 * Features that only some hosts have. A contract that needs one is skipped where it is missing, with the reason. Only hosts are
 * excused: a backend has to refuse what it cannot do.
 */
export const HOST_NEEDS: Readonly<Record<HostNeed, Missing>> = {
  multicast: ({ site }) => site.multicastIsMissing,
  link: ({ site }) =>
    site.multicastIsMissing ?? unless(!isOnLoopback(site), "the only interface is loopback, where all multicast comes back"),
  ownNetwork: ({ site }) => unless(site.control !== undefined, "it would use the host's own routes and limits"),
  secondInterface: ({ site }) =>
    site.multicastIsMissing ?? unless(site.interfaces.length > 1, "there is one interface for multicast, not two"),
  twoSources: (occasion) =>
    occasion.site.multicastIsMissing ?? unless(sourcesOf(occasion).length > 1, "the interface for multicast does not have two addresses"),
  interfaceControl: ({ site }) => unless(site.control !== undefined, "interfaces cannot be added on this host"),
  throttle: ({ site }) => unless(site.control?.throttle !== undefined, "interfaces cannot be slowed down on this host"),
  refusingRoutes: ({ site }) => unless(site.routes !== undefined, "routes cannot be set on this host"),
  descriptorLimit: ({ site }) =>
    unless(site.program !== undefined && process.platform !== "win32", "no process with few descriptors can be started"),
  foreignSocket: ({ site }) => unless(site.foreignSocket !== undefined, "no other program has opened a socket"),
  another: ({ site }) => unless(site.openAnother !== undefined, "the host can have one backend only"),
  program: ({ site }) => unless(site.program !== undefined, "the backend exists in this process only"),
};

function unless(isThere: boolean, reason: string): string | undefined {
  return isThere ? undefined : reason;
}

/** Returns the reason why a host lacks the first of `needs` that it lacks; undefined where it has them all. */
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

/** Returns the addresses of the first interface for multicast that datagrams can be sent from. */
export function sourcesOf({ site, family }: Occasion): readonly string[] {
  const at = answered(site.backend.network.interfaces()).find(({ name }) => name === site.interfaces[0]);
  if (at === undefined) return [];
  const isUsable = (address: string): boolean => !address.startsWith("fe80:"); // would need a zone everywhere
  const addresses = at.addresses.filter((entry) => entry.family === family && isUsable(entry.address)).map(({ address }) => address);
  return at.flags.loopback && family === 4 ? ["127.0.0.1", "127.0.0.2"] : addresses; // all of 127.0.0.0/8 is local (RFC 1122, 3.2.1.3)
}
