/** Open Sound Control 1.0: an address pattern, type tags and arguments, all in steps of four bytes; or a bundle of such messages. */
import type { DecodedPayload, PayloadFormat } from "./payload-format.js";

const STEP_BYTES = 4;
const BUNDLE_HEADER = Buffer.from("#bundle\0");
const BUNDLE_HEADER_BYTES = 16; // with its time tag
const SLASH = 0x2f;
const COMMA = 0x2c;
const MOST_ARGUMENTS = 32;
const MOST_MESSAGES = 16;
const MOST_DEPTH = 4; // of bundles in bundles

/** An argument as people read it. */
type Argument = string | number | boolean | null;

interface OscMessage {
  readonly address: string;
  readonly types: string;
  readonly arguments: readonly Argument[];
}

/** Messages and bundles of OSC. */
export const oscFormat: PayloadFormat = {
  name: "osc",
  decode(bytes) {
    if (bytes.length === 0 || bytes.length % STEP_BYTES !== 0) return undefined;
    const messages: OscMessage[] = [];
    return readPacket(bytes, messages, 0) && messages.length > 0 ? describe(messages) : undefined;
  },
};

function describe(messages: readonly OscMessage[]): DecodedPayload {
  const shown = messages.map(({ address, types, arguments: values }) =>
    ["OSC", address, types === "" ? "" : `,${types}`, ...values.map((value) => JSON.stringify(value))].filter(Boolean).join(" "),
  );
  return { text: shown.join("; "), fields: { messages } };
}

/** Reads one packet, whole. Returns false if it is none; messages behind the first sixteen are not looked at. */
function readPacket(bytes: Buffer, messages: OscMessage[], depth: number): boolean {
  if (bytes[0] === SLASH) return readMessage(bytes, messages);
  if (depth >= MOST_DEPTH || bytes.length < BUNDLE_HEADER_BYTES) return false;
  if (BUNDLE_HEADER.compare(bytes, 0, BUNDLE_HEADER.length) !== 0) return false;
  let rest = bytes.subarray(BUNDLE_HEADER_BYTES);
  while (rest.length > 0 && messages.length < MOST_MESSAGES) {
    const element = firstElement(rest);
    if (element === undefined || !readPacket(element, messages, depth + 1)) return false;
    rest = rest.subarray(STEP_BYTES + element.length);
  }
  return true;
}

/** Returns the first element of a bundle: its length stands before it. */
function firstElement(bytes: Buffer): Buffer | undefined {
  if (bytes.length < STEP_BYTES) return undefined;
  const end = STEP_BYTES + bytes.readInt32BE(0);
  return end > STEP_BYTES && end % STEP_BYTES === 0 && end <= bytes.length ? bytes.subarray(STEP_BYTES, end) : undefined;
}

function readMessage(bytes: Buffer, messages: OscMessage[]): boolean {
  const address = readText(bytes, 0);
  if (address === undefined || !/^\/[\x21-\x7e]*$/.test(address.text)) return false;
  if (bytes[address.end] !== COMMA) return false; // the types may be missing in messages of before 2002, which nothing tells from a path
  const tags = readText(bytes, address.end);
  if (tags === undefined) return false;
  const types = tags.text.slice(1);
  const values: Argument[] = [];
  let at = tags.end;
  for (const type of types.slice(0, MOST_ARGUMENTS)) {
    const read = READERS[type]?.(bytes, at);
    if (read === undefined) return false;
    if (read.value !== undefined) values.push(read.value);
    at = read.end;
  }
  if (types.length <= MOST_ARGUMENTS && at !== bytes.length) return false;
  messages.push({ address: address.text, types, arguments: values });
  return true;
}

interface Read {
  /** Absent: a bracket. */
  readonly value?: Argument;
  readonly end: number;
}

/** Reads the argument at an offset; undefined if the bytes do not hold one. */
type ArgumentReader = (bytes: Buffer, at: number) => Read | undefined;

const number =
  (sizeBytes: number, read: (bytes: Buffer, at: number) => Argument): ArgumentReader =>
  (bytes, at) =>
    at + sizeBytes <= bytes.length ? { value: read(bytes, at), end: at + sizeBytes } : undefined;
const constant =
  (value: Argument): ArgumentReader =>
  (_, at) => ({ value, end: at });
const bracket: ArgumentReader = (_, at) => ({ end: at });
const text: ArgumentReader = (bytes, at) => {
  const read = readText(bytes, at);
  return read && { value: read.text, end: read.end };
};
const hex = (sizeBytes: number): ArgumentReader => number(sizeBytes, (bytes, at) => bytes.toString("hex", at, at + sizeBytes));

/** Map of type tag → reader; those of OSC 1.0 and its optional ones. */
const READERS: Readonly<Record<string, ArgumentReader>> = {
  i: number(4, (bytes, at) => bytes.readInt32BE(at)),
  f: number(4, (bytes, at) => finite(bytes.readFloatBE(at))),
  s: text,
  b: readBlob,
  h: number(8, (bytes, at) => bytes.readBigInt64BE(at).toString()),
  t: hex(8),
  d: number(8, (bytes, at) => finite(bytes.readDoubleBE(at))),
  S: text,
  c: number(4, (bytes, at) => String.fromCharCode(bytes.readUInt32BE(at) & 0xff)),
  r: hex(4),
  m: hex(4),
  T: constant(true),
  F: constant(false),
  N: constant(null),
  I: constant("Infinitum"),
  "[": bracket,
  "]": bracket,
};

/** JSON has no infinities: they stand as text. */
function finite(value: number): Argument {
  return Number.isFinite(value) ? Number(value.toPrecision(9)) : String(value);
}

function readBlob(bytes: Buffer, at: number): Read | undefined {
  if (at + STEP_BYTES > bytes.length) return undefined;
  const length = bytes.readInt32BE(at);
  const end = at + STEP_BYTES + aligned(length);
  return length >= 0 && end <= bytes.length ? { value: `${length} bytes`, end } : undefined;
}

function readText(bytes: Buffer, at: number): { readonly text: string; readonly end: number } | undefined {
  const nul = bytes.indexOf(0, at);
  if (nul < 0) return undefined;
  const end = at + aligned(nul + 1 - at);
  return end <= bytes.length ? { text: bytes.toString("utf8", at, nul), end } : undefined;
}

function aligned(lengthBytes: number): number {
  return Math.ceil(lengthBytes / STEP_BYTES) * STEP_BYTES;
}
