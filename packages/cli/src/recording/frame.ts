/** A captured frame, whatever format its file has. */
export interface Frame {
  /** Time in nanoseconds since 1970; undefined: the file does not say. */
  readonly timeNs: bigint | undefined;
  /** Link type of libpcap: what the bytes begin with. */
  readonly linkType: number;
  /** Bytes, as far as they were captured; valid until the next frame is asked for. */
  readonly bytes: Buffer;
  /** Length of the frame on the wire, in bytes. */
  readonly wireBytes: number;
  /** Name of the interface; undefined: the file does not say. */
  readonly interface: string | undefined;
  /** Direction; undefined: the file does not say. */
  readonly direction: "in" | "out" | undefined;
  /** Number of packets that were lost before it, as its file says. */
  readonly drops: number;
  /** Offset in the file. */
  readonly offset: number;
}

/** Longest block or record of a file that is read, in bytes; libpcap's own frames have 262,144. What claims more is broken, or a trap. */
export const MAX_RECORD_BYTES: number = 16 * 1024 * 1024;
