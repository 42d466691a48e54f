import { wrap } from "../command/help.js";
import { printable } from "../command/printable.js";

/** Returns `text` in lines of `columns` at most, each after `margin`; a word that is longer is cut in pieces. */
export function fitted(text: string, columns: number, margin = ""): string[] {
  const room = Math.max(1, columns - margin.length);
  const cut = printable(text).replace(new RegExp(`[^ ]{${room}}(?=[^ ])`, "g"), "$& ");
  return wrap(cut, columns, margin).split("\n");
}
