import type { Clock } from "@groupcast/base";
import { type ChannelKey, ChannelKeys } from "./channel-keys.js";
import type { ClosedSeals } from "./closed-seals.js";
import { ANY_TIME, NO_PROOFS, type Proofs } from "./proofs.js";
import type { ChallengeStatistics, SealChallenges, SealFollower, SealPosition } from "./seal-challenges.js";
import type { KeyRing } from "./seal-keys.js";
import { checkSealOptions, type ResolvedSeal, resolveKeys, type SealKeys, type SealOptions, WINDOW } from "./seal-options.js";
import { type SealCounters, type SealStatistics, zeroSealStatistics } from "./seal-statistics.js";
import { type SealedMessage, Sealer } from "./sealer.js";
import { checkVerifyingKeys, type VerifyingKeys } from "./signatures.js";
import { type UnsealedPacket, Unsealer } from "./unsealer.js";

/** Options of {@link ChannelSeal.rotate}. */
export interface SealRotation extends SealKeys {
  /**
   * Public keys of the members from now on. Default: the current ones. A channel that verifies no signatures begins to do so; one that does
   * cannot stop.
   */
  readonly verify?: SealOptions["verify"];
}

/** The seal of a sealed channel: `channel.seal`. */
export interface ChannelSeal {
  /** Salt that identifies this node on this channel, as `message.sender`: 32 hexadecimal digits. */
  readonly sender: string;
  /** Id of the key that seals. */
  readonly current: number;
  /** Ids of the keys that open, in ascending order. */
  readonly keyIds: readonly number[];
  /**
   * Changes the keys at once, also while messages are in flight. From now on the channel seals with `current`, and refuses packets of keys
   * that are not among `keys`. The node stays the same `message.sender`.
   *
   * @throws InvalidArgumentError for wrong keys, and for a new key with the id of a key in use. After an error nothing has changed.
   */
  rotate(rotation: SealRotation): void;
  /** Returns the counters as they are now. */
  statistics(): SealStatistics;
  /** Returns the counters of challenges as they are now; `undefined` on a channel without `challenge`. */
  challenges(): ChallengeStatistics | undefined;
}

/** A key that has reached the limit on forgeries. */
export interface WornKey {
  /** Id of the key. */
  readonly keyId: number;
  /** Number of packets with this id that the key did not open. */
  readonly forged: number;
}

/** The sealing and unsealing of one channel. */
export class SealedChannel implements ChannelSeal {
  readonly #channel: string;
  #options: ResolvedSeal;
  readonly #followers = new Set<SealFollower>();
  readonly #keys: ChannelKeys;
  readonly #statistics = zeroSealStatistics();
  readonly #unsealer: Unsealer;
  readonly #keyWorn: (worn: WornKey) => void;
  #proofs: Proofs = NO_PROOFS;
  #challenges: SealChallenges | undefined;
  #clock: Clock | undefined;
  #verify: VerifyingKeys | undefined;
  #made: Sealer | undefined;

  constructor(channel: string, options: ResolvedSeal, counters: SealCounters, keyWorn: (worn: WornKey) => void) {
    const { ring, maxAgeMs, now, verify, window } = options;
    this.#channel = channel;
    this.#options = options;
    this.#verify = verify;
    const keys = new ChannelKeys(channel, ring);
    this.#keys = keys;
    this.#keyWorn = keyWorn;
    const proofs: Proofs = {
      isProven: (senderId, moment) => this.#proofs.isProven(senderId, moment),
      forgotten: (senderId, newest) => this.#proofs.forgotten(senderId, newest),
    };
    const worn = ({ id, forged }: ChannelKey): void => keyWorn({ keyId: id, forged });
    const statistics = this.#statistics;
    this.#unsealer = new Unsealer({ channel, keys, maxAgeMs, now, window, proofs, statistics, counters, keyWorn: worn }, verify);
  }

  get sender(): string {
    return this.#sealer.sender;
  }

  get current(): number {
    return this.#keys.sealing.id;
  }

  get keyIds(): readonly number[] {
    return this.#keys.ids;
  }

  /** Number of bytes that sealing adds to a payload. */
  get overheadBytes(): number {
    return this.#sealer.overheadBytes;
  }

  /** Number of senders that are remembered. */
  get senders(): number {
    return this.#unsealer.senders;
  }

  /** Whether senders are asked whose time shows nothing. */
  get isChallenging(): boolean {
    return this.#options.challenge;
  }

  get maxAgeMs(): number {
    return this.#options.maxAgeMs;
  }

