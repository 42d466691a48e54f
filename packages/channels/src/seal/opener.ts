/**
 * Opens the packets of a sealed channel.
 *
 * Theory of operation: nothing is remembered of a packet before its tag was found right, by OpenSSL in constant time; so what strangers
 * send costs time but no memory. A sender that has proved itself is kept with its key and a window of the counters it has used. Its salt
 * and counter, which are authenticated, take the place of the address and the number that the packet travelled with.
 */
import { createDecipheriv, type KeyObject } from "node:crypto";
import { RecentTable } from "../order/recent-table.js";
import { ReplayWindow } from "../order/replay-window.js";
import { deriveSenderKey, type KeyRing } from "./seal-keys.js";
import { CIPHER, nonceOf, readSealedHeader, SEALED_HEADER_BYTES, type SealedHeader, TAG_BYTES } from "./sealed-packet.js";

const MAX_SENDERS = 1024; // of one channel; the one that was silent for longest is forgotten first
const WINDOW = 1024; // packets; what may overtake one packet

/** What was sealed, and by whom. */
export interface OpenedPacket {
  readonly source: { readonly id: string }; // one object for each sender
  readonly counter: number;
  readonly payload: Buffer;
}

/** What an opener counts, in packets. */
export interface OpenerCounters {
  unopened: number; // no key opened them
  replayed: number; // they were here before
}

interface Sender {
  readonly id: string;
  readonly key: KeyObject;
  readonly window: ReplayWindow;
}

export class Opener {
  readonly #channel: string;
  readonly #ring: KeyRing;
  readonly #statistics: OpenerCounters;
  readonly #senders = new RecentTable<Sender>(MAX_SENDERS);

  constructor(channel: string, ring: KeyRing, statistics: OpenerCounters) {
    this.#channel = channel;
    this.#ring = ring;
    this.#statistics = statistics;
  }

  /** How many senders are remembered. */
  get senders(): number {
    return this.#senders.size;
  }

  /** Opens a packet; undefined, and counted, when no key fits or it has been there before. */
  open(packet: Buffer): OpenedPacket | undefined {
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

/** The plain text; undefined when the tag is not right. */
function decrypt(key: KeyObject, { counter }: SealedHeader, packet: Buffer): Buffer | undefined {
  const tagAt = packet.length - TAG_BYTES;
  const cipher = createDecipheriv(CIPHER, key, nonceOf(counter), { authTagLength: TAG_BYTES });
  cipher.setAuthTag(packet.subarray(tagAt));
  cipher.setAAD(packet.subarray(0, SEALED_HEADER_BYTES), { plaintextLength: tagAt - SEALED_HEADER_BYTES });
  const plain = cipher.update(packet.subarray(SEALED_HEADER_BYTES, tagAt));
  try {
    cipher.final();
    return plain;
  } catch {
    return undefined; // the one reason to throw: the tag (EVP_DecryptFinal_ex(3))
  }
}
