/** Numbering of datagrams, which the programs of all languages share: `programs/c/datagram.h` has the rules. */
export const MEASURED = 0x8000_0000;
export const END = 0xffff_ffff;
const SAMPLE = 1023;

/** Returns the number of a datagram. readUInt32LE() checks its arguments, which takes longer than all the rest of counting. */
export function numberOf(bytes: Uint8Array): number {
  return (bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)) >>> 0;
}

/** Writes datagram `number` into `bytes`. */
export function fill(bytes: Buffer, number: number): void {
  bytes.writeUInt32LE(number, 0);
  if ((number & SAMPLE) !== 0) return;
  for (let i = 4; i < bytes.length; i++) bytes[i] = number + i;
}

/** Returns whether `bytes` is datagram `number`, as far as the rules check it. */
export function isIntact(bytes: Uint8Array, number: number, sizeBytes: number): boolean {
  if (bytes.length !== sizeBytes) return false;
  if ((number & SAMPLE) !== 0) return true;
  for (let i = 4; i < bytes.length; i++) if (bytes[i] !== ((number + i) & 255)) return false;
  return true;
}
