import { asError, Emitter, Eventful, InvalidArgumentError, wrongType } from "@groupcast/base";
import type { Reactor } from "groupcast";
import { CHANNEL_ERRORS, ChannelLengthError, ChannelStateError } from "../contract/channel-errors.js";
import { checkWireName } from "../contract/channel-name.js";
import {
  type ChannelReceiver,
  type ChannelSender,
  type ChannelTransport,
  TRANSPORT_EVENTS,
  type TransportEvents,
} from "../contract/channel-transport.js";
import { Closing } from "../contract/closing.js";
import { ReceivingPort } from "../udp/receiving-port.js";
import { Receptions } from "../udp/receptions.js";
import { warnOfTtl } from "../udp/ttl-warning.js";
import { MAX_LCM_MESSAGE_BYTES, MAX_LCM_NAME_BYTES } from "./lcm-datagram.js";
import { type LcmTransportOptions, type ResolvedLcmOptions, resolveLcmOptions } from "./lcm-options.js";
import { LcmReceiver } from "./lcm-receiver.js";
import { LcmSenders } from "./lcm-senders.js";
import { type LcmStatistics, zeroLcmStatistics } from "./lcm-statistics.js";

/**
 * Carries channels as LCM does, so that nodes and LCM's programs receive each other's messages. All channels share one multicast group. Names
 * have at most 63 characters, and messages at most 16 MiB.
 *
 * LCM's programs understand only messages. So a node on this transport sends no heartbeats and sees no other nodes, and it refuses options
 * that need more, such as `seal`, `fragment` and `reliable`.
 */
export class LcmTransport extends Eventful<TransportEvents> implements ChannelTransport {
  /** `"lcm"`. */
  readonly kind = "lcm";
  /** Always true: LCM carries only messages. */
  readonly carriesOnlyMessages = true;
  readonly #emitter: Emitter<TransportEvents>;
  readonly #reactor: Reactor;
  readonly #options: ResolvedLcmOptions;
  readonly #statistics = zeroLcmStatistics();
  readonly #receptions = new Receptions();
  readonly #receiver: LcmReceiver;
  readonly #port: ReceivingPort;
  readonly #senders: LcmSenders;
  #hasCheckedTtl = false;
  readonly #closing = new Closing();

  /** Creates a transport. It opens its ports with the first channel. @throws InvalidArgumentError for each option that is unknown or wrong. */
  constructor(reactor: Reactor, options?: LcmTransportOptions) {
    const emitter = new Emitter<TransportEvents>(TRANSPORT_EVENTS);
    super(emitter);
    emitter.listenerThrew = (error) => this.#options.logger.error("an event listener threw", { error });
    this.#emitter = emitter;
    this.#reactor = reactor;
    if (typeof reactor?.listenMulticast !== "function") throw wrongType("new LcmTransport", "reactor", reactor, "a Reactor");
    const resolved = resolveLcmOptions("new LcmTransport", options);
    this.#options = resolved;
    const report = (error: unknown): void => this.#report(error);
    const parts = { options: resolved, statistics: this.#statistics };
    this.#receiver = new LcmReceiver({ ...parts, clock: reactor.clock, receptions: this.#receptions, receiverThrew: report });
    this.#port = new ReceivingPort(reactor, resolved, () => ({
      datagramsReceived: (batch) => this.#receiver.take(batch),
      logPrefix: () => "LcmTransport",
    }));
    this.#senders = new LcmSenders({ ...parts, reactor, report });
  }

  /** Returns the length of the longest message, in bytes: 16 MiB. Longer than 8 KiB, it is sent in fragments. */
  maxPayloadBytes(): number {
    return MAX_LCM_MESSAGE_BYTES;
  }

  /**
   * Opens a sender. All senders use one port and one count.
   *
   * @param channel - Full name, at most 63 characters.
   * @param purpose - `"publish"` (the default), or `"relay"` for packets from another network, which leave from a relay's port.
   * @throws InvalidArgumentError `ERR_CHANNEL_LCM_NAME`. @throws CannotListenError `ERR_LISTEN`.
   * @throws ChannelStateError `ERR_TRANSPORT_CLOSED`.
   */
  openSender(channel: string, purpose: "publish" | "relay" = "publish"): ChannelSender {
    checkLcmName("openSender", channel);
    this.#checkOpen("openSender");
    this.#warnOfTtl();
    const sender = this.#senders.open(channel, purpose);
    return {
      send: (payload) => {
        if (payload.length <= MAX_LCM_MESSAGE_BYTES) return sender.send(payload);
        throw new ChannelLengthError(channel, payload.length, MAX_LCM_MESSAGE_BYTES, "send");
      },
      close: () => sender.close(),
    };
  }

  /**
   * Calls `receiver` for each message on `channel` from now on. Messages have no number, because LCM's senders count all channels together.
   * After an error nothing is received; call it again to retry.
   *
   * @param channel - Full name, at most 63 characters.
   * @throws InvalidArgumentError `ERR_CHANNEL_LCM_NAME`. @throws CannotListenError `ERR_LISTEN`. @throws MulticastJoinError `ERR_JOIN`.
   * @throws ChannelStateError `ERR_TRANSPORT_CLOSED`.
   */
  startReceiving(channel: string, receiver: ChannelReceiver): void {
    checkLcmName("startReceiving", channel);
    this.#checkOpen("startReceiving");
    this.#warnOfTtl();
    if (!this.#receptions.add(channel, receiver)) return;
    try {
      this.#port.join(this.#options.group);
      this.#checkOpen("startReceiving");
    } catch (error) {
      this.#receptions.remove(channel, receiver);
      throw error;
    }
  }

  /** Stops calling `receiver` for messages on `channel`. */
  stopReceiving(channel: string, receiver: ChannelReceiver): void {
    if (this.#receptions.remove(channel, receiver)) this.#port.leave(this.#options.group);
  }

  /** Returns the counters as they are now. */
  statistics(): LcmStatistics {
    const { heldBytes } = this.#receiver;
    return { ...this.#statistics, kernelDrops: this.#port.kernelDrops, heldBytes, waitingBytes: this.#senders.waitingBytes };
  }

  /**
   * Closes every port after the sent messages have left. Messages that the network does not take within a second count as dropped.
   * Every call returns the same promise. Never rejects.
   */
  close(): Promise<void> {
    return this.#closing.begin(() => this.#close());
  }

  async #close(): Promise<void> {
    this.#receptions.clear();
    this.#receiver.close();
    await Promise.all([this.#port.close(), this.#senders.close()]);
  }

  #report(thrown: unknown): void {
    const error = asError(thrown);
    if (!this.#emitter.emit("error", error)) this.#options.logger.error("a receiver threw, or sending failed", { error });
  }

  /** Warns when the first channel is opened, because the constructor makes no system calls. */
  #warnOfTtl(): void {
    if (this.#hasCheckedTtl) return;
    this.#hasCheckedTtl = true;
    warnOfTtl(this.#reactor, this.#options);
  }

  #checkOpen(operation: string): void {
    if (this.#closing.hasBegun) throw new ChannelStateError(CHANNEL_ERRORS.ERR_TRANSPORT_CLOSED, operation);
  }
}

/** Refuses a name that LCM's readers refuse, or that contains a 0, which ends names on the wire. */
function checkLcmName(operation: string, value: unknown): void {
  const name = checkWireName(operation, value, "channel");
  if (name.length > 0 && name.length <= MAX_LCM_NAME_BYTES && !name.includes("\0")) return;
  throw new InvalidArgumentError(CHANNEL_ERRORS.ERR_CHANNEL_LCM_NAME, { operation, argument: "channel", value });
}
