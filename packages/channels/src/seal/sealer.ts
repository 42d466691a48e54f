import { createCipheriv, type KeyObject, randomBytes } from "node:crypto";
import { deriveSenderKey, type KeyRing } from "./seal-keys.js";
import { CIPHER, MAX_COUNTER, nonceOf, SALT_BYTES, sealedHeader, TAG_BYTES } from "./sealed-packet.js";

/** Seals the packets of one sender on one channel. It uses each nonce once: the counter only goes up, and a new salt makes a new key. */
export class Sealer {
  readonly #channel: string;
  readonly #ring: KeyRing;
  #salt!: Buffer;
  #key!: KeyObject;
  #counter = 0;

  constructor(channel: string, ring: KeyRing) {
    this.#channel = channel;
    this.#ring = ring;
    this.#begin();
  }

  /** Returns the sealed packet for a payload. */
  seal(plain: Uint8Array): Buffer {
    if (this.#counter > MAX_COUNTER) this.#begin();
    const counter = this.#counter++;
    const header = sealedHeader({ keyId: this.#ring.sealing, salt: this.#salt, counter });
    const cipher = createCipheriv(CIPHER, this.#key, nonceOf(counter), { authTagLength: TAG_BYTES });
    cipher.setAAD(header, { plaintextLength: plain.length });
    const sealed = cipher.update(plain);
    cipher.final(); // a stream cipher keeps nothing back
    return Buffer.concat([header, sealed, cipher.getAuthTag()]);
  }

  #begin(): void {
    this.#salt = randomBytes(SALT_BYTES);
    this.#key = deriveSenderKey(this.#ring.keys.get(this.#ring.sealing)!, this.#salt, this.#channel);
    this.#counter = 0;
  }
}
