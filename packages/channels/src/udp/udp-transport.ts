import { asError, Emitter, Eventful, wrongType } from "@groupcast/base";
import type { Reactor } from "groupcast";
import { CHANNEL_ERRORS, ChannelStateError } from "../contract/channel-errors.js";
import {
  type Asker,
  type ChannelReceiver,
  type ChannelSender,
  type ChannelTransport,
  type RepairingSender,
  TRANSPORT_EVENTS,
  type TransportEvents,
  type TransportStatistics,
  zeroTransportStatistics,
} from "../contract/channel-transport.js";
import { Closing } from "../contract/closing.js";
import { multicastGroupForChannel } from "./multicast-group.js";
import { maxPuliPayloadBytes } from "./puli-datagram.js";
import { ReceivingPort } from "./receiving-port.js";
import { Receptions } from "./receptions.js";
import { warnOfTtl } from "./ttl-warning.js";
import { UdpAskers } from "./udp-askers.js";
import { type ResolvedUdpOptions, resolveUdpOptions, type UdpTransportOptions } from "./udp-options.js";
import { UdpReceiver } from "./udp-receiver.js";
import { UdpSenders } from "./udp-senders.js";
import { UnicastReach } from "./unicast-reach.js";

/**
 * Carries channels on multicast groups, one group for each channel and one port number for all: pulicast's network.
 *
 * Theory of operation: one port receives all channels. The first channel opens it, and it is a member of a group while a channel of that
 * group is received. Each channel that is sent has a port of its own. TTL 0 keeps everything on this host: the reactor sends by loopback,
 * and on a named interface it guards the group before the first datagram.
 */
export class UdpTransport extends Eventful<TransportEvents> implements ChannelTransport {
  /** `"udp"`. */
  readonly kind = "udp";
  readonly #emitter: Emitter<TransportEvents>;
  readonly #reactor: Reactor;
  readonly #options: ResolvedUdpOptions;
  readonly #statistics: TransportStatistics = zeroTransportStatistics();
  readonly #receptions = new Receptions();
  readonly #port: ReceivingPort;
  readonly #senders: UdpSenders;
  readonly #askers: UdpAskers;
  #hasCheckedTtl = false;
  readonly #closing = new Closing();

