/** Datagrams, as the forms of `send` name them. Checks are in Node's order. */
import { checkPort, checkString } from "./argument-checks.js";
import { nodeError } from "./node-errors.js";
import { payloadOf, sliceOf } from "./payload.js";

/** Callback of `send`. */
export type SendCallback = (error: Error | null, bytes?: number) => void;

/** A datagram, as the program gave it. */
export interface Outgoing {
  readonly payload: Uint8Array | string;
  /** Port number of the destination; 0: the peer. */
  readonly port: number;
  readonly address: string | undefined;
  readonly callback: SendCallback | undefined;
}

/** Arguments of `send` behind the data. */
export type SendArguments = readonly [offset: unknown, length: unknown, port: unknown, address: unknown, callback: unknown];

/** Reads the arguments of `send` on a socket without peer: `[offset, length,] port[, address][, callback]`. */
export function toAddress(data: unknown, [offset, length, port, address, callback]: SendArguments): Outgoing {
  const isSlice = Boolean(address || (port && typeof port !== "function"));
  return isSlice ? outgoing(sliceOf(data, offset, length), port, address, callback) : outgoing(data, offset, length, port);
}

/** Reads the arguments of `send` on a socket with a peer: `[offset, length][, callback]`. */
export function toPeer(data: unknown, [offset, length, port, address, callback]: SendArguments): Outgoing {
  const isSlice = typeof length === "number";
  const payload = isSlice ? sliceOf(data, offset, length) : data;
  const isPortCallback = isSlice && typeof port === "function";
  if ((port && !isPortCallback) || address) throw nodeError("ERR_SOCKET_DGRAM_IS_CONNECTED");
  const last = isPortCallback ? port : isSlice ? callback : offset;
  return { payload: payloadOf(payload), port: 0, address: undefined, callback: functionOf(last) };
}

function outgoing(data: unknown, port: unknown, address: unknown, callback: unknown): Outgoing {
  const payload = payloadOf(data);
  const number = checkPort(port, "Port", false);
  if (typeof address === "function") return { payload, port: number, address: undefined, callback: address as SendCallback };
  if (address !== undefined && address !== null) checkString(address, "address");
  return { payload, port: number, address: address as string | undefined, callback: functionOf(callback) };
}

function functionOf(callback: unknown): SendCallback | undefined {
  return typeof callback === "function" ? (callback as SendCallback) : undefined;
}
