import type { ChannelReceiver, ChannelSender, ChannelTransport, KeptChannels, RepairingSender } from "../contract/channel-transport.js";
import type { SealedChannel } from "../seal/channel-seal.js";
import { ChallengeExchange, type ExchangeOwner } from "./challenge-exchange.js";

/** The part of a transport that one channel uses. */
export type ChannelLink = Pick<
  ChannelTransport,
  "maxPayloadBytes" | "openSender" | "openRepairingSender" | "openAsker" | "startReceiving" | "stopReceiving" | "kept"
>;

/**
 * Returns the link of a channel: the transport itself, or one that takes part in challenges as long as the channel is sent or received.
 *
 * @throws InvalidArgumentError `ERR_CHANNEL_NAME` when the name is too long for a channel with challenges.
 */
export function linkOf(channel: string, seal: SealedChannel | undefined, owner: ExchangeOwner): ChannelLink {
  return seal?.isChallenging ? new ChallengedLink(owner.transport, new ChallengeExchange(channel, seal, owner)) : owner.transport;
}

class ChallengedLink implements ChannelLink {
  readonly #transport: ChannelTransport;
  readonly #exchange: ChallengeExchange;
  readonly openRepairingSender?: NonNullable<ChannelLink["openRepairingSender"]>; // as far as the transport can
  readonly openAsker?: NonNullable<ChannelLink["openAsker"]>;
  readonly kept: KeptChannels | undefined;

  constructor(transport: ChannelTransport, exchange: ChallengeExchange) {
    this.#transport = transport;
    this.#exchange = exchange;
    this.kept = transport.kept && this.#keptBy(transport.kept);
    if (transport.openRepairingSender === undefined || transport.openAsker === undefined) return;
    this.openRepairingSender = (channel, asks) => this.#openRepairing(channel, asks);
    this.openAsker = (channel, notes) => transport.openAsker!(channel, notes);
  }

  maxPayloadBytes(channel: string): number {
    return this.#transport.maxPayloadBytes(channel);
  }

  openSender(channel: string): ChannelSender {
    return this.#leavingOnce(this.#joined(() => this.#transport.openSender(channel)));
  }

  startReceiving(channel: string, receiver: ChannelReceiver): void {
    this.#joined(() => this.#transport.startReceiving(channel, receiver));
  }

  stopReceiving(channel: string, receiver: ChannelReceiver): void {
    this.#exchange.leave();
    this.#transport.stopReceiving(channel, receiver);
  }

  #leavingOnce(sender: ChannelSender): ChannelSender {
    return {
      send: (payload) => sender.send(payload),
      close: () => {
        this.#exchange.leave();
        return sender.close();
      },
    };
  }

  #keptBy(kept: KeptChannels): KeptChannels {
    return {
      takes: (channel) => kept.takes(channel),
      openSender: (channel) => this.#leavingOnce(this.#joined(() => kept.openSender(channel))),
      startReceiving: (channel, receiver, history) => this.#joined(() => kept.startReceiving(channel, receiver, history)),
      stopReceiving: (channel, receiver) => {
        this.#exchange.leave();
        kept.stopReceiving(channel, receiver);
      },
    };
  }

  #openRepairing(channel: string, asks: ChannelReceiver): RepairingSender {
    const sender = this.#joined(() => this.#transport.openRepairingSender!(channel, asks));
    return {
      nextSequence: () => sender.nextSequence(),
      send: (payload) => sender.send(payload),
      repeat: (payload, sequence, to) => sender.repeat(payload, sequence, to),
      note: (payload, to) => sender.note(payload, to),
      close: () => {
        this.#exchange.leave();
        return sender.close();
      },
    };
  }

  /** Joins the exchange, and does what else there is to do; or neither. */
  #joined<T>(call: () => T): T {
    this.#exchange.join();
    try {
      return call();
    } catch (error) {
      this.#exchange.leave();
      throw error;
    }
  }
}
