/** Measurements as tables. */
import { FIGURES, written } from "./figures.js";
import type { PeerName } from "./peers.js";
import { entryOf, type Measurement, median, valuesOf } from "./rounds.js";
import { spreadOf } from "./statistics.js";

/** Peers that the others are compared with, where they were measured. */
const BASES: readonly PeerName[] = ["node:dgram", "uvloop", "Go", "C recvmmsg"];

export type Row = readonly string[];

/** Returns a table with one row per peer: figures, spread of the first, and its ratios to node:dgram, uvloop, Go and C. */
export function rowsOf(measurement: Measurement): { readonly head: Row; readonly rows: readonly Row[] } {
  const { scenario, entries } = measurement;
  const main = scenario.figures[0]!;
  const bases = BASES.flatMap((name) => {
    const value = median(entryOf([measurement], scenario.id, name), main);
    return value === undefined ? [] : [{ name, value }];
  });
  const head = ["", ...scenario.figures.map((figure) => FIGURES[figure].title), "±", ...bases.map(({ name }) => `× ${name}`)];
  const rows = entries.map((entry) => {
    const value = median(entry, main);
    if (value === undefined) return [entry.peer, "failed", ...head.slice(2).map(() => "")];
    const figures = scenario.figures.map((figure) => {
      const found = median(entry, figure);
      return found === undefined ? "" : written(figure, found);
    });
    const ratios = bases.map((base) => (value / base.value).toFixed(2));
    return [entry.peer, ...figures, `${Math.round(spreadOf(valuesOf(entry, main)) * 100)} %`, ...ratios];
  });
  return { head, rows };
}

/** Returns a table as text: columns of equal width, numbers to the right. */
export function asText({ head, rows }: { readonly head: Row; readonly rows: readonly Row[] }): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: Row): string =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join("  ");
  return [head, ...rows].map(line).join("\n");
}

/** Returns a table in Markdown, padded like the repository's formatter does. */
export function asMarkdown({ head, rows }: { readonly head: Row; readonly rows: readonly Row[] }): string {
  const columns = head.map((title, column) => {
    const cells = rows.map((row) => row[column] ?? "");
    const isNumeric = column > 0 && cells.every((cell) => /^(\d|$)/.test(cell));
    return { isNumeric, width: Math.max(3, title.length, ...cells.map(({ length }) => length)) };
  });
  const line = (row: Row): string =>
    `| ${columns.map(({ isNumeric, width }, column) => (isNumeric ? (row[column] ?? "").padStart(width) : (row[column] ?? "").padEnd(width))).join(" | ")} |`;
  const rule = columns.map(({ isNumeric, width }) => (isNumeric ? "-".repeat(width - 1).concat(":") : "-".repeat(width)));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}
