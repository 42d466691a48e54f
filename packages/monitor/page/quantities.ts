/** Quantities as people read them. */

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const UNITS = ["B", "kB", "MB", "GB", "TB"];
const NONE = "–";

/** Returns a number of things: `1,234`. */
export function count(value: number | undefined): string {
  return value === undefined ? NONE : WHOLE.format(value);
}

/** Returns a rate: `0.5`, `42`, `1,234`. */
export function rate(value: number | undefined): string {
  if (value === undefined) return NONE;
  return value > 0 && value < 10 ? String(Number(value.toPrecision(2))) : WHOLE.format(value);
}

/** Returns a number in few characters: `12.3K`. */
export function short(value: number): string {
  return value < 1000 ? rate(value) : SHORT.format(value);
}

/** Returns a number of bytes: `1.2 MB`. */
export function bytes(value: number | undefined): string {
  if (value === undefined) return NONE;
  const power = value < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(value) / 3));
  const scaled = value / 1000 ** power;
  return `${power === 0 || scaled >= 100 ? Math.round(scaled) : Number(scaled.toPrecision(2))} ${UNITS[power]}`;
}

/** Returns the time of day. */
export function timeOfDay(timeMs: number): string {
  return TIME.format(timeMs);
}

/** Returns an address with its port. */
export function endpoint({ address, port }: { readonly address: string; readonly port: number }): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
