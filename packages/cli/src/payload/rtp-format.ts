/** RTP by its header (RFC 3550, 5.1). It has no magic number: version, payload type, lengths and an even port are all there is to go by. */
import type { PayloadFormat, PayloadPorts } from "./payload-format.js";

const HEADER_BYTES = 12;
const WORD_BYTES = 4;
const VERSION = 2;
const FIRST_DYNAMIC_TYPE = 96; // RFC 3551, 6

/** Names of the static payload types that are still met (RFC 3551, 6). */
const TYPES: Readonly<Record<number, string>> = {
  0: "PCMU",
  3: "GSM",
  8: "PCMA",
  9: "G722",
  10: "L16 stereo",
  11: "L16 mono",
  14: "MPA",
  26: "JPEG",
  31: "H261",
  32: "MPV",
  33: "MP2T",
  34: "H263",
};

interface RtpHeader {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: string;
  readonly payloadBytes: number;
}

/** Streams of the Real-time Transport Protocol. */
export const rtpFormat: PayloadFormat = {
  name: "rtp",
  decode(bytes, ports) {
    const header = readHeader(bytes, ports);
    if (header === undefined) return undefined;
    const { payloadType, marker, sequence, timestamp, ssrc, payloadBytes } = header;
    const type = TYPES[payloadType] ?? `type ${payloadType}`;
    const text = `RTP ${type}, SSRC ${ssrc}, sequence ${sequence}, time ${timestamp}${marker ? ", marker" : ""}, ${payloadBytes} bytes`;
    return { text, fields: { ...header } };
  },
  numbering: {
    modulus: 2 ** 16,
    isPerSender: true,
    read(bytes, ports) {
      if (!looksLikeRtp(bytes, ports)) return undefined;
      return { stream: bytes.readUInt32BE(8).toString(16).padStart(8, "0"), number: bytes.readUInt16BE(2) };
    },
  },
};

/** Returns whether the first bytes can be RTP. The port is even (RFC 3550, 11), and the first byte begins no character of UTF-8. */
function looksLikeRtp(bytes: Buffer, { destination }: PayloadPorts): boolean {
  if (bytes.length < HEADER_BYTES || bytes[0]! >> 6 !== VERSION || destination % 2 !== 0) return false;
  const type = bytes[1]! & 0x7f; // 64 to 95 are RTCP's (RFC 5761, 4)
  return type >= FIRST_DYNAMIC_TYPE || TYPES[type] !== undefined;
}

function readHeader(bytes: Buffer, ports: PayloadPorts): RtpHeader | undefined {
  if (!looksLikeRtp(bytes, ports)) return undefined;
  const payloadBytes = payloadLength(bytes);
  if (payloadBytes < 0) return undefined;
  return {
    payloadType: bytes[1]! & 0x7f,
    marker: bytes[1]! >= 0x80,
    sequence: bytes.readUInt16BE(2),
    timestamp: bytes.readUInt32BE(4),
    ssrc: bytes.readUInt32BE(8).toString(16).padStart(8, "0"),
    payloadBytes,
  };
}

/** Returns what sources, extension and padding leave; less than 0 if they do not fit. */
function payloadLength(bytes: Buffer): number {
  const first = bytes[0]!;
  let start = HEADER_BYTES + (first & 0x0f) * WORD_BYTES;
  if ((first & 0x10) !== 0) start += start + WORD_BYTES <= bytes.length ? WORD_BYTES * (1 + bytes.readUInt16BE(start + 2)) : bytes.length;
  const padding = (first & 0x20) === 0 ? 0 : bytes.at(-1)!;
  return bytes.length - start - padding;
}
