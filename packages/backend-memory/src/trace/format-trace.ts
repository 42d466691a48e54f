import { formatEndpoint } from "@groupcast/backend";
import type { TracedPacket, TraceRecord } from "./trace-record.js";

const TIME_COLUMN = 12; // hours of milliseconds with three decimals
const PREVIEW_BYTES = 24; // enough to tell datagrams apart

/**
 * Returns trace records as text, one line each:
 *
 * ```text
 *        0.000 ms  #1 a/eth0 sent 10.0.0.1:40000 -> 239.1.2.3:5000 ttl 1 "hello"
 *        0.000 ms  #1 b/eth0 delivered to 0.0.0.0:5000 10.0.0.1:40000 -> 239.1.2.3:5000 ttl 1 "hello"
 * ```
 */
export function formatTrace(records: readonly TraceRecord[]): string {
  return records.map((record) => `${formatRecord(record)}\n`).join("");
}

function formatRecord({ timeMs, event, node, interface: place, packet, detail }: TraceRecord): string {
  const time = timeMs.toFixed(3).padStart(TIME_COLUMN);
  const outcome = event === "delivered" ? `delivered to ${detail}` : event === "dropped" ? `dropped (${detail})` : event;
  return `${time} ms  #${packet.id} ${node}/${place} ${outcome} ${formatPacket(packet)}`;
}

function formatPacket(packet: TracedPacket): string {
  const { source, sourcePort, destination, destinationPort, hops, payload, icmp } = packet;
  if (icmp !== undefined) return `${source} -> ${destination} ttl ${hops} ICMP ${icmp.kind}, about ${formatPacket(icmp.about)}`;
  const from = formatEndpoint({ address: source, port: sourcePort });
  const to = formatEndpoint({ address: destination, port: destinationPort });
  return `${from} -> ${to} ttl ${hops} ${preview(payload)}`;
}

/** Returns printable ASCII as text, everything else in hexadecimal. */
function preview(payload: Buffer): string {
  const shown = payload.subarray(0, PREVIEW_BYTES);
  const isText = shown.every((byte) => byte >= 0x20 && byte < 0x7f);
  const rest = payload.length > PREVIEW_BYTES ? `… (${payload.length} bytes)` : "";
  return `${isText ? JSON.stringify(shown.toString("latin1")) : shown.toString("hex")}${rest}`;
}
