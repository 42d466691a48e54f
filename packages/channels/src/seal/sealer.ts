import { createCipheriv, type KeyObject, randomBytes } from "node:crypto";
import type { ChannelKey, ChannelKeys } from "./channel-keys.js";
import type { SealPosition } from "./seal-challenges.js";
import { deriveSenderKey } from "./seal-keys.js";
import {
  CIPHER,
  GATE_BYTES,
  KIND,
  MAX_COUNTER,
  MAX_TIME_MS,
  NONCE_BYTES,
  SALT_BYTES,
  sealedHeader,
  sealOverheadBytes,
  TAG_BYTES,
  updateHeader,
  writeNonce,
} from "./sealed-packet.js";
import { markOf, SIGNATURE_BYTES, signed } from "./signatures.js";

const TAG = { authTagLength: TAG_BYTES };

/** Parts of a sealed channel that its sealer uses. */
export interface SealerOptions {
  readonly channel: string;
  readonly keys: ChannelKeys;
  readonly now: () => number;
  readonly sign: KeyObject | undefined;
}

/** A message of several packets. Receivers put packets of one key together only, as another may be known to fewer or to more. */
export interface SealedMessage {
  key?: ChannelKey; // of the packets that are sealed already
}

/**
 * Seals the packets of one sender on one channel. It uses each nonce once: the counter only goes up, also when the key is rotated, and a new
 * salt makes a new key.
 */
export class Sealer {
  /** Number of bytes that sealing adds to a payload. */
  readonly overheadBytes: number;
  readonly #options: SealerOptions;
  readonly #nonce = Buffer.alloc(NONCE_BYTES);
  #salt!: Buffer;
  #header!: Buffer;
  #counter = 0;
  #derived: { readonly from: ChannelKey; readonly key: KeyObject } | undefined;

  constructor(options: SealerOptions) {
    const { sign } = options;
    this.#options = options;
    this.overheadBytes = sign === undefined ? sealOverheadBytes(KIND.message) : sealOverheadBytes(KIND.signed) + SIGNATURE_BYTES;
    this.#begin();
  }

  /** The salt: 32 hexadecimal digits. */
  get sender(): string {
    return this.#salt.toString("hex");
  }

  /** Its place between two packets; undefined when the next one begins with another salt. */
  get position(): SealPosition | undefined {
    if (this.#counter > MAX_COUNTER) return undefined;
    return { salt: this.#salt.toString("latin1"), counter: this.#counter, timeMs: timeOf(this.#options.now()) };
  }

  /** Returns the sealed packet for a payload, which may be a part of a message. */
  seal(payload: Uint8Array, message?: SealedMessage): Buffer {
    const { keys, now, sign } = this.#options;
    const nowMs = timeOf(now()); // first, as it may throw
    if (this.#counter > MAX_COUNTER) this.#begin();
    const header = this.#header;
    const key = keys.sealingWith(message?.key);
    if (message !== undefined) message.key = key;
    updateHeader(header, key.id, this.#counter, nowMs);
    writeNonce(this.#nonce, this.#counter++);
    const plain = sign === undefined ? payload : signed(sign, key.signaturePrefix, header, payload);
    const cipher = createCipheriv(CIPHER, this.#senderKey(key), this.#nonce, TAG);
    cipher.setAAD(header, { plaintextLength: plain.length });
    const sealed = cipher.update(plain);
    cipher.final(); // a stream cipher keeps nothing back
    const packet = Buffer.allocUnsafe(header.length + sealed.length + TAG_BYTES + GATE_BYTES);
    packet.set(header);
    packet.set(sealed, header.length);
    packet.set(cipher.getAuthTag(), header.length + sealed.length);
    key.gate.close(packet, header.length);
    return packet;
  }

  #senderKey(from: ChannelKey): KeyObject {
    if (this.#derived?.from !== from) this.#derived = { from, key: deriveSenderKey(from.key, this.#salt, this.#options.channel) };
    return this.#derived.key;
  }

  #begin(): void {
    const { sign } = this.#options;
    this.#salt = randomBytes(SALT_BYTES);
    this.#header = sealedHeader(this.#salt, sign && markOf(sign));
    this.#derived = undefined;
    this.#counter = 0;
  }
}

/** Returns a time that fits a header. What no clock shows becomes one that every receiver refuses. */
function timeOf(nowMs: number): number {
  return Math.min(MAX_TIME_MS, Math.max(0, Math.floor(nowMs) || 0));
}
