/** Views of payloads: text, JSON or hexadecimal digits, by their look or as asked for. */
import { isUtf8 } from "node:buffer";
import { printable } from "../command/printable.js";

/** A way to show a payload. */
export type PayloadView = "text" | "json" | "hex";

/** Values of `--as`. */
export const PAYLOAD_VIEWS = ["auto", "text", "json", "hex"] as const;

const MOST_DEPTH = 64; // of JSON: what prints it is recursive
const DUMP_ROW_BYTES = 16;
const LINE_BREAKS_AND_TABS = /[\n\r\t]/g;
const CONTROL = /\p{Cc}/u;

/** Returns the view that fits a payload: JSON objects and arrays, else UTF-8 without control characters, else hexadecimal digits. */
export function viewOf(bytes: Buffer): PayloadView {
  if (bytes.length === 0 || !isUtf8(bytes)) return "hex";
  const text = bytes.toString();
  if (CONTROL.test(text.replaceAll(LINE_BREAKS_AND_TABS, ""))) return "hex";
  return parsedJson(text) === undefined ? "text" : "json";
}

/** Returns the object or array that `text` is in JSON; undefined if it is something else, or nested deeper than 64. */
export function parsedJson(text: string): object | undefined {
  if (!/^\s*[[{]/.test(text) || depthOf(text) > MOST_DEPTH) return undefined;
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}

/** Returns the payload on one line: in quotation marks, as compact JSON, or as pairs of digits. Longer ones are cut at `maxColumns`. */
export function payloadLine(bytes: Buffer, view: PayloadView, maxColumns: number): string {
  if (bytes.length === 0) return "(empty)";
  return LINES[view](bytes, maxColumns);
}

const LINES: Readonly<Record<PayloadView, (bytes: Buffer, maxColumns: number) => string>> = {
  json(bytes, maxColumns) {
    const parsed = parsedJson(bytes.toString());
    return parsed === undefined ? LINES[viewOf(bytes)](bytes, maxColumns) : cut(printable(JSON.stringify(parsed)), maxColumns);
  },
  text: (bytes, maxColumns) => cut(`"${printable(bytes.toString())}"`, maxColumns),
  hex(bytes, maxColumns) {
    const shown = Math.max(1, Math.floor(maxColumns / 3));
    const digits = [...bytes.subarray(0, shown)].map(hexByte).join(" ");
    return bytes.length > shown ? `${digits} …` : digits;
  },
};

/** Returns rows of offset, sixteen bytes and their ASCII characters. */
export function hexDump(bytes: Buffer): string[] {
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += DUMP_ROW_BYTES) {
    const row = [...bytes.subarray(at, at + DUMP_ROW_BYTES)];
    const ascii = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    rows.push(
      `${at.toString(16).padStart(4, "0")}  ${row
        .map(hexByte)
        .join(" ")
        .padEnd(3 * DUMP_ROW_BYTES)} ${ascii}`,
    );
  }
  return rows;
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

function cut(text: string, maxColumns: number): string {
  return text.length > maxColumns ? `${text.slice(0, Math.max(1, maxColumns - 2))} …` : text;
}

/** Strings, of which the last may not end: each character is looked at once, so that a hostile payload of quotation marks takes no longer. */
const STRINGS = /"(?:[^"\\]|\\.)*(?:"|\\?$)/gs;

/** Returns how deep brackets are nested. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const character of text.replaceAll(STRINGS, "")) {
    if (character === "[" || character === "{") deepest = Math.max(deepest, ++depth);
    else if (character === "]" || character === "}") depth--;
  }
  return deepest;
}
