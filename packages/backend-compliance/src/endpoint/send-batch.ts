import { type PacketOrigin, type SendBatch, socketAddress } from "@groupcast/backend";
import type { Destination } from "./endpoint.js";

/** One datagram of a {@link batchOf}. */
export interface BatchEntry {
  readonly bytes: Uint8Array | string;
  readonly to?: Destination | undefined; // absent: the connected peer
  readonly via?: PacketOrigin | undefined;
}

/** Datagrams, back to back, as the waist wants them. */
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

/** One datagram for each text, all to one place. */
export function batchTo(to: Destination | undefined, texts: readonly (string | Uint8Array)[]): SendBatch {
  return batchOf(texts.map((bytes) => ({ bytes, to })));
}
