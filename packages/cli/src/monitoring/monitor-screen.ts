/** A sample as a screen of text, and the terminal that it is redrawn on. */
import type { MonitorEvent, MonitorSample } from "@groupcast/monitor";
import type { Output } from "../command/output.js";
import { printable } from "../command/printable.js";
import { fitCell } from "./cell-text.js";
import { type AnyTable, tablesOf } from "./monitor-tables.js";
import { perSecond, timeOfDay } from "./quantity-text.js";
import { type Paint, tableLines } from "./table-layout.js";

/** Size of a terminal, in cells. */
export interface ScreenSize {
  /** Width. */
  readonly columns: number;
  /** Height. */
  readonly rows: number;
}

const HEAD_LINES = 1;
const LINES_AROUND = 2; // titles of a table, and an empty line before it
const MOST_EVENTS = 5;
const FEWEST_ROWS = 2; // of a table: one, and the count of the others

/** Returns the lines of a sample, none of them as wide as the terminal, and one less than it is high. */
export function screenLines(sample: MonitorSample, events: readonly MonitorEvent[], size: ScreenSize, paint: Paint): string[] {
  const width = size.columns - 1; // a full line wraps
  const room = size.rows - 1 - HEAD_LINES; // the cursor stands on the last one
  const all = tablesOf(sample, events.slice(-MOST_EVENTS).reverse());
  const limits = sample.limits.map((text) => paint("dim", fitCell(printable(text), width).trimEnd()));
  const shares = sharesOf(all, room - (limits.length > 0 ? limits.length + 1 : 0));
  const tables = all.flatMap((table, index) => {
    const rows = shares[index]!;
    return rows === 0 ? [] : ["", ...tableLines(table, rows, width, paint)];
  });
  const lines = [headLine(sample, width, paint), ...tables, ...(limits.length > 0 ? ["", ...limits] : [])];
  return lines.slice(0, size.rows - 1);
}

function headLine({ title, timeMs, totals }: MonitorSample, width: number, paint: Paint): string {
  const { receivedPerSecond, sentPerSecond, lostPerSecond } = totals;
  const rates = `UDP in ${perSecond(receivedPerSecond)}/s, out ${perSecond(sentPerSecond)}/s, lost ${perSecond(lostPerSecond)}/s`;
  const text = fitCell(`${timeOfDay(timeMs)}  ${rates}  ${printable(title)}; Ctrl-C ends`, width).trimEnd();
  return lostPerSecond > 0 ? paint("red", text) : text;
}

/** Shares the height among tables: two rows for each while there is room, then row by row to those that have more. */
function sharesOf(tables: readonly AnyTable[], room: number): readonly number[] {
  const shares = tables.map(() => 0);
  let left = room;
  for (const [index, { rows }] of tables.entries()) {
    const wanted = Math.min(rows.length, FEWEST_ROWS);
    if (left < LINES_AROUND + wanted) break;
    shares[index] = wanted;
    left -= LINES_AROUND + wanted;
  }
  for (let isGiven = true; isGiven && left > 0; ) {
    isGiven = false;
    for (const [index, { rows }] of tables.entries()) {
      if (left === 0 || shares[index] === 0 || shares[index]! >= rows.length) continue;
      shares[index]! += 1;
      left--;
      isGiven = true;
    }
  }
  return shares;
}

/** A terminal whose lines are replaced in place. */
export class LiveScreen {
  readonly #output: Output;
  #drawn = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Draws a sample over the one before. */
  draw(sample: MonitorSample, events: readonly MonitorEvent[]): void {
    const { columns, rows } = this.#output;
    const lines = screenLines(sample, events, { columns, rows }, (style, text) => this.#output.style(style, text));
    const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A` : "";
    this.#output.text(`${up}\r${lines.map((line) => `${line}\x1b[K`).join("\n")}\x1b[J`); // line by line, which flickers less than an empty screen
    this.#drawn = lines.length;
  }
}
