/**
 * Words of nodes about parameters, as JSON on the channel of the node that has them, `__groupcast_parameters/<session>`:
 *
 *     question                                  answer
 *     { get: name }                             { revision, value }
 *     { set: name, value, name, session }       { revision, value }
 *     { list: index of the first }              { revision, total, parameters: [{ name, value, … }] }
 *     { since: revision }                       { revision, isMore, changes: [{ name, value, revision, by? }] }
 *
 * Lists and changes hold as many entries as fit 8 KiB, one at least. Each change is published as `{ revision, name, value, by }`. What comes
 * is hostile: these functions return undefined for what has another form.
 */
import { type JsonValue, MAX_VALUE_BYTES, type ParameterAuthor, type ParameterDescription } from "./parameter-definition.js";

/** First part of the names of the channels for parameters. */
export const PARAMETER_CHANNELS = "__groupcast_parameters";

/** Number of bytes of entries in an answer, as JSON, unless a single one is longer. */
const MAX_ENTRIES_BYTES = 8 * 1024;
const SESSION = /^[0-9a-f]{16}$/;
const MAX_NAME = 255;

/** Question about parameters. */
export type ParameterQuestion =
  | { readonly get: string }
  | { readonly set: string; readonly value: JsonValue; readonly name: string; readonly session: string }
  | { readonly list: number }
  | { readonly since: number };

/** A change, as it travels. */
export interface WireChange {
  readonly revision: number;
  readonly name: string;
  readonly value: JsonValue;
  readonly by?: ParameterAuthor | undefined;
}

/** A part of a node's parameters. */
export interface ParameterPage {
  readonly revision: number;
  readonly total: number;
  readonly parameters: readonly ParameterDescription[];
}

/** Changes since a revision: of each parameter the latest. */
export interface WireChanges {
  readonly revision: number;
  readonly isMore: boolean;
  readonly changes: readonly WireChange[];
}

/** Parts of a description → whether one is of the form that `list()` promises. */
const DESCRIBED: readonly (readonly [keyof ParameterDescription, (value: unknown) => boolean])[] = [
  ["name", isName],
  ["value", isValue],
  ["description", (text) => text === undefined || typeof text === "string"],
  ["minimum", (bound) => bound === undefined || typeof bound === "number"],
  ["maximum", (bound) => bound === undefined || typeof bound === "number"],
  ["choices", (choices) => choices === undefined || (Array.isArray(choices) && choices.every(isChoice))],
  ["readOnly", (flag) => typeof flag === "boolean"],
  ["settable", (flag) => typeof flag === "boolean"],
];

/** Returns whether `text` is the session of a node. */
export function isSession(text: string): boolean {
  return SESSION.test(text);
}

/** Returns as many of the entries, from the first on, as fit an answer. */
export function fitting<T>(entries: readonly T[]): T[] {
  let bytes = 0;
  const count = entries.findIndex((entry, index) => {
    bytes += Buffer.byteLength(JSON.stringify(entry)) + 1;
    return bytes > MAX_ENTRIES_BYTES && index > 0;
  });
  return count === -1 ? [...entries] : entries.slice(0, count);
}

/** Reads a question. */
export function readQuestion(given: unknown): ParameterQuestion | undefined {
  const { get, set, value, list, since, name, session } = fieldsOf(given);
  if (typeof get === "string") return { get };
  if (isCount(list)) return { list };
  if (isCount(since)) return { since };
  if (typeof set !== "string" || value === undefined || !isName(name) || typeof session !== "string" || !isSession(session))
    return undefined;
  return { set, value: value as JsonValue, name, session };
}

/** Reads the answer to `get` and `set`. */
export function readValue(given: unknown): { readonly value: JsonValue } | undefined {
  const { value } = fieldsOf(given);
  return isValue(value) ? { value: value as JsonValue } : undefined;
}

/** Reads the answer to `list`. */
export function readList(given: unknown): ParameterPage | undefined {
  const { revision, total, parameters } = fieldsOf(given);
  if (!isCount(revision) || !isCount(total) || !Array.isArray(parameters)) return undefined;
  const described = parameters.map(fieldsOf);
  const isWhole = described.every((entry) => DESCRIBED.every(([key, isRight]) => isRight(entry[key])));
  return isWhole ? { revision, total, parameters: described as unknown as ParameterDescription[] } : undefined;
}

/** Reads the answer to `since`. */
export function readChanges(given: unknown): WireChanges | undefined {
  const { revision, isMore, changes } = fieldsOf(given);
  if (!isCount(revision) || typeof isMore !== "boolean" || !Array.isArray(changes)) return undefined;
  const read = changes.map(readChange);
  return read.includes(undefined) ? undefined : { revision, isMore, changes: read as WireChange[] };
}

/** Reads a change. */
export function readChange(given: unknown): WireChange | undefined {
  const { revision, name, value, by } = fieldsOf(given);
  return isCount(revision) && isName(name) && isValue(value)
    ? { revision, name, value: value as JsonValue, by: readAuthor(by) }
    : undefined;
}

function readAuthor(given: unknown): ParameterAuthor | undefined {
  const { name, session, isRemote, signer } = fieldsOf(given);
  if (!isName(name) || typeof session !== "string" || !isSession(session) || typeof isRemote !== "boolean") return undefined;
  return isName(signer) ? { name, session, isRemote, signer } : { name, session, isRemote };
}

function fieldsOf(given: unknown): Readonly<Record<string, unknown>> {
  return typeof given === "object" && given !== null ? (given as Record<string, unknown>) : {};
}

/** Returns whether a parameter can have the value. JSON.parse() makes values that are too deep for JSON.stringify(), which throws then. */
function isValue(value: unknown): boolean {
  try {
    return value !== undefined && Buffer.byteLength(JSON.stringify(value)) <= MAX_VALUE_BYTES;
  } catch {
    return false;
  }
}

function isChoice(value: unknown): boolean {
  return typeof value === "string" || typeof value === "number";
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_NAME;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
