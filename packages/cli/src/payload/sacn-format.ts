/** Streaming ACN, the DMX of stage lights on multicast (ANSI E1.31-2018). */

import type { PayloadFormat } from "./payload-format.js";
import { bytesUntilNul } from "./text-fields.js";

const IDENTIFIER = Buffer.from("ASC-E1.17\0\0\0"); // table 4-1
const IDENTIFIER_OFFSET = 4;
const DATA_BYTES = 126; // up to the first slot: tables 4-1, 4-2 and 4-3
const ROOT_VECTOR_DATA = 4;
const FRAMING_VECTOR_DATA = 2;
const SHOWN_SLOTS = 8;

/** Fields of a data packet that stand at fixed offsets. */
const AT = {
  rootVector: 18,
  cid: 22,
  framingVector: 40,
  sourceName: 44,
  priority: 108,
  sequence: 111,
  universe: 113,
  startCode: 125,
} as const;
const CID_BYTES = 16;
const SOURCE_NAME_BYTES = 64;

/** Data packets of sACN. */
export const sacnFormat: PayloadFormat = {
  name: "sacn",
  decode(bytes) {
    if (!isDataPacket(bytes)) return undefined;
    const slots = bytes.subarray(DATA_BYTES);
    const fields = {
      cid: bytes.toString("hex", AT.cid, AT.cid + CID_BYTES),
      sourceName: bytesUntilNul(bytes, AT.sourceName, SOURCE_NAME_BYTES),
      universe: bytes.readUInt16BE(AT.universe),
      priority: bytes[AT.priority]!,
      sequence: bytes[AT.sequence]!,
      startCode: bytes[AT.startCode]!,
      slots: slots.length,
    };
    const first = [...slots.subarray(0, SHOWN_SLOTS)].join(" ");
    const text =
      `sACN universe ${fields.universe}, "${fields.sourceName}", priority ${fields.priority}, ` +
      `sequence ${fields.sequence}, ${fields.slots} slots: ${first}${slots.length > SHOWN_SLOTS ? " …" : ""}`;
    return { text, fields };
  },
  numbering: {
    modulus: 2 ** 8,
    isPerSender: true,
    read(bytes) {
      if (!isDataPacket(bytes)) return undefined;
      return { stream: `universe ${bytes.readUInt16BE(AT.universe)}`, number: bytes[AT.sequence]! };
    },
  },
};

function isDataPacket(bytes: Buffer): boolean {
  if (bytes.length < DATA_BYTES || bytes[IDENTIFIER_OFFSET] !== IDENTIFIER[0]) return false;
  return (
    IDENTIFIER.compare(bytes, IDENTIFIER_OFFSET, IDENTIFIER_OFFSET + IDENTIFIER.length) === 0 &&
    bytes.readUInt32BE(AT.rootVector) === ROOT_VECTOR_DATA &&
    bytes.readUInt32BE(AT.framingVector) === FRAMING_VECTOR_DATA
  );
}
