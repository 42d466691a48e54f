import dns from "node:dns";
import { isIP } from "node:net";
import type { Family } from "groupcast";
import type { SocketOptions } from "../dgram-api.js";

/** Callback of a look-up: an error, or the address of a name. */
export type LookedUp = (error: NodeJS.ErrnoException | null, address: string, family?: number) => void;

/** Function that finds the address of a name. */
export type Lookup = (address: string | null | undefined, callback: LookedUp) => void;

/** Address that a send without an address goes to. */
export const LOOPBACK: Readonly<Record<Family, string>> = { 4: "127.0.0.1", 6: "::1" };

/** Returns the look-up of a socket: `custom`, or else `dns.lookup`. No address means this host. */
export function lookupFor(family: Family, custom: SocketOptions["lookup"]): Lookup {
  const lookup = (custom ?? systemLookup) as unknown as (name: string, family: Family, callback: LookedUp) => void;
  return (address, callback) => lookup(address || LOOPBACK[family], family, callback);
}

// Node 24 asks whether an address is a literal before `dns.lookup` refuses what is no string; so there the text of any value counts.
const TAKES_ANY_TYPE = Number.parseInt(process.versions.node, 10) >= 24;

/**
 * Looks up a name, never inside the call. An IP literal of the family is its own answer; `dns.lookup` is asked for at each call: programs
 * replace it.
 */
function systemLookup(name: string, family: Family, callback: LookedUp): void {
  if ((TAKES_ANY_TYPE || typeof name === "string") && isIP(name) === family) process.nextTick(callback, null, `${name}`, family);
  else dns.lookup(name, family, callback);
}
