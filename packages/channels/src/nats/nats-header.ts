/**
 * The header of a message on NATS. Everything but the payload is in it, so that any client of NATS can read and write the payload:
 *
 *     Groupcast: 1 <source> <sequence>
 *     Groupcast: 1 <source> <sequence> <hops> <origin> <via>
 *
 * Source: 16 hexadecimal digits, random for each sender of a channel. Sequence: its count of packets, decimal, from 0, modulo 2 ** 32. A
 * relay writes the longer form: number of relays passed, network of publication, and id of the relay that sent last. A message without
 * the header comes from a program that does not count.
 */
import type { MsgHdrs } from "@nats-io/transport-node";
import type { RelayEnvelope } from "../contract/channel-transport.js";
import { NETWORK_NAME } from "../contract/network-name.js";

const NAME = "Groupcast";
const VERSION = "1";
const SOURCE = /^[0-9a-f]{16}$/;
const NUMBER = /^(?:0|[1-9][0-9]{0,9})$/;
const MAX_SEQUENCE = 0xffff_ffff;

/** Length of the longest header in a message, in bytes: with the longest names of networks. */
export const NATS_HEADER_BYTES = 256;

/** The contents of a header. */
export interface NatsOrigin {
  readonly source: string;
  readonly sequence: number;
  readonly envelope?: RelayEnvelope | undefined;
}

/** Writes an origin into an empty header; the longer form when there is an envelope. */
export function encodeNatsHeader(header: MsgHdrs, { source, sequence, envelope }: NatsOrigin): MsgHdrs {
  const own = `${VERSION} ${source} ${sequence}`;
  header.set(NAME, envelope === undefined ? own : `${own} ${envelope.hops} ${envelope.origin} ${envelope.via}`);
  return header;
}

/** Reads a header; returns undefined when there is none, and "malformed" when it is not in this format. */
export function decodeNatsHeader(header: MsgHdrs | undefined): NatsOrigin | undefined | "malformed" {
  const text = header === undefined ? "" : header.get(NAME);
  if (text === "") return undefined;
  const fields = text.split(" ");
  const [version, source = "", digits = "", ...relayed] = fields;
  const sequence = readNumber(digits);
  if (version !== VERSION || !SOURCE.test(source) || sequence === undefined) return "malformed";
  return relayed.length === 0 ? { source, sequence } : decodeRelayed(source, sequence, relayed);
}

function decodeRelayed(source: string, sequence: number, fields: readonly string[]): NatsOrigin | "malformed" {
  const [digits = "", origin = "", via = ""] = fields;
  const hops = readNumber(digits);
  const isWhole = fields.length === 3 && hops !== undefined && hops > 0 && NETWORK_NAME.test(origin) && SOURCE.test(via);
  return isWhole ? { source, sequence, envelope: { origin, source, sequence, hops, via } } : "malformed";
}

function readNumber(digits: string): number | undefined {
  if (!NUMBER.test(digits)) return undefined;
  const number = Number(digits);
  return number <= MAX_SEQUENCE ? number : undefined;
}
