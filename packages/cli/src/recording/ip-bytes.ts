/** IP addresses as the bytes of a packet, and back. */
import { familyOf, withoutZone } from "@groupcast/backend";

const GROUPS = 8;

/** Returns the 4 or 16 bytes of an IP literal; a zone is left out. */
export function addressBytes(literal: string): Buffer {
  const address = withoutZone(literal);
  if (familyOf(address) === 4) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail] = address.split("::");
  const before = words(head);
  const after = words(tail ?? "");
  const zeros = new Array<number>(tail === undefined ? 0 : GROUPS - before.length - after.length).fill(0);
  const bytes = Buffer.alloc(2 * GROUPS);
  for (const [index, word] of [...before, ...zeros, ...after].entries()) bytes.writeUInt16BE(word, 2 * index);
  return bytes;
}

/** Returns the words of a part of an IPv6 literal, whose end may be written as an IPv4 address. */
function words(part: string): number[] {
  if (part === "") return [];
  return part.split(":").flatMap((word) => {
    if (!word.includes(".")) return [Number.parseInt(word, 16)];
    const [a, b, c, d] = word.split(".").map(Number) as [number, number, number, number];
    return [(a << 8) | b, (c << 8) | d];
  });
}

/** Returns 4 or 16 bytes as an IP literal; IPv6 as RFC 5952 has it. */
export function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: GROUPS }, (_, index) => bytes.readUInt16BE(2 * index));
  const run = longestZeros(groups);
  const text = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(":");
  return run.length < 2 ? text(0, GROUPS) : `${text(0, run.start)}::${text(run.start + run.length, GROUPS)}`;
}

function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let longest = { start: 0, length: 0 };
  for (let start = 0; start < GROUPS; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > longest.length) longest = { start, length: end - start };
  }
  return longest;
}
