/** Options of sealed channels, checked. */
import type { KeyObject } from "node:crypto";
import {
  BASE_ERRORS,
  checkBoolean,
  checkFunction,
  checkInteger,
  checkOptions,
  InvalidArgumentError,
  outOfRange,
  wrongType,
} from "@groupcast/base";
import { checkKey, type KeyRing, withoutContents } from "./seal-keys.js";
import { checkSigningKey, checkVerifyingKeys, type VerifyingKeys } from "./signatures.js";

/** The keys of a sealed channel. There are several during a rotation. */
export interface SealKeys {
  /**
   * Keys by their id, 0 … 255: packets of each of them are opened. A key is 32 bytes that nobody can guess, such as `randomBytes(32)`; a
   * passphrase is not a key. The id travels in clear.
   */
  readonly keys: Readonly<Record<number, Uint8Array>>;
  /** Id of the key that seals. */
  readonly current: number;
}

/** Options of a sealed channel. */
export interface SealOptions extends SealKeys {
  /**
   * Largest difference between the time of day at which a packet was sealed and the time of day here, in milliseconds, either way. Packets
   * beyond it are refused, so that recordings of them are worthless. Default 60,000. `Number.MAX_SAFE_INTEGER` accepts any time, for hosts
   * without a clock; a receiver that starts then accepts each recording once.
   */
  readonly maxAgeMs?: number | undefined;
  /**
   * Asks senders whose time is off by more than `maxAgeMs` to prove that they are present, instead of refusing all their packets, and
   * answers nodes that ask this one. For hosts without a clock, and for all nodes that should receive from one: each node that opens the
   * channel needs it. The channel's name has 232 characters at most. Default false.
   */
  readonly challenge?: boolean | undefined;
  /**
   * Returns the time of day, in milliseconds since 1970. `Number.NaN` means that this host does not know it (yet): with `challenge` it then
   * asks each sender, and each receiver asks it. Default: `Date.now`.
   */
  readonly now?: (() => number) | undefined;
  /** Ed25519 private key that signs each message. Default: messages are not signed. */
  readonly sign?: KeyObject | undefined;
  /**
   * Ed25519 public keys of the members, by name. The channel refuses messages that none of them signed. Default: signatures are not
   * checked. A node receives its own messages only if its own key is one of them.
   */
  readonly verify?: Readonly<Record<string, KeyObject>> | undefined;
}

/** {@link SealOptions}, checked, with defaults. */
export interface ResolvedSeal {
  readonly ring: KeyRing;
  readonly maxAgeMs: number;
  readonly challenge: boolean;
  readonly now: () => number;
  readonly sign: KeyObject | undefined;
  readonly verify: VerifyingKeys | undefined;
  /** Number of packets that may overtake one packet; a multiple of 32. */
  readonly window: number;
}

/** Number of packets, the newest among them, of which all but one may overtake one, where nothing is sent again. */
export const WINDOW = 1024;

/** Number of packets that may overtake one packet, where packets are sent again. It takes 8 KiB for each sender. */
export const REPAIR_WINDOW: number = 1 << 16;

// Well above what clocks differ by that are set by NTP (tens of milliseconds) or by hand (seconds), and what relays and a connection that
// comes back hold a message back. Well below the time that an attacker gains from a recording. Kerberos allows 5 minutes (RFC 4120, 1.6).
const DEFAULT_MAX_AGE_MS = 60_000;
const MAX_KEY_ID = 255;
const LONGEST_SHOWN_ID = 16; // characters; a key has 32 or more, in whatever way it is written

/** Checks options and adds the defaults. @throws InvalidArgumentError for each option that is unknown or wrong. */
export function resolveSeal(operation: string, given: SealOptions): ResolvedSeal {
  const options = checkSealOptions(operation, given, ["keys", "current", "maxAgeMs", "challenge", "now", "sign", "verify"]);
  const { maxAgeMs = DEFAULT_MAX_AGE_MS, challenge = false, now = Date.now, sign, verify } = options;
  checkFunction(operation, "now", now);
  return {
    ring: resolveKeys(operation, options),
    maxAgeMs: checkInteger(operation, "maxAgeMs", maxAgeMs, [1, Number.MAX_SAFE_INTEGER]),
    challenge: checkBoolean(operation, "challenge", challenge),
    now,
    // Not by their truth: null in the place of keys is a mistake, and must not turn signatures off.
    sign: sign === undefined ? undefined : checkSigningKey(operation, sign),
    verify: verify === undefined ? undefined : checkVerifyingKeys(operation, verify),
    window: WINDOW,
  };
}

/** Checks that options are an object with no unknown keys. A key may stand in their place, so the error says only what they are. */
export function checkSealOptions<T extends object>(operation: string, given: T, known: readonly (keyof T & string)[]): Partial<T> {
  const isTable = typeof given === "object" && !ArrayBuffer.isView(given);
  return checkOptions(operation, isTable ? given : (withoutContents(given) as T), known);
}

/** Checks the keys of a channel. @throws InvalidArgumentError for a key that is no key, and for a `current` that is none of them. */
export function resolveKeys(operation: string, { keys, current }: Partial<SealKeys>): KeyRing {
  if (typeof keys !== "object" || keys === null) throw notKeys(operation, keys);
  const ring = new Map(Object.entries(keys).map(([id, key]) => [checkKeyId(operation, id), checkKey(operation, id, key)]));
  const sealing = checkInteger(operation, "current", withoutContents(current), [0, MAX_KEY_ID]);
  if (ring.has(sealing)) return { sealing, keys: ring };
  throw outOfRange(
    operation,
    "current",
    current,
    ring.size === 0 ? "the id of a key" : `the id of one of the keys: ${[...ring.keys()].join(", ")}`,
  );
}

function notKeys(operation: string, keys: unknown): InvalidArgumentError {
  const expected = "an object of id → 32 bytes";
  if (keys !== undefined) return wrongType(operation, "keys", withoutContents(keys), expected);
  const missing = { operation, argument: "keys", value: keys, shown: "keys", meaning: "is missing", expected };
  return new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_TYPE, missing);
}

function checkKeyId(operation: string, id: string): number {
  const number = Number(id);
  if (String(number) === id && Number.isInteger(number) && number >= 0 && number <= MAX_KEY_ID) return number;
  const shown = id.length > LONGEST_SHOWN_ID ? `${id.length} characters` : id; // somebody took the key for the id
  throw outOfRange(operation, "keys", shown, `ids that are integers from 0 to ${MAX_KEY_ID}`);
}
