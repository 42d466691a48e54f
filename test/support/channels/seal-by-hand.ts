// Sealed packets made from node:crypto alone, after docs/sealed-channels.md: what the library makes is compared with them, and members who cheat
// make theirs with it.
import { createCipheriv, createHash, hkdfSync, type KeyObject, sign } from "node:crypto";

const TAG_BYTES = 16;

/** Contents of a packet. */
export interface ByHand {
  readonly key: Uint8Array;
  readonly keyId?: number;
  readonly channel?: string;
  readonly salt: Uint8Array;
  readonly counter?: number;
  readonly timeMs: number;
  readonly message: string | Uint8Array;
  /** Number of bytes that are missing at the end of the plain text. Default 0. */
  readonly cutBytes?: number;
  /** The public key whose mark the header has, and the private one that signs. */
  readonly signed?: { readonly as: KeyObject; readonly by: KeyObject };
  /** Key of the group for which it is signed. Default: the key that seals. */
  readonly group?: Uint8Array;
}

/** Returns the packet. */
export function sealByHand({
  key,
  keyId = 1,
  channel = "c",
  salt,
  counter = 0,
  timeMs,
  message,
  cutBytes = 0,
  signed,
  group = key,
}: ByHand): Buffer {
  const header = Buffer.concat([
    Buffer.of(2, signed === undefined ? 0 : 1, keyId),
    salt,
    bigEndian(counter),
    bigEndian(timeMs),
    ...(signed === undefined ? [] : [markByHand(signed.as)]),
  ]);
  const plain = Buffer.from(message);
  const label = "groupcast sealed channel 2 signature\0";
  const contents = [Buffer.from(label), Buffer.from(hkdfSync("sha256", group, "", label + channel, 32)), header, plain];
  const whole = signed === undefined ? plain : Buffer.concat([plain, sign(null, Buffer.concat(contents), signed.by)]);
  const text = whole.subarray(0, whole.length - cutBytes);
  const senderKey = Buffer.from(hkdfSync("sha256", key, salt, `groupcast sealed channel 2\0${channel}`, 32));
  const nonce = Buffer.concat([Buffer.alloc(6), bigEndian(counter)]);
  const cipher = createCipheriv("chacha20-poly1305", senderKey, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(header, { plaintextLength: text.length });
  const sealed = Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
  const gateKey = Buffer.from(hkdfSync("sha256", key, "", `groupcast sealed channel 2 gate\0${channel}`, 32));
  const gate = createHash("sha256").update(gateKey).update(header).update(sealed.subarray(-TAG_BYTES)).digest();
  return Buffer.concat([header, sealed, gate.subarray(0, 8)]);
}

/** Returns the mark of a public key in headers. */
export function markByHand(publicKey: KeyObject): Buffer {
  const { x } = publicKey.export({ format: "jwk" });
  return createHash("sha256").update(Buffer.from(x!, "base64url")).digest().subarray(0, 8);
}

/** 48 bits. */
function bigEndian(value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(value, 0, 6);
  return bytes;
}
