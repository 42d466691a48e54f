/** The keys of a sealed channel: those that users pass, and those derived from them. */
import { createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { BASE_ERRORS, bytesLength, InvalidArgumentError, isUint8Array } from "@groupcast/base";

/** The keys that users pass. */
export interface KeyRing {
  readonly sealing: number; // id of the key that seals
  readonly keys: ReadonlyMap<number, KeyObject>; // by id
}

export const KEY_BYTES = 32;

// These bind derived keys to this format and to their purpose, and the channel's name after them to the channel.
const SENDER_LABEL = "groupcast sealed channel 2\0";
const GATE_LABEL = "groupcast sealed channel 2 gate\0";
const SIGNATURE_LABEL = "groupcast sealed channel 2 signature\0";

// 32 random bytes have fewer than 8 different values once in 2 ** 120 keys.
const FEWEST_VALUES = 8;

const HARMLESS: ReadonlySet<string> = new Set(["undefined", "boolean", "number"]); // types whose values are no key

/**
 * Derives the key of one sender on one channel (HKDF with SHA-256, RFC 5869). Each sender has a salt of its own, so no two senders seal
 * with one key, and each can count its nonces from 0.
 */
export function deriveSenderKey(key: KeyObject, salt: Uint8Array, channel: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync("sha256", key, salt, SENDER_LABEL + channel, KEY_BYTES)));
}

/** Derives the key of the gate of one channel. */
export function deriveGateKey(key: KeyObject, channel: string): Buffer {
  return deriveForChannel(key, GATE_LABEL, channel);
}

/**
 * Derives the bytes that signatures on one channel under one key begin with: two groups have different ones, also when their channels, the
 * ids of their keys and their members are the same.
 */
export function deriveSignaturePrefix(key: KeyObject, channel: string): Buffer {
  return Buffer.concat([Buffer.from(SIGNATURE_LABEL, "latin1"), deriveForChannel(key, SIGNATURE_LABEL, channel)]);
}

function deriveForChannel(key: KeyObject, label: string, channel: string): Buffer {
  return Buffer.from(hkdfSync("sha256", key, Buffer.alloc(0), label + channel, KEY_BYTES));
}

/** Checks one key. @throws InvalidArgumentError when it is none, or when anybody guesses it. */
export function checkKey(operation: string, id: string, key: unknown): KeyObject {
  if (!isUint8Array(key)) throw wrongKey(operation, id, "ERR_ARGUMENT_TYPE", key === undefined ? "is missing" : `is a ${typeof key}`);
  const length = bytesLength(key);
  if (length !== KEY_BYTES) throw wrongKey(operation, id, "ERR_ARGUMENT_RANGE", `has ${length} bytes`);
  const weakness = weaknessOf(key);
  if (weakness !== undefined) throw wrongKey(operation, id, "ERR_ARGUMENT_RANGE", weakness);
  return createSecretKey(key);
}

/**
 * Returns what an error may show of a value that is not what it should be: its type, as it may be a key in the wrong place. Errors end up in
 * logs.
 */
export function withoutContents(value: unknown): unknown {
  return value === null || HARMLESS.has(typeof value) ? value : typeof value;
}

/** Returns the reason for which a key is easily guessed, if there is one. It finds placeholders, not every key that somebody made up. */
function weaknessOf(key: Uint8Array): string | undefined {
  const values = new Set(key).size;
  if (values === 1) return "has 32 equal bytes";
  if (values < FEWEST_VALUES) return `has only ${values} different bytes`;
  const step = key[1]! - key[0]!;
  return key.every((byte, i) => i === 0 || ((byte - key[i - 1]! - step) & 0xff) === 0) ? "has bytes that just count" : undefined;
}

/** Makes the error about a key. The key stays out of it, as errors end up in logs: `meaning` takes its place. */
function wrongKey(operation: string, id: string, code: "ERR_ARGUMENT_TYPE" | "ERR_ARGUMENT_RANGE", meaning: string): InvalidArgumentError {
  const expected = `${KEY_BYTES} bytes that nobody can guess as a Uint8Array, such as randomBytes(${KEY_BYTES})`;
  return new InvalidArgumentError(BASE_ERRORS[code], {
    operation,
    argument: "keys",
    value: meaning.replace(/^(is|has) /, ""),
    shown: `the key ${id}`,
    meaning,
    expected,
  });
}
