/**
 * Signatures on sealed messages, so that members of a group cannot pose as one another.
 *
 * Ed25519 (RFC 8032) over a label, bytes derived from the group's key and the channel's name, the packet's header and the message. So a
 * member of two groups cannot take what somebody has signed in one of them to the other. The signature is sealed, too: it follows the message
 * in the plain text. The header has the first 8 bytes of the SHA-256 of the signer's public key, by which a receiver finds it.
 */
import { createPublicKey, hash, KeyObject, sign, verify } from "node:crypto";
import { outOfRange, wrongType } from "@groupcast/base";
import { withoutContents } from "./seal-keys.js";
import { SIGNER_BYTES } from "./sealed-packet.js";
import { isSmallOrder } from "./small-order.js";

export const SIGNATURE_BYTES = 64;

/** The key of a member, and its name. */
export interface VerifyingKey {
  readonly name: string;
  readonly key: KeyObject;
}

/** Keys of the members, by the mark that stands for them in headers. */
export type VerifyingKeys = ReadonlyMap<string, VerifyingKey>;

/** Checks a private key. @throws InvalidArgumentError when it is none of Ed25519. */
export function checkSigningKey(operation: string, key: unknown): KeyObject {
  if (!(key instanceof KeyObject)) throw wrongType(operation, "sign", typeof key, "a KeyObject, as createPrivateKey() returns it");
  if (key.type === "private" && key.asymmetricKeyType === "ed25519") return key;
  throw outOfRange(operation, "sign", `${key.asymmetricKeyType ?? ""} ${key.type}`.trim(), "an Ed25519 private key");
}

/**
 * Checks public keys.
 *
 * @throws InvalidArgumentError for one that is none of Ed25519, for one for which anybody can sign, and for two with one mark: one member's
 * messages would be delivered under the name of the other, or refused.
 */
export function checkVerifyingKeys(operation: string, keys: Readonly<Record<string, KeyObject>>): VerifyingKeys {
  if (typeof keys !== "object" || keys === null || keys instanceof KeyObject || Symbol.iterator in keys)
    throw wrongType(operation, "verify", withoutContents(keys), "an object of name → public key");
  const members = new Map<string, VerifyingKey>();
  for (const [name, key] of Object.entries(keys)) {
    checkVerifyingKey(operation, key);
    const mark = markOf(key).toString("hex");
    const other = members.get(mark);
    if (other !== undefined) throw outOfRange(operation, "verify", name, `another key than that of ${JSON.stringify(other.name)}`);
    members.set(mark, { name, key });
  }
  return members;
}

/** Returns the mark of a public or private key in headers. */
export function markOf(key: KeyObject): Buffer {
  return Buffer.from(hash("sha256", pointOf(key), "hex"), "hex").subarray(0, SIGNER_BYTES);
}

/** Returns the message with its signature behind it. @param prefix - See deriveSignaturePrefix(). */
export function signed(key: KeyObject, prefix: Uint8Array, header: Uint8Array, message: Uint8Array): Buffer {
  return Buffer.concat([message, sign(null, signedContents(prefix, header, message), key)]);
}

/** Returns the message, without its signature; undefined when the signature is not right. */
export function verified({ key }: VerifyingKey, prefix: Uint8Array, header: Uint8Array, plain: Buffer): Buffer | undefined {
  const message = withoutSignature(plain);
  if (message === undefined) return undefined;
  const isGenuine = verify(null, signedContents(prefix, header, message), key, plain.subarray(message.length));
  return isGenuine ? message : undefined;
}

/** Returns the message before a signature that is not checked; undefined when there is no room for one. */
export function withoutSignature(plain: Buffer): Buffer | undefined {
  return plain.length < SIGNATURE_BYTES ? undefined : plain.subarray(0, plain.length - SIGNATURE_BYTES);
}

function signedContents(prefix: Uint8Array, header: Uint8Array, message: Uint8Array): Buffer {
  return Buffer.concat([prefix, header, message]); // the first two are of one length each, so no two packets have the same contents
}

function checkVerifyingKey(operation: string, key: unknown): void {
  if (!(key instanceof KeyObject)) throw wrongType(operation, "verify", typeof key, "KeyObjects, as createPublicKey() returns them");
  if (key.type !== "public" || key.asymmetricKeyType !== "ed25519")
    throw outOfRange(operation, "verify", `${key.asymmetricKeyType ?? ""} ${key.type}`.trim(), "Ed25519 public keys");
  if (isSmallOrder(pointOf(key))) throw outOfRange(operation, "verify", "a key of small order", "keys for which not everybody can sign");
}

/** Returns the 32 bytes of a public key, also of that of a private one. */
function pointOf(key: KeyObject): Buffer {
  return (key.type === "private" ? createPublicKey(key) : key).export({ format: "der", type: "spki" }).subarray(-32); // RFC 8410, 4
}
