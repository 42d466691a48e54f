/** Packets of channels: `"PULI"`, length and bytes of the channel's name, a sequence number of 32 bits, the message. */
import type { PayloadFormat } from "./payload-format.js";

const MAGIC = 0x50_55_4c_49; // "PULI"
const LENGTH_OFFSET = 4;
const NAME_OFFSET = 5;
const SEQUENCE_BYTES = 4;

/** Fields of a packet on UDP. Its message is what comes after them: the last `payloadBytes`. */
export interface ChannelPacket {
  readonly channel: string;
  readonly sequence: number;
  readonly payloadBytes: number;
}

/** Packets of `@groupcast/channels`, and of other programs that speak its wire format. */
export const channelFormat: PayloadFormat = {
  name: "channel",
  decode(bytes) {
    const packet = readChannelPacket(bytes);
    if (packet === undefined) return undefined;
    const { channel, sequence, payloadBytes } = packet;
    return { text: `channel "${channel}", message ${sequence}, ${payloadBytes} bytes`, fields: { ...packet } };
  },
  numbering: {
    modulus: 2 ** 32,
    isPerSender: true,
    read(bytes) {
      const packet = readChannelPacket(bytes);
      return packet && { stream: packet.channel, number: packet.sequence };
    },
  },
};

/** Reads the fields of a packet; undefined if `bytes` are something else. */
export function readChannelPacket(bytes: Buffer): ChannelPacket | undefined {
  if (bytes.length < NAME_OFFSET + SEQUENCE_BYTES || bytes.readUInt32BE(0) !== MAGIC) return undefined;
  const nameEnd = NAME_OFFSET + bytes[LENGTH_OFFSET]!;
  const payloadBytes = bytes.length - nameEnd - SEQUENCE_BYTES;
  if (payloadBytes < 0) return undefined;
  return { channel: bytes.toString("latin1", NAME_OFFSET, nameEnd), sequence: bytes.readUInt32BE(nameEnd), payloadBytes };
}
