/**
 * The datagrams that `groupcast send` makes up, and `groupcast listen` counts: `groupcast/1 <stream> <number> <time>` and filler.
 *
 * ASCII, so that they can be read in any capture. `stream` is eight random hexadecimal digits, so that two senders, or a sender that was
 * started again, are told apart; `number` counts from 0; `time` is the sender's wall clock in nanoseconds since 1970.
 */

/** A datagram of `groupcast send`. */
export interface TestDatagram {
  /** Eight hexadecimal digits: the run of the sender. */
  readonly stream: string;
  /** Number within the stream, from 0. */
  readonly number: number;
  /** Time of sending by the sender's clock, in nanoseconds since 1970. */
  readonly sentNs: bigint;
}

/** Fewest bytes that hold any test datagram. */
export const TEST_DATAGRAM_MIN_BYTES = 64;

const MAGIC = "groupcast/1 ";
const MAGIC_BYTES = Buffer.from(MAGIC);
const FILLER = "abcdefghijklmnopqrstuvwxyz0123456789";
const LAYOUT = /^groupcast\/1 ([0-9a-f]{8}) (\d{1,15}) (\d{1,19})\n/;

/** Writes `datagram` into `bytes`, from its start to its end, with filler. */
export function encodeTestDatagram({ stream, number, sentNs }: TestDatagram, bytes: Buffer): Buffer {
  const length = bytes.write(`${MAGIC}${stream} ${number} ${sentNs}\n`, "latin1");
  bytes.fill(FILLER, length, undefined, "latin1");
  return bytes;
}

/** Reads a test datagram; undefined if `bytes` are something else. */
export function decodeTestDatagram(bytes: Buffer): TestDatagram | undefined {
  if (bytes.length < MAGIC_BYTES.length || MAGIC_BYTES.compare(bytes, 0, MAGIC_BYTES.length) !== 0) return undefined;
  const [, stream, number, sentNs] = LAYOUT.exec(bytes.toString("latin1", 0, TEST_DATAGRAM_MIN_BYTES)) ?? [];
  if (stream === undefined || number === undefined || sentNs === undefined) return undefined;
  return { stream, number: Number(number), sentNs: BigInt(sentNs) };
}
