/** The groups of multicast ping: well-known ones, prefixes of them, and which of them are source-specific. */
import { type Family, familyOf } from "@groupcast/backend";
import { addressBytes, addressText } from "./address-bytes.js";

/** A range of groups: those that begin with the first `lengthBits` bits of `address`. */
export interface GroupPrefix {
  /** IP literal. */
  readonly address: string;
  /** Length in bits: 0 … 32 on IPv4, 0 … 128 on IPv6. */
  readonly lengthBits: number;
}

/** Source-specific groups that ssmpingd answers to when a request names none. */
export const WELL_KNOWN_GROUPS: Readonly<Record<Family, string>> = { 4: "232.43.211.234", 6: "ff3e::4321:1234" };

/** Endings of the groups that ssmpingd 0.9.1 answers to; it refuses all others. */
const LEGACY_ENDINGS: Readonly<Record<Family, Buffer>> = { 4: Buffer.of(234), 6: Buffer.of(0x43, 0x21, 0x12, 0x34) };

/** Returns the prefix that `group` alone has. */
export function prefixOf(group: string): GroupPrefix {
  return { address: group, lengthBits: addressBytes(group).length * 8 };
}

/** Returns whether `group` is in the range of `prefix`. */
export function isWithinPrefix(group: string, { address, lengthBits }: GroupPrefix): boolean {
  const [bytes, prefix] = [addressBytes(group), addressBytes(address)];
  if (bytes.length !== prefix.length) return false;
  const whole = lengthBits >> 3;
  if (!bytes.subarray(0, whole).equals(prefix.subarray(0, whole))) return false;
  const rest = lengthBits & 7;
  return rest === 0 || bytes[whole]! >> (8 - rest) === prefix[whole]! >> (8 - rest);
}

/** Returns whether a group is for one source: 232.0.0.0/8 and ff3x::/32 (RFC 4607, section 1). */
export function isSourceSpecific(group: string): boolean {
  const bytes = addressBytes(group);
  if (familyOf(group) === 4) return bytes[0] === 232;
  return bytes[0] === 0xff && bytes[1]! >> 4 === 3 && bytes[2] === 0 && bytes[3] === 0;
}

/** Returns whether routers keep a group on its link or host: 224.0.0.0/24 and scopes 0 to 2 (RFC 5771, 4; RFC 4291, 2.7). */
export function staysOnLink(group: string): boolean {
  const bytes = addressBytes(group);
  if (familyOf(group) === 4) return bytes[0] === 224 && bytes[1] === 0 && bytes[2] === 0;
  return (bytes[1]! & 0x0f) <= 2;
}

/** Returns the group that asmping 0.9.1 uses when it is given `group`: the same, with another ending. */
export function legacyForm(group: string): string {
  const bytes = addressBytes(group);
  const ending = LEGACY_ENDINGS[familyOf(group)];
  ending.copy(bytes, bytes.length - ending.length);
  return addressText(bytes);
}
