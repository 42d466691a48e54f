/** Lines and fields of the tables of /proc. */
import { FormError } from "../host-files.js";

/** Returns the lines of a text that have anything but spaces. @throws FormError: the last line is cut off. */
export function linesOf(text: string): string[] {
  if (text !== "" && !text.endsWith("\n")) throw new FormError("its last line is cut off");
  return text.split("\n").filter((line) => line.trim() !== "");
}

/** Returns the fields of a line; at least `count`. @throws FormError */
export function fieldsOf(line: string, count: number): string[] {
  const fields = line.trim().split(/\s+/);
  if (fields.length >= count) return fields;
  throw new FormError(`the line ${JSON.stringify(line.trim().slice(0, 60))} does not have the ${count} expected fields`);
}

/** Returns a whole number of 0 or more, in decimal. @throws FormError */
export function decimal(text: string | undefined): number {
  if (text !== undefined && /^\d{1,20}$/.test(text)) return Number(text);
  throw new FormError(`${JSON.stringify((text ?? "").slice(0, 40))} is not a number`);
}

/** Returns a whole number of 0 or more, in hexadecimal. @throws FormError */
export function hexadecimal(text: string | undefined): number {
  if (text !== undefined && /^[0-9a-f]{1,16}$/i.test(text)) return Number.parseInt(text, 16);
  throw new FormError(`${JSON.stringify((text ?? "").slice(0, 40))} is not a hexadecimal number`);
}
