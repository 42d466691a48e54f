/**
 * Messages of the Multicast Ping Protocol: one byte for the type, then options of code, length and value (RFC 6450).
 *
 * The tools ssmping and asmping of version 0.9 send the same without Init and Server Response, without the option version, and with a byte
 * less in the option group; such messages count as version 1 here.
 */
import type { GroupPrefix } from "./group-prefix.js";
import { PING_OPTION_NAMES, PING_OPTIONS, type PingOptionValues } from "./option-table.js";

/** Map of message type → its byte. */
const TYPE_BYTES = { echoRequest: "Q", echoReply: "A", init: "I", serverResponse: "S" } as const;

/** Type of a message. */
export type PingMessageType = keyof typeof TYPE_BYTES;

/** A message: its type and its options. */
export interface PingMessage extends PingOptionValues {
  /** Type of the message. */
  readonly type: PingMessageType;
}

/** A message that has arrived. */
export interface ReceivedPingMessage extends PingMessage {
  /** Every option as it came, unknown ones among them. */
  readonly options: readonly RawOption[];
}

/** An option as it is on the wire. */
interface RawOption {
  readonly code: number;
  readonly value: Buffer;
}

const HEADER_BYTES = 4; // code and length of an option, two bytes each
const TYPE_OF_BYTE: ReadonlyMap<number, PingMessageType> = new Map(
  (Object.keys(TYPE_BYTES) as PingMessageType[]).map((type) => [TYPE_BYTES[type].charCodeAt(0), type]),
);
const NAME_OF_CODE: ReadonlyMap<number, keyof PingOptionValues> = new Map(PING_OPTION_NAMES.map((name) => [PING_OPTIONS[name].code, name]));
const CODES_OF_SERVERS: ReadonlySet<number> = new Set(
  PING_OPTION_NAMES.filter((name) => PING_OPTIONS[name].isOfServer).map((name) => PING_OPTIONS[name].code),
);

/** Row of any option: the table proves that its value fits. */
interface AnyRow {
  readonly code: number;
  readonly read: (value: Buffer) => unknown;
  readonly write: (value: unknown, isLegacy: boolean) => Buffer;
}

/** Returns the bytes of a message. Without `version`, in the form of ssmping 0.9. */
export function encodeMessage(message: PingMessage): Buffer {
  const options = PING_OPTION_NAMES.flatMap((name) => {
    const value = message[name];
    if (value === undefined) return [];
    const row = PING_OPTIONS[name] as AnyRow;
    const values: readonly unknown[] = name === "prefixes" ? (value as readonly unknown[]) : [value];
    return values.map((each) => ({ code: row.code, value: row.write(each, message.version === undefined) }));
  });
  return toBytes(message.type, options);
}

/** Reads a message; undefined if `bytes` are none. Never throws. The result has views into `bytes`. */
export function decodeMessage(bytes: Buffer): ReceivedPingMessage | undefined {
  const type = TYPE_OF_BYTE.get(bytes[0] ?? -1);
  const options = type === undefined ? undefined : optionsIn(bytes);
  return type === undefined || options === undefined ? undefined : { ...valuesOf(options), type, options };
}

/** Reads the options that are known; of equal ones, the first counts. */
function valuesOf(options: readonly RawOption[]): PingOptionValues {
  const values: { -readonly [Name in keyof PingOptionValues]?: unknown } = {};
  const prefixes: GroupPrefix[] = [];
  for (const { code, value } of options) {
    const name = NAME_OF_CODE.get(code);
    const read = name && (PING_OPTIONS[name] as AnyRow).read(value);
    if (read === undefined) continue;
    if (name === "prefixes") prefixes.push(read as GroupPrefix);
    else values[name!] ??= read;
  }
  if (prefixes.length > 0) values.prefixes = prefixes;
  return values as PingOptionValues;
}

/**
 * Returns the Echo Reply to a request: its options in their order, but for those that only servers send, and `added` behind them.
 */
export function encodeEchoReply(
  request: ReceivedPingMessage,
  added: Pick<PingMessage, "serverInformation" | "ttl" | "serverTimeUs">,
): Buffer {
  const repeated = request.options.filter(({ code }) => !CODES_OF_SERVERS.has(code));
  return Buffer.concat([toBytes("echoReply", repeated), encodeMessage({ type: "echoReply", ...added }).subarray(1)]);
}

function toBytes(type: PingMessageType, options: readonly RawOption[]): Buffer {
  const parts = options.flatMap(({ code, value }) => {
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt16BE(code, 0);
    header.writeUInt16BE(value.length, 2);
    return [header, value];
  });
  return Buffer.concat([Buffer.from(TYPE_BYTES[type], "latin1"), ...parts]);
}

/** Returns the options behind the type; undefined if one is cut off. */
function optionsIn(bytes: Buffer): RawOption[] | undefined {
  const options: RawOption[] = [];
  let position = 1;
  while (position < bytes.length) {
    if (position + HEADER_BYTES > bytes.length) return undefined;
    const start = position + HEADER_BYTES;
    const end = start + bytes.readUInt16BE(position + 2);
    if (end > bytes.length) return undefined;
    options.push({ code: bytes.readUInt16BE(position), value: bytes.subarray(start, end) });
    position = end;
  }
  return options;
}
