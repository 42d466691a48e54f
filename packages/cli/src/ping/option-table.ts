/**
 * Options of the Multicast Ping Protocol (RFC 6450): code, layout of the value, and who may send it.
 *
 * A value of the wrong length is read as undefined: the option then counts as absent, as an unknown one does.
 */
import { type Family, familyOf } from "@groupcast/backend";
import { addressBytes, addressText } from "./address-bytes.js";
import type { GroupPrefix } from "./group-prefix.js";

/** Values of the options of a message; an absent option is absent here. */
export interface PingOptionValues {
  /** Version of the protocol: 2 in RFC 6450; absent in messages of the ssmping tools, whose protocol counts as version 1. */
  readonly version?: number | undefined;
  /** Bytes by which a client knows its own messages; the server returns them. */
  readonly clientId?: Buffer | undefined;
  /** Number of an Echo Request, from 1. */
  readonly sequence?: number | undefined;
  /** Time at which the client sent, in microseconds since 1970. */
  readonly clientTimeUs?: number | undefined;
  /** IP literal of the group that is answered to. */
  readonly group?: string | undefined;
  /** Codes of the options that the client asks for. */
  readonly optionRequest?: readonly number[] | undefined;
  /** Name and version of the server, for people. */
  readonly serverInformation?: string | undefined;
  /** TTL that an Echo Reply left the server with. */
  readonly ttl?: number | undefined;
  /** Prefixes of the groups that a client wants, best first, or that a server offers. */
  readonly prefixes?: readonly GroupPrefix[] | undefined;
  /** Bytes by which a server knows a client that it has answered before. */
  readonly sessionId?: Buffer | undefined;
  /** Time at which the server sent, in microseconds since 1970. */
  readonly serverTimeUs?: number | undefined;
}

/** Version that RFC 6450 gives its messages. */
export const PING_VERSION = 2;

/** Layout of one option. */
interface OptionRow<T> {
  /** Number of the option on the wire. */
  readonly code: number;
  /** Reads a value; undefined if its length or content is wrong. */
  readonly read: (value: Buffer) => T | undefined;
  /** Writes a value. `isLegacy`: as the ssmping tools of version 0.9 do. */
  readonly write: (value: T, isLegacy: boolean) => Buffer;
  /** Whether servers alone may send it: an Echo Reply, which repeats the request, leaves it out (RFC 6450). */
  readonly isOfServer?: true;
}

/** Values of the table: an option that may be repeated is read and written one by one. */
type Single<Name extends keyof PingOptionValues> = Name extends "prefixes" ? GroupPrefix : NonNullable<PingOptionValues[Name]>;

const bytes = { read: (value: Buffer) => (value.length > 0 ? value : undefined), write: (value: Buffer) => value };
const byte = { read: (value: Buffer) => (value.length === 1 ? value[0] : undefined), write: (value: number) => Buffer.of(value) };
const US_A_SECOND = 1_000_000;
const MOST_INFORMATION_BYTES = 256; // of a name and a version; a hostile server may send 64 KiB

/** Seconds and microseconds since 1970, 4 bytes each. */
const time = {
  read: (value: Buffer) => (value.length === 8 ? value.readUInt32BE(0) * US_A_SECOND + value.readUInt32BE(4) : undefined),
  write: (us: number) => {
    const value = Buffer.alloc(8);
    value.writeUInt32BE(Math.floor(us / US_A_SECOND) % 2 ** 32, 0);
    value.writeUInt32BE(us % US_A_SECOND, 4);
    return value;
  },
};

/** Map of option → its row, in the order in which they are written. */
export const PING_OPTIONS: { readonly [Name in keyof Required<PingOptionValues>]: OptionRow<Single<Name>> } = {
  version: { code: 0, ...byte },
  clientId: { code: 1, ...bytes },
  sequence: { code: 2, read: (value) => (value.length === 4 ? value.readUInt32BE(0) : undefined), write: uint32 },
  clientTimeUs: { code: 3, ...time },
  // ssmping 0.9.1 sends an option request without codes, which asks for the version of the server.
  optionRequest: { code: 5, read: (value) => (value.length % 2 === 0 ? codesIn(value) : undefined), write: (codes) => uint16s(codes) },
  group: { code: 4, read: readGroup, write: writeGroup },
  serverInformation: {
    code: 6,
    read: (value) => (value.length > 0 ? value.toString("utf8", 0, MOST_INFORMATION_BYTES) : undefined),
    write: (text) => Buffer.from(text),
    isOfServer: true,
  },
  ttl: { code: 9, ...byte, isOfServer: true },
  prefixes: { code: 10, read: readPrefix, write: writePrefix, isOfServer: true },
  sessionId: { code: 11, ...bytes, isOfServer: true },
  serverTimeUs: { code: 12, ...time, isOfServer: true },
};

/** Names of the options, in the order of the table. */
export const PING_OPTION_NAMES: readonly (keyof PingOptionValues)[] = Object.keys(PING_OPTIONS) as (keyof PingOptionValues)[];

/** Address families by the numbers of IANA, and the lengths of their addresses in bytes. */
const FAMILY_NUMBERS: Readonly<Record<number, { readonly family: Family; readonly lengthBytes: number }>> = {
  1: { family: 4, lengthBytes: 4 },
  2: { family: 6, lengthBytes: 16 },
};

/** The family takes two bytes in RFC 6450, and one byte in the messages of ssmping 0.9.1; the length tells which it is. */
function readGroup(value: Buffer): string | undefined {
  const wide = value.length >= 2 ? FAMILY_NUMBERS[value.readUInt16BE(0)] : undefined;
  if (wide !== undefined && value.length === 2 + wide.lengthBytes) return addressText(value.subarray(2));
  const narrow = FAMILY_NUMBERS[value[0] ?? 0];
  return narrow !== undefined && value.length === 1 + narrow.lengthBytes ? addressText(value.subarray(1)) : undefined;
}

function writeGroup(group: string, isLegacy: boolean): Buffer {
  const number = familyNumber(group);
  return Buffer.concat([isLegacy ? Buffer.of(number) : uint16s([number]), addressBytes(group)]);
}

/** The address may be as short as its prefix; what is missing is zero. */
function readPrefix(value: Buffer): GroupPrefix | undefined {
  if (value.length < 3) return undefined;
  const family = FAMILY_NUMBERS[value.readUInt16BE(0)];
  const lengthBits = value[2]!;
  const given = value.subarray(3);
  if (family === undefined || lengthBits > family.lengthBytes * 8) return undefined;
  if (given.length > family.lengthBytes || given.length * 8 < lengthBits) return undefined;
  return { address: addressText(Buffer.concat([given], family.lengthBytes)), lengthBits };
}

function writePrefix({ address, lengthBits }: GroupPrefix): Buffer {
  return Buffer.concat([uint16s([familyNumber(address)]), Buffer.of(lengthBits), addressBytes(address)]);
}

function familyNumber(address: string): number {
  return familyOf(address) === 4 ? 1 : 2;
}

function codesIn(value: Buffer): number[] {
  return Array.from({ length: value.length / 2 }, (_, index) => value.readUInt16BE(index * 2));
}

function uint16s(numbers: readonly number[]): Buffer {
  return Buffer.from(numbers.flatMap((number) => [number >> 8, number & 0xff]));
}

function uint32(number: number): Buffer {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(number);
  return value;
}
