/** A datagram as people read it, and as a record of JSON. */
import { formatEndpoint } from "@groupcast/backend";
import type { Output } from "../command/output.js";
import { printable } from "../command/printable.js";
import { decodePayload, type KnownPayload } from "../payload/payload-formats.js";
import { hexDump, type PAYLOAD_VIEWS, type PayloadView, parsedJson, payloadLine, viewOf } from "../payload/payload-view.js";
import type { ArrivedDatagram } from "./listen-for-datagrams.js";

/** Values of `--as`. */
export type ViewChoice = (typeof PAYLOAD_VIEWS)[number];

/** Columns of a payload on a line. */
export const LONGEST_LINE = 400; // of a payload: a page of log, not of hexadecimal digits
const NS_PER_MS = 1_000_000n;

/** Returns the lines for one datagram: what it is, and its payload. */
export function datagramLines(datagram: ArrivedDatagram, as: ViewChoice, output: Output): string[] {
  const { data, from, to, arrival } = datagram;
  const facts = [
    output.style("dim", timeOfDay(arrival.timestampNs)),
    arrival.interface ?? "",
    `${output.style("cyan", formatEndpoint(from))} → ${destination(to)}`,
    arrival.ttl === undefined ? "" : `ttl ${arrival.ttl}`,
    `${data.length} bytes${arrival.truncated ? " (cut)" : ""}`,
  ];
  const head = facts.filter(Boolean).join(" ");
  if (as === "hex") return [head, ...hexDump(data).map((row) => `    ${row}`)];
  return [`${head}  ${as === "auto" ? best(datagram) : payloadLine(data, as, Number.POSITIVE_INFINITY)}`];
}

/** Returns the record of one datagram. */
export function datagramRecord({ data, from, to, arrival }: ArrivedDatagram, as: ViewChoice): Record<string, unknown> {
  const known = as === "auto" ? decodePayload(data, { source: from.port, destination: to.port }) : undefined;
  return {
    type: "datagram",
    timeNs: arrival.timestampNs,
    from: formatEndpoint(from),
    to: destination(to),
    interface: arrival.interface,
    ttl: arrival.ttl,
    lengthBytes: data.length,
    truncated: arrival.truncated ? true : undefined,
    ...(known && { format: known.format, decoded: known.fields }),
    ...payloadRecord(data, as === "auto" ? viewOf(data) : as),
  };
}

/** Returns the destination; the port alone where the backend does not see addresses (dgram). */
function destination(to: ArrivedDatagram["to"]): string {
  return to.address === "" ? `port ${to.port}` : formatEndpoint(to);
}

function best({ data, from, to }: ArrivedDatagram): string {
  const known: KnownPayload | undefined = decodePayload(data, { source: from.port, destination: to.port });
  return known === undefined ? payloadLine(data, viewOf(data), LONGEST_LINE) : printable(known.text).slice(0, LONGEST_LINE);
}

/** Returns the payload as a field of a record: json, text or hex. */
export function payloadRecord(data: Buffer, view: PayloadView): Record<string, unknown> {
  if (view === "json") {
    const json = parsedJson(data.toString());
    if (json !== undefined) return { json };
  }
  return view === "hex" ? { hex: data.toString("hex") } : { text: data.toString() };
}

/** Returns the local time of day, to a microsecond. */
export function timeOfDay(timeNs: bigint | undefined): string {
  if (timeNs === undefined) return "";
  const date = new Date(Number(timeNs / NS_PER_MS));
  const digits = (value: number, width: number): string => String(value).padStart(width, "0");
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => digits(part, 2)).join(":");
  return `${clock}.${digits(Number((timeNs / 1000n) % 1_000_000n), 6)}`;
}