  /** Resolves when the socket of its challenges is closed; `undefined` when there is none. */
  get closed(): Promise<void> | undefined {
    return this.#challenges?.closed;
  }

  /** Lets challenges decide where time does not. A clock without time of day takes the place of one that shows none. */
  challengeBy(challenges: SealChallenges, clock: Clock): void {
    this.#challenges = challenges;
    this.#followers.add(challenges);
    this.#proofs = challenges;
    this.#clock = clock;
  }

  /**
   * Returns the seal of another channel with the same keys, as long as it is given them. It takes packets of any time.
   *
   * @param isVerifying - Whether it checks the signatures that this channel checks.
   */
  companion(channel: string, counters: SealCounters, isVerifying: boolean): SealedChannel {
    const options = { ...this.#options, verify: isVerifying ? this.#verify : undefined };
    const companion = new SealedChannel(channel, options, counters, this.#keyWorn);
    companion.#proofs = ANY_TIME;
    return companion;
  }

  /**
   * Returns the seal of what travels beside the channel, under another name, with the same keys, now and after each rotation. It counts apart:
   * a packet of its own is no gap in the channel's. Where challenges decide about time, it takes packets of any.
   */
  beside(channel: string, counters: SealCounters): SealedChannel {
    const seal = new SealedChannel(channel, { ...this.#options, window: WINDOW }, counters, this.#keyWorn);
    if (this.isChallenging) seal.#proofs = ANY_TIME;
    this.#followers.add(seal);
    return seal;
  }

  /** Returns the place of this node among the senders; undefined when it has sealed nothing. */
  position(): SealPosition | undefined {
    return this.#made?.position;
  }

  challenges(): ChallengeStatistics | undefined {
    return this.#challenges?.statistics();
  }

  /** Refuses what a channel of the same name may have accepted before it closed. Without freshness nothing shows what that is. */
  open(closed: ClosedSeals): void {
    if (this.#isTimed) this.#unsealer.open(closed.latestOf(this.#channel));
  }

  /** Remembers the latest time that it has accepted, for the next channel of this name. */
  close(closed: ClosedSeals): void {
    if (this.#isTimed) closed.close(this.#channel, this.#unsealer.latestMs);
  }

  rotate(rotation: SealRotation): void {
    const options = checkSealOptions("rotate", rotation, ["keys", "current", "verify"]);
    const ring = resolveKeys("rotate", options);
    this.adopt(ring, options.verify === undefined ? this.#verify : checkVerifyingKeys("rotate", options.verify));
  }

  /** Takes keys that were checked. @throws InvalidArgumentError as {@link ChannelSeal.rotate} does. */
  adopt(ring: KeyRing, verify: VerifyingKeys | undefined): void {
    this.#keys.rotate("rotate", ring);
    this.#verify = verify;
    this.#unsealer.rotated(verify);
    this.#options = { ...this.#options, ring, verify };
    for (const follower of this.#followers) follower.adopt(ring, verify); // has the same ids as this channel, so it does not throw
  }

  /** The options that a channel of the same group has now, whatever they were at first. */
  get options(): ResolvedSeal {
    return this.#options;
  }

  /** Gives `follower`, which was made with {@link SealedChannel.options}, the keys of each rotation. Returns a function that ends that. */
  lead(follower: SealFollower): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  statistics(): SealStatistics {
    return { ...this.#statistics };
  }

  /** Returns the sealed packet for a payload. All parts of a `message` are sealed with one key, as long as that is there. */
  seal(payload: Uint8Array, message?: SealedMessage): Buffer {
    return this.#sealer.seal(payload, message);
  }

  /** Unseals a packet; returns undefined, and counts, when it is refused. */
  unseal(packet: Buffer): UnsealedPacket | undefined {
    return this.#unsealer.unseal(packet);
  }

  get #isTimed(): boolean {
    return this.#options.maxAgeMs < Number.MAX_SAFE_INTEGER;
  }

  /** Made when it is first needed: most channels are only published or only subscribed. */
  get #sealer(): Sealer {
    const { sign } = this.#options;
    this.#made ??= new Sealer({ channel: this.#channel, keys: this.#keys, now: this.#sealingClock(), sign });
    return this.#made;
  }

  /** Returns the clock that packets are sealed by: with challenges one that goes on, also while there is no time of day. */
  #sealingClock(): () => number {
    const { now } = this.#options;
    const clock = this.#clock;
    if (clock === undefined) return now;
    return () => {
      const nowMs = now();
      return Number.isNaN(nowMs) ? clock.nowMs() : nowMs;
    };
  }
}
