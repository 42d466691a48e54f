/** Readers of words of the command line. Each throws UsageError with what is expected, and an example. */

import { isIP } from "node:net";
import { familyOf, MAX_PORT } from "@groupcast/backend";
import { choiceAdvice } from "@groupcast/base";
import type { WordReader } from "./command.js";
import { UsageError } from "./usage-error.js";

/** An address with a port, if one was given. */
export interface EndpointWord {
  /** IP literal, IPv6 with its zone, if it has one. */
  readonly address: string;
  /** Port; undefined if none was given. */
  readonly port: number | undefined;
}

/** Any text but none. */
export const text: WordReader<string> = (word) => {
  if (word === "") throw new UsageError("some text is expected, not an empty word");
  return word;
};

/** Reader of a whole number from `min` to `max`, ends included. */
export function count(min: number, max: number): WordReader<number> {
  return (word) => {
    const number = /^\d+$/.test(word) ? Number(word) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw new UsageError(`a whole number from ${min} to ${max} is expected`);
  };
}

/** Reader of one of `choices`. */
export function choice<const C extends string>(choices: readonly C[]): WordReader<C> {
  return (word) => {
    if ((choices as readonly string[]).includes(word)) return word as C;
    throw new UsageError(choiceAdvice(word, choices));
  };
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A time in milliseconds: `500ms`, `5s`, `2m`, `1h`; a bare number is seconds. */
export const durationMs: WordReader<number> = (word) => {
  const [, digits, unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(word) ?? [];
  const ms = Number(digits) * UNITS_MS[unit]!;
  if (ms > 0 && Number.isFinite(ms)) return ms;
  throw new UsageError("a time is expected, such as 500ms, 5s (or 5), 2m or 1h");
};

const MULTIPLES: Readonly<Record<string, number>> = { "": 1, k: 1000, K: 1000, M: 1e6, G: 1e9, Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3 };

/** A number of bytes: `1400`, `64k` (64,000), `1Mi` (1,048,576). */
export const bytes: WordReader<number> = (word) => {
  const [, digits, unit = ""] = /^(\d+)([kKMG]|[KMG]i)?$/.exec(word) ?? [];
  const number = Number(digits) * (MULTIPLES[unit] ?? Number.NaN);
  if (Number.isSafeInteger(number)) return number;
  throw new UsageError("a number of bytes is expected, such as 1400, 64k or 1Mi");
};

/** A number a second: `50`, `20k`, `0.5`. */
export const rate: WordReader<number> = (word) => {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)([kM])?$/.exec(word) ?? [];
  const number = Number(digits) * (MULTIPLES[unit] ?? Number.NaN);
  if (number > 0 && number <= MAX_RATE) return number;
  throw new UsageError("a number a second is expected, such as 0.5, 50 or 20k");
};

const MAX_RATE = 1e9;

/** A port number, 1 … 65,535. */
export const port: WordReader<number> = count(1, MAX_PORT);

/** An IP address without a port. */
export const address: WordReader<string> = (word) => {
  if (isIP(word) !== 0) return word;
  throw new UsageError("an IP address is expected, such as 192.0.2.1 or fe80::1%eth0");
};

/** An IP address with or without a port: `239.1.2.3`, `239.1.2.3:5000`, `ff02::fb%eth0`, `[ff02::fb%eth0]:5353`. */
export const endpoint: WordReader<EndpointWord> = (word) => {
  if (isIP(word) !== 0 && !ZONE_WITH_PORT.test(word)) return { address: word, port: undefined };
  const [, bracketed, plain, digits] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(word) ?? [];
  const literal = bracketed ?? plain;
  if (literal === undefined || isIP(literal) === 0)
    throw new UsageError(`an address is expected, such as ${EXAMPLE_ENDPOINTS}${hintAt(word)}`);
  return { address: literal, port: digits === undefined ? undefined : port(digits) };
};

/** isIP() takes anything for a zone, and no interface has a colon in its name. */
const ZONE_WITH_PORT = /%.*:/;

const EXAMPLE_ENDPOINTS = "239.1.2.3:5000 or [ff02::fb%eth0]:5353";

/** IPv6 with a port but without brackets is the usual slip. */
function hintAt(word: string): string {
  const [, before, digits] = /^(.*):(\d+)$/.exec(word) ?? [];
  if (before === undefined) return "";
  return isIP(before) !== 0 && familyOf(before) === 6 ? `; did you mean [${before}]:${digits}?` : "";
}
