/** The place of the socket that a steering chooses for a datagram. */
import { MAX_STEERING_NUMBER_BYTES, type Steering, type SteeringByPayload, steeringHash } from "@groupcast/backend";
import type { IpAddress } from "../address/ip-address.js";

/** Payload of a datagram: bytes[start … end). */
export interface Payload {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** The parts of a datagram that a steering looks at. What reports an ICMP error has no payload. */
export interface SteeredDatagram extends Partial<Payload> {
  readonly source: IpAddress;
}

const WORD_BYTES = 4;
const ONLY_CPU = 0; // hosts in memory have one

/** Returns the place, counted from 0; undefined: the flow chooses. There may be no socket in that place. */
export function steeredPlace(steering: Steering, datagram: SteeredDatagram): number | undefined {
  if (steering.by === "cpu") return ONLY_CPU;
  if (steering.by === "source") return steeringHash(words(Uint8Array.from(datagram.source.bytes))) % steering.ports;
  const key = keyOf(steering, datagram);
  if (key === undefined) return undefined;
  const [first = 0, ...rest] = words(key);
  return (key.length <= MAX_STEERING_NUMBER_BYTES ? first : steeringHash([first, ...rest])) % steering.ports;
}

function keyOf({ offsetBytes, lengthBytes }: SteeringByPayload, { bytes, start, end }: SteeredDatagram): Uint8Array | undefined {
  if (bytes === undefined || start === undefined || end === undefined) return undefined;
  const from = start + offsetBytes;
  return from + lengthBytes > end ? undefined : bytes.subarray(from, from + lengthBytes);
}

/** Returns the numbers that each four bytes are, the highest byte first; the last one may be shorter. */
function words(bytes: Uint8Array): number[] {
  const count = Math.ceil(bytes.length / WORD_BYTES);
  return Array.from({ length: count }, (_, word) =>
    bytes.subarray(word * WORD_BYTES, (word + 1) * WORD_BYTES).reduce((number, byte) => number * 256 + byte, 0),
  );
}
