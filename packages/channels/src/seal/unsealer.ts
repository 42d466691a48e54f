/**
 * Unseals the packets of a sealed channel.
 *
 * Theory of operation: a packet is refused by the cheapest check that it fails: its form, its key id, the gate (a hash), its time, its
 * counter, and last the tag. The unsealer remembers nothing of a packet before the gate was right, and no sender before OpenSSL has found a
 * tag right, in constant time; so packets of strangers cost little time and no memory. The sender's salt, counter and time, which are
 * authenticated, replace the address and the number that the packet travelled with.
 */
import { createDecipheriv, type KeyObject } from "node:crypto";
import { RecentTable } from "../order/recent-table.js";
import type { ChannelKey, ChannelKeys } from "./channel-keys.js";
import { MAX_FORGERIES } from "./forgery-limit.js";
import type { Proofs } from "./proofs.js";
import { deriveSenderKey } from "./seal-keys.js";
import { REFUSALS, type SealCounters, type SealRefusal, type SealStatistics } from "./seal-statistics.js";
import {
  CIPHER,
  GATE_BYTES,
  NONCE_BYTES,
  readSealedHeader,
  type SealedHeader,
  saltOf,
  senderIdOf,
  signerOf,
  TAG_BYTES,
  writeNonce,
} from "./sealed-packet.js";
import { type SealedSender, SealedSenders } from "./sealed-senders.js";
import { type VerifyingKey, type VerifyingKeys, verified, withoutSignature } from "./signatures.js";

const MAX_PENDING = 16; // keys of senders of whom nothing but the gate was right yet
const TAG = { authTagLength: TAG_BYTES };

/** The contents of a sealed packet, and their sender. */
export interface UnsealedPacket {
  readonly source: SealedSender; // one object for each sender
  readonly sequence: number; // the counter
  readonly payload: Buffer;
  readonly seal: SealFacts;
}

/** Facts about a message that its seal has authenticated. */
export interface SealFacts {
  readonly sender: string;
  readonly signer: string | undefined;
  readonly sentAt: number | undefined; // when the sender's clock is not to be trusted
}

/** Parts of a sealed channel that its unsealer uses. */
export interface UnsealerOptions {
  readonly channel: string;
  readonly keys: ChannelKeys;
  readonly maxAgeMs: number;
  readonly now: () => number;
  readonly proofs: Proofs;
  readonly window: number; // packets, the newest among them: all but one may overtake one
  readonly statistics: SealStatistics;
  readonly counters: SealCounters;
  /** Reports that a key has reached the limit on forgeries. */
  readonly keyWorn: (key: ChannelKey) => void;
}

/** A signature that a packet must have. */
interface ExpectedSignature {
  readonly member: VerifyingKey;
  readonly prefix: Buffer; // of what is signed
}

export class Unsealer {
  readonly #options: UnsealerOptions;
  readonly #senders: SealedSenders;
  #pending = new RecentTable<KeyObject>(MAX_PENDING);
  readonly #nonce = Buffer.alloc(NONCE_BYTES);
  #verify: VerifyingKeys | undefined;

  constructor(options: UnsealerOptions, verify: VerifyingKeys | undefined) {
    this.#options = options;
    this.#senders = new SealedSenders(options.window, options.counters, options.proofs);
    this.#verify = verify;
  }

  /** Number of senders that it remembers. */
  get senders(): number {
    return this.#senders.size;
  }

  /** Latest time in the packets that it has opened; -1 before the first. */
  get latestMs(): number {
    return this.#senders.latestMs;
  }

  /** Refuses packets up to this time. Called before the first packet. */
  open(closedMs: number): void {
    this.#senders.open(closedMs);
  }

  /** Forgets the senders of keys that are gone, and takes other keys of members. */
  rotated(verify: VerifyingKeys | undefined): void {
    this.#verify = verify;
    this.#senders.retain(this.#options.keys.ids);
    this.#pending = new RecentTable(MAX_PENDING);
  }

