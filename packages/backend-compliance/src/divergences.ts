import type { Family } from "@groupcast/backend";
import type { ContractId } from "./contract-id.js";
import type { Access } from "./endpoint/endpoint.js";

/** A contract that a backend is known to break. */
export interface Divergence {
  /** Name of the backend. */
  readonly backend: string;
  /** Id of the contract that it breaks. */
  readonly contract: ContractId;
  /** IP versions that it breaks the contract with; default: both. */
  readonly families?: readonly Family[];
  /** Kind of endpoint that breaks the contract; default: both. */
  readonly access?: Access;
  /** Platform that it breaks the contract on; default: all. */
  readonly platform?: NodeJS.Platform;
  /** The difference and its cause, as one sentence. */
  readonly reason: string;
  /** URL of a page or a source file about it. */
  readonly link: string;
}

/** All known divergences. A listed contract that a backend keeps after all fails, so that no row outlives its defect. */
export const DIVERGENCES: readonly Divergence[] = [
  ...["native", "dgram"].map(
    (backend): Divergence => ({
      backend,
      contract: "TX-57",
      families: [6],
      platform: "linux",
      reason:
        "Linux (6.18) still receives only from the former peer's address: __udp_disconnect() clears inet_daddr, and not sk_v6_daddr of an IPv6 socket",
      link: "https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/tree/net/ipv4/udp.c",
    }),
  ),
  {
    backend: "dgram",
    contract: "RES-11",
    reason: "Node cannot duplicate a descriptor: the socket takes it over, and closes it",
    link: "https://nodejs.org/api/dgram.html#socketbindoptions-callback",
  },
  {
    backend: "dgram",
    contract: "MC-18",
    families: [4],
    reason: "a further socket on the same port needs SO_REUSEADDR on the first one, which node:dgram sets only while it makes a socket",
    link: "https://nodejs.org/api/dgram.html#dgramcreatesocketoptions-callback",
  },
];

/** A backend, and the endpoints that a contract is put to there. */
export interface Place {
  readonly backend: string;
  readonly family: Family;
  readonly access: Access;
}

/** Returns the known divergence of a contract at a place; undefined where none is declared. */
export function divergenceOf(
  divergences: readonly Divergence[],
  contract: ContractId,
  { backend, family, access }: Place,
): Divergence | undefined {
  return divergences.find(
    (divergence) =>
      divergence.contract === contract &&
      divergence.backend === backend &&
      (divergence.families ?? [4, 6]).includes(family) &&
      (divergence.access ?? access) === access &&
      (divergence.platform ?? process.platform) === process.platform,
  );
}
