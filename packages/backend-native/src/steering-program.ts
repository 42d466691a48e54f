/**
 * Programs of classic BPF that choose a socket, built from checked numbers alone. The kernel runs one for each unicast datagram, and takes its
 * result as the number of the socket (`run_bpf_filter` of net/core/sock_reuseport.c): the packet begins with the payload of UDP, and what
 * is no number of a socket leaves the choice to the hash of the flow. The same happens where the program cannot be run.
 */
import { MAX_STEERING_NUMBER_BYTES, STEERING_HASH, type Steering, type SteeringByPayload } from "@groupcast/backend";

/** Codes of the instructions in use: linux/bpf_common.h, linux/filter.h. A is the accumulator, X the index register. */
const CODE = {
  loadWord: 0x20, // A = 4 bytes at k
  loadHalf: 0x28, // A = 2 bytes at k
  loadByte: 0x30, // A = 1 byte at k
  loadImmediate: 0x00, // A = k
  loadLength: 0x80, // A = length of the payload
  loadScratch: 0x61, // X = scratch[k]
  store: 0x02, // scratch[k] = A
  copyToX: 0x07, // X = A
  multiply: 0x24, // A *= k
  modulo: 0x94, // A %= k
  shiftLeft: 0x64, // A <<= k
  shiftRight: 0x74, // A >>= k
  orX: 0x4c, // A |= X
  xorX: 0xac, // A ^= X
  jumpIfEqual: 0x15, // to t if A is k, else to f
  jumpIfNotLess: 0x35, // to t if A is k or more, else to f
  returnValue: 0x06, // k
  returnA: 0x16,
} as const;

type Instruction = readonly [code: keyof typeof CODE, k?: number, jumpTrue?: number, jumpFalse?: number];

const CPU = 0xffff_f000 + 36; // SKF_AD_OFF + SKF_AD_CPU
const IP_HEADER = 0xfff0_0000; // SKF_NET_OFF
const SOURCE_4 = IP_HEADER + 12; // RFC 791
const SOURCE_6 = IP_HEADER + 8; // RFC 8200
const BY_FLOW = 0xffff_ffff; // no socket has that number
const HASH = 0; // its place in the scratch memory
const WORD_BYTES = 4;

const PROGRAMS: { readonly [By in Steering["by"]]: (steering: Extract<Steering, { by: By }>) => readonly Instruction[] } = {
  cpu: ({ ports }) => [["loadWord", CPU], ...socketNumber(ports)],
  source({ ports }) {
    const ipv4 = [...hashOf([[["loadWord", SOURCE_4]]]), ...socketNumber(ports)];
    const words = [0, 1, 2, 3].map((word): readonly Instruction[] => [["loadWord", SOURCE_6 + word * WORD_BYTES]]);
    const ipv6 = [...hashOf(words), ...socketNumber(ports)];
    // The version, as an IPv6 socket may receive IPv4, too.
    return [["loadByte", IP_HEADER], ["shiftRight", 4], ["jumpIfEqual", 4, 0, ipv4.length], ...ipv4, ...ipv6];
  },
  payload: ({ ports, ...key }) => [
    ["loadLength"],
    ["jumpIfNotLess", key.offsetBytes + key.lengthBytes, 1, 0],
    ["returnValue", BY_FLOW],
    ...(key.lengthBytes <= MAX_STEERING_NUMBER_BYTES ? number(key.offsetBytes, key.lengthBytes) : hashOf(wordsOf(key))),
    ...socketNumber(ports),
  ],
};

function socketNumber(ports: number): readonly Instruction[] {
  return [["modulo", ports], ["returnA"]];
}

/** Loads a number of 1 to 4 bytes into A. */
function number(offset: number, length: number): readonly Instruction[] {
  if (length === 1) return [["loadByte", offset]];
  if (length === 2) return [["loadHalf", offset]];
  if (length === 3) return [["loadHalf", offset], ["shiftLeft", 8], ["copyToX"], ["loadByte", offset + 2], ["orX"]];
  return [["loadWord", offset]];
}

/** Returns instructions that load the words of a key; the last one may be shorter. */
function wordsOf({
  offsetBytes,
  lengthBytes,
}: Pick<SteeringByPayload, "offsetBytes" | "lengthBytes">): readonly (readonly Instruction[])[] {
  const words: (readonly Instruction[])[] = [];
  for (let at = 0; at < lengthBytes; at += WORD_BYTES) words.push(number(offsetBytes + at, Math.min(WORD_BYTES, lengthBytes - at)));
  return words;
}

/** Leaves `steeringHash()` of the words in A. */
function hashOf(words: readonly (readonly Instruction[])[]): readonly Instruction[] {
  const { prime, shiftBits } = STEERING_HASH;
  const mixed = words.flatMap((load): readonly Instruction[] => [
    ...load,
    ["loadScratch", HASH],
    ["xorX"],
    ["multiply", prime],
    ["copyToX"],
    ["shiftRight", shiftBits],
    ["xorX"],
    ["store", HASH],
  ]);
  return [["loadImmediate", 0], ["store", HASH], ...mixed];
}

/** Returns the program as the addon takes it: code, both jumps and k of each instruction, in four words. */
export function steeringProgram(steering: Steering): Int32Array {
  const build = PROGRAMS[steering.by] as (steering: Steering) => readonly Instruction[];
  return Int32Array.from(build(steering).flatMap(([name, k = 0, jumpTrue = 0, jumpFalse = 0]) => [CODE[name], jumpTrue, jumpFalse, k]));
}
