/** The keys of a sealed channel: those that users pass, and those derived from them. */
import { createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { BASE_ERRORS, checkInteger, checkOptions, InvalidArgumentError, wrongType } from "@groupcast/base";

/** One key of a sealed channel. */
export interface SealKey {
  /** 32 bytes that nobody can guess, such as `randomBytes(32)`; a passphrase is not a key. */
  readonly key: Uint8Array;
  /** Identifies the key in each packet, so that keys can be rotated: 0 … 255, default 0. It travels in clear. */
  readonly keyId?: number | undefined;
}

/** The keys of a sealed channel: `key` seals and opens, the keys in `accept` only open. */
export interface SealOptions extends SealKey {
  /** Further keys that open packets: the previous one, or the next one, while a key is rotated. Each needs a `keyId` of its own. */
  readonly accept?: readonly SealKey[] | undefined;
}

/** {@link SealOptions}, checked. */
export interface KeyRing {
  readonly sealing: number; // id of the key that seals
  readonly keys: ReadonlyMap<number, KeyObject>; // by id
}

const KEY_BYTES = 32;
const DERIVED_LABEL = "groupcast sealed channel 1\0"; // binds derived keys to this format, and the channel's name after it to the channel

/** Checks the keys of a channel. @throws InvalidArgumentError for a key that is no key, or for two keys with one id. */
export function resolveSeal(operation: string, given: SealOptions): KeyRing {
  const options = checkOptions(operation, given, ["key", "keyId", "accept"]);
  const { accept = [] } = options;
  if (!Array.isArray(accept)) throw wrongType(operation, "accept", accept, "an array of { key, keyId }");
  const keys = new Map<number, KeyObject>();
  const sealing = addKey(operation, keys, options);
  for (const other of accept as readonly SealKey[]) addKey(operation, keys, checkOptions(operation, other, ["key", "keyId"]));
  return { sealing, keys };
}

/**
 * Derives the key of one sender on one channel (HKDF with SHA-256, RFC 5869). Each sender has a salt of its own, so no two senders seal
 * with one key, and each can count its nonces from 0.
 */
export function deriveSenderKey(key: KeyObject, salt: Uint8Array, channel: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync("sha256", key, salt, DERIVED_LABEL + channel, KEY_BYTES)));
}

function addKey(operation: string, keys: Map<number, KeyObject>, { key, keyId = 0 }: Partial<SealKey>): number {
  if (key === undefined) throw wrongKey(operation, "ERR_ARGUMENT_TYPE", "is missing");
  if (!(key instanceof Uint8Array)) throw wrongKey(operation, "ERR_ARGUMENT_TYPE", "is", `a ${typeof key}`);
  if (key.length !== KEY_BYTES) throw wrongKey(operation, "ERR_ARGUMENT_RANGE", "has", `${key.length} bytes`);
  const id = checkInteger(operation, "keyId", keyId, [0, 255]);
  if (keys.has(id)) {
    const taken = { meaning: "stands for two keys", advice: "give each key, those in accept too, another keyId" };
    throw new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_RANGE, { operation, argument: "keyId", value: id, ...taken });
  }
  keys.set(id, createSecretKey(key));
  return id;
}

/** Makes the error about a key. The key stays out of it, as errors end up in logs: `description` takes its place. */
function wrongKey(
  operation: string,
  code: "ERR_ARGUMENT_TYPE" | "ERR_ARGUMENT_RANGE",
  verb: string,
  description?: string,
): InvalidArgumentError {
  const meaning = description === undefined ? verb : `${verb} ${description}`;
  const expected = `${KEY_BYTES} bytes as a Uint8Array, such as randomBytes(${KEY_BYTES})`;
  return new InvalidArgumentError(BASE_ERRORS[code], {
    operation,
    argument: "key",
    value: description,
    shown: "the key",
    meaning,
    expected,
  });
}
