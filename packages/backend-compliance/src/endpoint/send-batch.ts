import { type PacketOrigin, type SendBatch, socketAddress } from "@groupcast/backend";
import type { Destination } from "./endpoint.js";

/** One datagram of a {@link batchOf}. */
export interface BatchEntry {
  readonly bytes: Uint8Array | string;
  readonly to?: Destination | undefined; // default: the connected peer
  readonly via?: PacketOrigin | undefined;
}

/** Makes a batch of datagrams: back to back, as the waist takes them. */
export function batchOf(entries: readonly BatchEntry[]): SendBatch {
  const parts = entries.map(({ bytes }) => (typeof bytes === "string" ? Buffer.from(bytes) : bytes));
  const offsets = new Int32Array(parts.length + 1);
  for (const [index, part] of parts.entries()) offsets[index + 1] = offsets[index]! + part.length;
  return {
    bytes: Buffer.concat(parts),
    offsets,
    to: entries.map(({ to }) => to && socketAddress(to.address, to.port)),
    via: entries.map(({ via }) => via),
  };
}

/** Makes a batch of one datagram for each text, all to one destination. */
export function batchTo(to: Destination | undefined, texts: readonly (string | Uint8Array)[]): SendBatch {
  return batchOf(texts.map((bytes) => ({ bytes, to })));
}