  /** Unseals a packet; returns undefined, and counts, when it is refused. */
  unseal(packet: Buffer): UnsealedPacket | undefined {
    const header = readSealedHeader(packet);
    if (typeof header === "string") return this.#refuse(header);
    const key = this.#options.keys.get(header.keyId);
    if (key === undefined) return this.#refuse("unknownKey");
    if (!key.gate.isGenuine(packet, header.lengthBytes)) return this.#forged(key);
    const member = this.#memberOf(packet, header);
    if (member === undefined && this.#verify !== undefined) return this.#refuse("unsigned");
    const id = senderIdOf(packet, header);
    const known = this.#senders.peek(id);
    const doubt = this.#doubtAbout(header, known);
    const refusal = this.#refusalOf(id, header, known, doubt);
    if (refusal !== undefined) return this.#refuse(refusal);
    const senderKey = known?.key ?? this.#pendingKey(id, key, packet);
    const plain = this.#decrypt(senderKey, header, packet);
    if (plain === undefined) return this.#forged(key);
    const payload = this.#messageIn(plain, packet, header, member && { member, prefix: key.signaturePrefix });
    if (payload === undefined) return this.#refuse("unsigned");
    const sender = known ?? { id, salt: saltOf(packet).toString("hex"), keyId: key.id, key: senderKey };
    const source = this.#senders.use(sender, header.counter, header.timeMs);
    this.#options.statistics.opened++;
    const sentAt = doubt === undefined ? header.timeMs : undefined;
    return { source, sequence: header.counter, payload, seal: { sender: source.salt, signer: member?.name, sentAt } };
  }

  /** Returns the reason to refuse a packet that its time gives, if nothing else proves that it is fresh. */
  #doubtAbout({ keyId, timeMs }: SealedHeader, known: SealedSender | undefined): SealRefusal | undefined {
    const { now, maxAgeMs } = this.#options;
    const ageMs = now() - timeMs;
    if (ageMs < -maxAgeMs) return "early";
    if (!(ageMs <= maxAgeMs)) return "stale"; // also when a clock of the user's returns no number
    return this.#senders.mayBeRepeat(known, keyId, timeMs) ? "stale" : undefined;
  }

  #refusalOf(id: string, header: SealedHeader, known: SealedSender | undefined, doubt: SealRefusal | undefined): SealRefusal | undefined {
    if (doubt !== undefined && !this.#options.proofs.isProven(id, header)) return doubt;
    return known === undefined || known.window.isNew(header.counter) ? undefined : "replayed";
  }

  /** Returns the key of a sender who is not known yet, and keeps it: deriving it takes longer than all the rest. */
  #pendingKey(id: string, { key }: ChannelKey, packet: Buffer): KeyObject {
    return this.#pending.use(id, () => deriveSenderKey(key, saltOf(packet), this.#options.channel)).value;
  }

  #memberOf(packet: Buffer, header: SealedHeader): VerifyingKey | undefined {
    const mark = this.#verify && signerOf(packet, header);
    return mark === undefined ? undefined : this.#verify?.get(mark);
  }

  /** Returns the message in the plain text; undefined when it has to be signed, and is not. */
  #messageIn(plain: Buffer, packet: Buffer, header: SealedHeader, expected: ExpectedSignature | undefined): Buffer | undefined {
    if (expected !== undefined) return verified(expected.member, expected.prefix, packet.subarray(0, header.lengthBytes), plain);
    return signerOf(packet, header) === undefined ? plain : withoutSignature(plain);
  }

  #forged(key: ChannelKey): undefined {
    if (++key.forged % MAX_FORGERIES === 0) this.#options.keyWorn(key);
    return this.#refuse("forged");
  }

  #refuse(reason: SealRefusal): undefined {
    const { statistics, counters } = this.#options;
    statistics[reason]++;
    counters[REFUSALS[reason]]++;
  }

  /** Returns the plain text; undefined when the tag is not right. */
  #decrypt(key: KeyObject, { lengthBytes, counter }: SealedHeader, packet: Buffer): Buffer | undefined {
    writeNonce(this.#nonce, counter);
    const tagOffset = packet.length - GATE_BYTES - TAG_BYTES;
    const cipher = createDecipheriv(CIPHER, key, this.#nonce, TAG);
    cipher.setAuthTag(packet.subarray(tagOffset, tagOffset + TAG_BYTES));
    cipher.setAAD(packet.subarray(0, lengthBytes), { plaintextLength: tagOffset - lengthBytes });
    const plain = cipher.update(packet.subarray(lengthBytes, tagOffset));
    try {
      cipher.final();
      return plain;
    } catch {
      return undefined; // the one reason to throw: the tag (EVP_DecryptFinal_ex(3))
    }
  }
}
