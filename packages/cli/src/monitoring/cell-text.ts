/** Text in cells of a terminal: how wide it is, and how it is cut. */

/** Marks that stand above the character before them. */
const COMBINING = /\p{M}/u;

/** Ranges of code points that take two cells (East Asian Width W and F of Unicode, and emoji), as pairs of first and last. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
];
const LAST_NARROW = 0x10ff; // most text has nothing wider

/** Returns the number of cells that `text` takes. It must be printable already. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += widthOfCharacter(character);
  return width;
}

/** Returns `text` in `width` cells exactly: cut with an ellipsis, or filled with spaces at its end (`left`) or start (`right`). */
export function fitCell(text: string, width: number, align: "left" | "right" = "left"): string {
  const own = widthOf(text);
  if (own > width) return cutTo(text, width);
  const spaces = " ".repeat(width - own);
  return align === "left" ? text + spaces : spaces + text;
}

function cutTo(text: string, width: number): string {
  let [cut, taken] = ["", 0];
  for (const character of text) {
    const own = widthOfCharacter(character);
    if (taken + own > width - 1) break;
    cut += character;
    taken += own;
  }
  return width === 0 ? "" : `${cut}…${" ".repeat(Math.max(0, width - 1 - taken))}`;
}

function widthOfCharacter(character: string): number {
  if (COMBINING.test(character)) return 0;
  const code = character.codePointAt(0)!;
  return code > LAST_NARROW && WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}
