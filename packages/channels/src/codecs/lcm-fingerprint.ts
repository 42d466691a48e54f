/**
 * Fingerprints of LCM's types: the first 8 bytes of each value, by which a reader recognises its own declaration.
 *
 * "LCM Type Specification Language", section "Fingerprint Computation", says how the fingerprints of nested types are combined, and that each
 * type has a base. The base hashes, for each member, its name, the name of its type if that is primitive, and its dimensions; the name of the
 * struct does not count. The specification does not define that hash; lcm-gen writes its results into all code that it generates.
 */

/** The part of a member that the hash covers. */
export interface FingerprintMember {
  readonly name: string;
  /** Name of a primitive type, or the fingerprint of a struct. */
  readonly type: string | bigint;
  /** A number is a fixed length; a name is that of the member that contains the length. */
  readonly dimensions: readonly (number | string)[];
}

const BASE = 0x1234_5678n;
const FIXED = 0;
const VARIABLE = 1;

/** Returns the fingerprint of a struct: 64 bits. */
export function lcmFingerprint(members: readonly FingerprintMember[]): bigint {
  const nested = members.reduce((sum, { type }) => sum + (typeof type === "bigint" ? type : 0n), 0n);
  const sum = BigInt.asUintN(64, members.reduce(withMember, BASE) + nested);
  return BigInt.asUintN(64, (sum << 1n) | (sum >> 63n)); // a rotation for each level, so that the order of nesting counts
}

function withMember(hash: bigint, { name, type, dimensions }: FingerprintMember): bigint {
  const named = withText(hash, name);
  const typed = typeof type === "string" ? withText(named, type) : named;
  return dimensions.reduce<bigint>(
    (before, dimension) => {
      return withText(withByte(before, typeof dimension === "number" ? FIXED : VARIABLE), String(dimension));
    },
    withByte(typed, dimensions.length),
  );
}

function withText(hash: bigint, text: string): bigint {
  return [...Buffer.from(text, "latin1")].reduce(withByte, withByte(hash, text.length));
}

/** The hash is a signed number of 64 bits, so a shift to the right keeps the sign. */
function withByte(hash: bigint, byte: number): bigint {
  return BigInt.asIntN(64, ((hash << 8n) ^ (hash >> 55n)) + BigInt(byte));
}
