/** Quantities in few characters, for tables. */

const THOUSANDS = new Intl.NumberFormat("en-US");
const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** Returns a rate: `0`, `0.5`, `42`, `1,234`. */
export function perSecond(rate: number | undefined): string {
  if (rate === undefined) return "–";
  if (rate === 0) return "0";
  return rate < 10 ? String(Number(rate.toPrecision(2))) : THOUSANDS.format(Math.round(rate));
}

/** Returns a number of things: `1,234`. */
export function number(count: number | undefined): string {
  return count === undefined ? "–" : THOUSANDS.format(count);
}

/** Returns a number of bytes: `512 B`, `1.2 MB`. */
export function bytes(count: number | undefined): string {
  if (count === undefined) return "–";
  const power = count < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(count) / 3));
  const value = count / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : Number(value.toPrecision(2))} ${UNITS[power]}`;
}

/** Returns the local time of day, to a second. */
export function timeOfDay(timeMs: number): string {
  return new Date(timeMs).toTimeString().slice(0, 8);
}
