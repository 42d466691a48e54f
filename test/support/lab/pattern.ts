// Describes one of many things that arrive: by some of its fields, or by a function.
import { inspect } from "node:util";

/** The fields that matter, each as a value, a pattern of its own or an expression; or a function that decides. */
export type Pattern<T> = ((candidate: T) => boolean) | FieldPattern<T>;

type FieldPattern<T> = T extends Uint8Array
  ? T | string | RegExp
  : T extends string
    ? T | RegExp
    : T extends readonly unknown[]
      ? T
      : T extends object
        ? { readonly [K in keyof T]?: FieldPattern<T[K]> }
        : T;

/** Whether the candidate has what the pattern names. Bytes are compared with a text as UTF-8; arrays as a whole. */
export function matches<T>(candidate: T, pattern: Pattern<T>): boolean {
  return isDecision(pattern) ? pattern(candidate) : isLike(candidate, pattern);
}

/** For failures: what was waited for. */
export function describePattern(pattern: unknown): string {
  return typeof pattern === "function" ? String(pattern) : inspect(pattern, { breakLength: Number.POSITIVE_INFINITY });
}

function isDecision<T>(pattern: Pattern<T>): pattern is (candidate: T) => boolean {
  return typeof pattern === "function";
}

function isLike(candidate: unknown, pattern: unknown): boolean {
  if (candidate instanceof Uint8Array) return isLikeBytes(Buffer.from(candidate), pattern);
  if (pattern instanceof RegExp) return typeof candidate === "string" && pattern.test(candidate);
  if (Array.isArray(pattern)) return Array.isArray(candidate) && isLikeArray(candidate, pattern);
  if (isObject(pattern)) return isObject(candidate) && Object.entries(pattern).every(([key, value]) => isLike(candidate[key], value));
  return Object.is(candidate, pattern);
}

function isLikeBytes(candidate: Buffer, pattern: unknown): boolean {
  return pattern instanceof Uint8Array ? candidate.equals(pattern) : isLike(candidate.toString("utf8"), pattern);
}

function isLikeArray(candidate: readonly unknown[], pattern: readonly unknown[]): boolean {
  return candidate.length === pattern.length && candidate.every((item, index) => isLike(item, pattern[index]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
