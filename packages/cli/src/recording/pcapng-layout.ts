/** Numbers of pcapng (draft-ietf-opsawg-pcapng): types of blocks, their layouts, and codes of options. */

/** Types of blocks. */
export const BLOCK = {
  section: 0x0a0d_0d0a,
  interface: 1,
  simplePacket: 3,
  interfaceStatistics: 5,
  enhancedPacket: 6,
} as const;

/** Word that shows the byte order of a section. */
export const BYTE_ORDER_MAGIC = 0x1a2b_3c4d;

/** Bytes of a block besides its body: type, length, and the length again. */
export const BLOCK_FRAME_BYTES = 12;

/** Bytes of a block before its body. */
export const BLOCK_HEAD_BYTES = 8;

/** Steps that blocks and options come in, in bytes. */
export const STEP_BYTES = 4;

/** Codes of the options that are read or written. */
export const OPTION = {
  end: 0,
  section: { hardware: 2, os: 3, application: 4 },
  interface: { name: 2, timeResolution: 9, timeOffset: 14 },
  packet: { flags: 2, dropCount: 4 },
  statistics: { received: 4, osDrops: 7 },
} as const;

/** Directions of packets in the flags: draft-ietf-opsawg-pcapng, 4.3.1. */
export const DIRECTION = { in: 1, out: 2 } as const;

/** Kinds of reception in the flags, in place. */
export const RECEPTION = { unicast: 0b0100, multicast: 0b1000, broadcast: 0b1100 } as const;

/** Link type of packets that begin with their IP header: the first four bits say which IP it is. */
export const LINKTYPE_RAW = 101;

/** Returns `lengthBytes` up to the next step. */
export function padded(lengthBytes: number): number {
  return (lengthBytes + STEP_BYTES - 1) & ~(STEP_BYTES - 1);
}
