/** Tables for terminals of any width: columns that matter less go first, and what is left is cut. */
import type { Style } from "../command/output.js";
import { printable } from "../command/printable.js";
import { fitCell, widthOf } from "./cell-text.js";

/** One column of a table. */
export interface Column<Row> {
  /** Title. */
  readonly title: string;
  /** Returns the text of a cell; it may hold any character. */
  readonly text: (row: Row) => string;
  /** Returns the style of a cell. Absent: none has one. */
  readonly style?: (row: Row) => Style | undefined;
  /** Side that texts stand at; numbers stand right. Default: `left`. */
  readonly align?: "left" | "right";
  /** Place among the columns that leave where it is narrow; the highest leaves first, 0 never. */
  readonly leaves: number;
}

/** Rows with their columns. */
export interface TableContent<Row> {
  /** Title above the table. */
  readonly title: string;
  /** Columns, from left to right. */
  readonly columns: readonly Column<Row>[];
  /** Rows. */
  readonly rows: readonly Row[];
}

/** Puts text into a style. */
export type Paint = (style: Style, text: string) => string;

const GAP = "  ";

/**
 * Returns the lines of a table: titles, then rows.
 *
 * @param mostRows - Number of rows at most; a last line counts the others.
 */
export function tableLines<Row>({ title, columns, rows }: TableContent<Row>, mostRows: number, width: number, paint: Paint): string[] {
  const shown = rows.length > mostRows ? rows.slice(0, Math.max(1, mostRows - 1)) : rows;
  const texts = new Map(columns.map((column) => [column, shown.map((row) => printable(column.text(row)))]));
  const left = columnsThatFit(columns, texts, title, width);
  const [first] = left;
  const line = (cell: (column: Column<Row>, width: number) => string): string =>
    left.map(({ column, width: own }) => cell(column, own)).join(GAP);
  const nameOf = (column: Column<Row>): string => (column === first?.column ? title : column.title);
  return [
    line((column, own) => paint("bold", fitCell(nameOf(column), own, column.align))),
    ...shown.map((row, index) =>
      line((column, own) => {
        const text = fitCell(texts.get(column)![index]!, own, column.align);
        const style = column.style?.(row);
        return style === undefined ? text : paint(style, text);
      }),
    ),
    ...(rows.length > shown.length ? [paint("dim", fitCell(`and ${rows.length - shown.length} more`, width).trimEnd())] : []),
  ];
}

interface FittedColumn<Row> {
  readonly column: Column<Row>;
  readonly width: number;
}

/** Lets columns leave until the rest fits. When only those that never leave are left, the first one gives way. */
function columnsThatFit<Row>(
  columns: readonly Column<Row>[],
  texts: ReadonlyMap<Column<Row>, readonly string[]>,
  title: string,
  width: number,
): readonly FittedColumn<Row>[] {
  let left = columns.map((column, index) => ({
    column,
    width: Math.max(widthOf(index === 0 ? title : column.title), ...texts.get(column)!.map(widthOf)),
  }));
  const taken = () => left.reduce((sum, { width: own }) => sum + own, 0) + GAP.length * (left.length - 1);
  const last = () => Math.max(...left.map(({ column }) => column.leaves));
  while (taken() > width && last() > 0) {
    const leaving = last();
    left = left.filter(({ column }) => column.leaves !== leaving);
  }
  const over = taken() - width;
  if (over <= 0) return left;
  return left.map((one, index) => (index === 0 ? { ...one, width: Math.max(1, one.width - over) } : one));
}
