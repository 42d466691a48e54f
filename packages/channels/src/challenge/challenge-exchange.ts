import { type Clock, callGuarded } from "@groupcast/base";
import type { ChannelReceiver, ChannelSender, ChannelTransport, ReceivedPacket } from "../contract/channel-transport.js";
import type { SealedChannel } from "../seal/channel-seal.js";
import type { SealedMoment } from "../seal/proofs.js";
import { type ChallengeStatistics, type SealChallenges, type SealPosition, zeroChallengeStatistics } from "../seal/seal-challenges.js";
import type { KeyRing } from "../seal/seal-keys.js";
import { isSigned, SALT_BYTES } from "../seal/sealed-packet.js";
import type { SealedSender } from "../seal/sealed-senders.js";
import type { VerifyingKeys } from "../seal/signatures.js";
import { Answerer } from "./answerer.js";
import { decodeChallenge } from "./challenge-contents.js";
import { challengeChannelOf } from "./challenge-name.js";
import { Challenger } from "./challenger.js";

/** The part of a node that its exchanges of challenges use. */
export interface ExchangeOwner {
  readonly transport: ChannelTransport;
  readonly clock: Clock;
  /** Reports an error that no call can throw. */
  report(error: unknown): void;
}

/**
 * A node's part in the challenges of one sealed channel, on a channel of their own with the same keys: asks senders, and answers those who
 * ask this node.
 *
 * On that channel packets of any time will do, as neither side depends on them: a recorded challenge costs one small packet, and a recorded
 * answer has a nonce that nobody waits for.
 */
export class ChallengeExchange implements ChannelReceiver, SealChallenges {
  readonly #channel: string;
  readonly #owner: ExchangeOwner;
  readonly #signed: SealedChannel; // opens what is signed
  readonly #unsigned: SealedChannel; // and what is not: who only listens need not be able to sign, and only answers depend on it
  readonly #counters = { unopened: 0, replayed: 0, stale: 0, evicted: 0 };
  readonly #statistics = zeroChallengeStatistics();
  readonly #challenger: Challenger;
  readonly #answerer: Answerer;
  #isVerifying: boolean;
  #users = 0;
  #sender: ChannelSender | undefined; // opened with the first packet: most nodes with a clock never send one
  #hasFailed = false;
  #closed: Promise<void> | undefined;

  /** @throws InvalidArgumentError `ERR_CHANNEL_NAME` when the channel's name is too long. */
  constructor(channel: string, seal: SealedChannel, owner: ExchangeOwner) {
    this.#channel = challengeChannelOf(channel);
    this.#owner = owner;
    this.#signed = seal.companion(this.#channel, this.#counters, true);
    this.#unsigned = seal.companion(this.#channel, this.#counters, false);
    this.#isVerifying = seal.options.verify !== undefined;
    const parts = { clock: owner.clock, statistics: this.#statistics, send: (contents: Buffer) => this.#send(contents) };
    this.#challenger = new Challenger({ ...parts, maxAgeMs: seal.maxAgeMs });
    this.#answerer = new Answerer({ ...parts, position: () => this.#positionOf(seal) });
    seal.challengeBy(this, owner.clock);
  }

  get closed(): Promise<void> | undefined {
    return this.#closed;
  }

  /** Takes part in the challenges for one user more: a subscription, or a sender. @throws The errors of the transport. */
  join(): void {
    if (this.#users === 0) this.#owner.transport.startReceiving(this.#channel, this);
    this.#users++;
  }

  /** Undoes one {@link ChallengeExchange.join}. Reports what the transport throws. */
  leave(): void {
    if (--this.#users > 0) return;
    const { transport, report } = this.#owner;
    this.#challenger.stop();
    this.#answerer.stop();
    callGuarded(() => transport.stopReceiving(this.#channel, this), report);
    this.#closed = this.#closeSender();
  }

  packetReceived({ payload }: ReceivedPacket): void {
    if (this.#users === 0) return; // by another receiver of the same packet
    const unsealed = (isSigned(payload) ? this.#signed : this.#unsigned).unseal(payload);
    if (unsealed === undefined) return;
    const contents = decodeChallenge(unsealed.payload);
    if (contents === undefined) this.#statistics.refused++;
    if (contents?.questions !== undefined) this.#answerer.asked(contents.questions);
    if (contents?.answer !== undefined) this.#challenger.answered(contents.answer, signerIn(unsealed.source));
  }

  isProven(senderId: string, moment: SealedMoment): boolean {
    if (this.#users === 0) return false; // left by another receiver of the same packet: nobody would close what asks
    return this.#challenger.isProven(senderId, moment);
  }

  forgotten(senderId: string, newest: number): void {
    this.#challenger.forgotten(senderId, newest);
  }

  adopt(ring: KeyRing, verify: VerifyingKeys | undefined): void {
    this.#signed.adopt(ring, verify);
    this.#unsigned.adopt(ring, undefined);
    if (verify !== undefined && !this.#isVerifying) this.#challenger.distrust();
    this.#isVerifying = verify !== undefined;
  }

  statistics(): ChallengeStatistics {
    const { unopened, replayed } = this.#counters;
    return { ...this.#statistics, refused: this.#statistics.refused + unopened + replayed };
  }

  /** Returns the place of this node. Asked from a timer, which must not throw as a clock of the user's may: then it has none, and reports that. */
  #positionOf(seal: SealedChannel): SealPosition | undefined {
    let position: SealPosition | undefined;
    callGuarded(() => {
      position = seal.position();
    }, this.#owner.report);
    return position;
  }

  /** Sends from a timer, which must not throw; reports the first of several failures in a row. */
  #send(contents: Buffer): void {
    try {
      this.#sender ??= this.#owner.transport.openSender(this.#channel);
      this.#statistics[this.#sender.send(this.#signed.seal(contents)) ? "sent" : "dropped"]++;
      this.#hasFailed = false;
    } catch (error) {
      this.#statistics.dropped++;
      if (!this.#hasFailed) this.#owner.report(error);
      this.#hasFailed = true;
    }
  }

  async #closeSender(): Promise<void> {
    const sender = this.#sender;
    this.#sender = undefined;
    try {
      await sender?.close();
    } catch (error) {
      this.#owner.report(error);
    }
  }
}

/** Returns the mark of the signer, as latin1: what follows key id and salt; "" when the packet is not signed. */
function signerIn({ id }: SealedSender): string {
  return id.slice(1 + SALT_BYTES);
}