  /** Makes a transport, which opens nothing yet. @throws InvalidArgumentError for each option that is unknown or wrong. */
  constructor(reactor: Reactor, options?: UdpTransportOptions) {
    const emitter = new Emitter<TransportEvents>(TRANSPORT_EVENTS);
    super(emitter);
    emitter.listenerThrew = (error) => this.#options.logger.error("an event listener threw", { error });
    this.#emitter = emitter;
    this.#reactor = reactor;
    if (typeof reactor?.listenMulticast !== "function") throw wrongType("new UdpTransport", "reactor", reactor, "a Reactor");
    const resolved = resolveUdpOptions("new UdpTransport", options);
    this.#options = resolved;
    const receiverThrew = (error: unknown): void => this.#report(error);
    const makeReceiver = (): UdpReceiver => new UdpReceiver(resolved.port, this.#receptions, this.#statistics, receiverThrew);
    this.#port = new ReceivingPort(reactor, resolved, makeReceiver);
    const reach = new UnicastReach(reactor, resolved.ttl);
    const owner = { options: resolved, statistics: this.#statistics, receptions: this.#receptions, reach, receiverThrew };
    this.#senders = new UdpSenders(reactor, owner);
    this.#askers = new UdpAskers(reactor, owner);
  }

  /** Returns the length of the longest payload of one packet on `channel`, in bytes: it fits one datagram over IPv4. */
  maxPayloadBytes(channel: string): number {
    return maxPuliPayloadBytes(channel);
  }

  /**
   * Opens a sender. Those of one channel and purpose share one port.
   *
   * @param channel - Full name.
   * @param purpose - `"publish"` (the default), or `"relay"` for packets from another network, which leave from a relay's port.
   * @throws InvalidArgumentError `ERR_CHANNEL_NAME`. @throws CannotListenError `ERR_LISTEN`. @throws ChannelStateError `ERR_TRANSPORT_CLOSED`.
   */
  openSender(channel: string, purpose: "publish" | "relay" = "publish"): ChannelSender {
    this.#checkOpen("openSender");
    this.#warnOfTtl();
    return this.#senders.open(channel, purpose);
  }

  /**
   * Opens a sender with a port of its own, at which receivers ask it to send packets again. Its unicast reaches as far as its multicast does.
   *
   * @param channel - Full name. @param asks - Receives the questions.
   * @throws InvalidArgumentError `ERR_CHANNEL_NAME`. @throws CannotListenError `ERR_LISTEN`. @throws ChannelStateError `ERR_TRANSPORT_CLOSED`.
   */
  openRepairingSender(channel: string, asks: ChannelReceiver): RepairingSender {
    this.#checkOpen("openRepairingSender");
    this.#warnOfTtl();
    return this.#senders.openRepairing(channel, asks);
  }

  /**
   * Opens a way to ask the senders of a channel that is received. All of them ask from one port, at which repeated packets arrive.
   *
   * @param channel - Full name. @param notes - Receives the notes of senders.
   * @throws CannotListenError `ERR_LISTEN`. @throws ChannelStateError `ERR_TRANSPORT_CLOSED`.
   */
  openAsker(channel: string, notes: ChannelReceiver): Asker {
    this.#checkOpen("openAsker");
    return this.#askers.open(channel, notes);
  }

  /**
   * Calls `receiver` for each packet on `channel` from now on. After an error nothing is received, and a further call tries again.
   *
   * @param channel - Full name.
   * @throws InvalidArgumentError `ERR_CHANNEL_NAME`. @throws CannotListenError `ERR_LISTEN`. @throws MulticastJoinError `ERR_JOIN`.
   * @throws ChannelStateError `ERR_TRANSPORT_CLOSED`.
   */
  startReceiving(channel: string, receiver: ChannelReceiver): void {
    this.#checkOpen("startReceiving");
    this.#warnOfTtl();
    const group = multicastGroupForChannel(channel);
    if (!this.#receptions.add(channel, receiver)) return;
    try {
      this.#port.join(group);
      this.#checkOpen("startReceiving"); // a logger of the user's may have closed it
    } catch (error) {
      this.#receptions.remove(channel, receiver);
      throw error;
    }
  }

  /** Stops calling `receiver` for packets on `channel`. */
  stopReceiving(channel: string, receiver: ChannelReceiver): void {
    if (this.#receptions.remove(channel, receiver)) this.#port.leave(multicastGroupForChannel(channel));
  }

  /** Returns the counters as they are now. */
  statistics(): TransportStatistics {
    return { ...this.#statistics };
  }

  /** Closes every port; sent datagrams still leave. Every call returns the same promise. Never rejects. */
  close(): Promise<void> {
    return this.#closing.begin(() => this.#close());
  }

  async #close(): Promise<void> {
    this.#receptions.clear();
    await Promise.all([this.#port.close(), this.#senders.close(), this.#askers.close()]);
  }

  #report(thrown: unknown): void {
    const error = asError(thrown);
    if (!this.#emitter.emit("error", error)) this.#options.logger.error("a receiver threw", { error });
  }

  /** Warns with the first channel, as a constructor does not ask the system. */
  #warnOfTtl(): void {
    if (this.#hasCheckedTtl) return;
    this.#hasCheckedTtl = true;
    warnOfTtl(this.#reactor, this.#options);
  }

  #checkOpen(operation: string): void {
    if (this.#closing.hasBegun) throw new ChannelStateError(CHANNEL_ERRORS.ERR_TRANSPORT_CLOSED, operation);
  }
}
