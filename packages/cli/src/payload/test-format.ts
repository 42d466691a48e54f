import type { PayloadFormat, SequenceNumber } from "./payload-format.js";
import { decodeTestDatagram } from "./test-datagram.js";

const MAGIC = Buffer.from("groupcast/1 ");
const STREAM_END = MAGIC.length + 8;
const MAX_DIGITS = 15; // of an integer that a number holds exactly
const SPACE = 0x20;
const ZERO = 0x30;

/** Numbered datagrams of `groupcast send`: see `test-datagram.ts`. */
export const testFormat: PayloadFormat = {
  name: "test",
  decode(bytes) {
    const datagram = decodeTestDatagram(bytes);
    if (datagram === undefined) return undefined;
    return { text: `groupcast send: stream ${datagram.stream}, number ${datagram.number}`, fields: { ...datagram } };
  },
  numbering: { modulus: undefined, isPerSender: false, read: readNumber },
};

/** Reads the number alone: a fifth of what the whole datagram takes. */
function readNumber(bytes: Buffer): SequenceNumber | undefined {
  for (let at = 0; at < MAGIC.length; at++) if (bytes[at] !== MAGIC[at]) return undefined;
  if (bytes[STREAM_END] !== SPACE) return undefined;
  let number = 0;
  for (let at = STREAM_END + 1; at <= STREAM_END + 1 + MAX_DIGITS; at++) {
    const digit = bytes[at]! - ZERO; // NaN behind the end
    if (bytes[at] === SPACE && at > STREAM_END + 1) return { stream: bytes.toString("latin1", MAGIC.length, STREAM_END), number };
    if (!(digit >= 0 && digit <= 9)) return undefined;
    number = number * 10 + digit;
  }
  return undefined;
}
