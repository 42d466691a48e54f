/**
 * Unseals the packets of a sealed channel.
 *
 * Theory of operation: the unsealer remembers nothing of a packet before OpenSSL has found its tag right, in constant time; so packets of
 * strangers cost time but no memory. It keeps a sender that has proved itself with its key and a window of the counters it has used. The
 * sender's salt and counter, which are authenticated, replace the address and the number that the packet travelled with.
 */
import { createDecipheriv, type KeyObject } from "node:crypto";
import { RecentTable } from "../order/recent-table.js";
import { ReplayWindow } from "../order/replay-window.js";
import { deriveSenderKey, type KeyRing } from "./seal-keys.js";
import { CIPHER, nonceOf, readSealedHeader, SEALED_HEADER_BYTES, type SealedHeader, TAG_BYTES } from "./sealed-packet.js";

const MAX_SENDERS = 1024; // of one channel; the one that was silent for longest goes first
const WINDOW = 1024; // packets that may overtake one packet

/** The contents of a sealed packet, and their sender. */
export interface UnsealedPacket {
  readonly source: { readonly id: string }; // one object for each sender
  readonly counter: number;
  readonly payload: Buffer;
}

/** Counters of an unsealer, in packets. */
export interface UnsealerCounters {
  unopened: number; // no key opened them
  replayed: number; // they had come before
  evicted: number; // senders
}

interface Sender {
  readonly id: string;
  readonly key: KeyObject;
  readonly window: ReplayWindow;
}

export class Unsealer {
  readonly #channel: string;
  readonly #ring: KeyRing;
  readonly #statistics: UnsealerCounters;
  readonly #senders: RecentTable<Sender>;

  constructor(channel: string, ring: KeyRing, statistics: UnsealerCounters) {
    this.#channel = channel;
    this.#ring = ring;
    this.#statistics = statistics;
    this.#senders = new RecentTable(MAX_SENDERS, () => this.#statistics.evicted++);
  }

  /** Number of senders that it remembers. */
  get senders(): number {
    return this.#senders.size;
  }

  /** Unseals a packet; returns undefined, and counts, when no key opens it or it has come before. */
  unseal(packet: Buffer): UnsealedPacket | undefined {
    const header = readSealedHeader(packet);
    const master = header && this.#ring.keys.get(header.keyId);
    if (header === undefined || master === undefined) return this.#refuse("unopened");
    const id = `${header.keyId}:${header.salt.toString("latin1")}`;
    const known = this.#senders.peek(id);
    if (known !== undefined && !known.window.isNew(header.counter)) return this.#refuse("replayed");
    const key = known?.key ?? deriveSenderKey(master, header.salt, this.#channel);
    const payload = decrypt(key, header, packet);
    if (payload === undefined) return this.#refuse("unopened");
    const sender = this.#senders.use(id, () => ({ id, key, window: new ReplayWindow(WINDOW) })).value;
    sender.window.add(header.counter);
    return { source: sender, counter: header.counter, payload };
  }

  #refuse(reason: "unopened" | "replayed"): undefined {
    this.#statistics[reason]++;
  }
}

/** Returns the plain text; undefined when the tag is not right. */
function decrypt(key: KeyObject, { counter }: SealedHeader, packet: Buffer): Buffer | undefined {
  const tagOffset = packet.length - TAG_BYTES;
  const cipher = createDecipheriv(CIPHER, key, nonceOf(counter), { authTagLength: TAG_BYTES });
  cipher.setAuthTag(packet.subarray(tagOffset));
  cipher.setAAD(packet.subarray(0, SEALED_HEADER_BYTES), { plaintextLength: tagOffset - SEALED_HEADER_BYTES });
  const plain = cipher.update(packet.subarray(SEALED_HEADER_BYTES, tagOffset));
  try {
    cipher.final();
    return plain;
  } catch {
    return undefined; // the one reason to throw: the tag (EVP_DecryptFinal_ex(3))
  }
}
