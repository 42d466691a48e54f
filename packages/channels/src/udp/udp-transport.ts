import { Emitter, Eventful } from "@groupcast/base";
import type { MulticastPort, Reactor } from "groupcast";
import { CHANNEL_ERRORS, ChannelStateError } from "../contract/channel-errors.js";
import {
  type ChannelReceiver,
  type ChannelSender,
  type ChannelTransport,
  TRANSPORT_EVENTS,
  type TransportEvents,
  type TransportStatistics,
  zeroTransportStatistics,
} from "../contract/channel-transport.js";
import { GroupMemberships, isLoopback } from "./group-memberships.js";
import { multicastGroupForChannel } from "./multicast-group.js";
import { maxPuliPayloadBytes } from "./puli-datagram.js";
import { Receptions } from "./receptions.js";
import { type ResolvedUdpOptions, resolveUdpOptions, type UdpTransportOptions } from "./udp-options.js";
import { UdpReceiver } from "./udp-receiver.js";
import { UdpSenders } from "./udp-senders.js";

/** The receiving side, while anything is received. */
interface Receiving {
  readonly port: MulticastPort;
  readonly memberships: GroupMemberships;
}

/**
 * Channels on multicast groups, one group for each channel and one port number for all: pulicast's network.
 *
 * Theory of operation: one port receives all channels; it is opened with the first of them, and a group is joined while any of its
 * channels is received. Each channel that is sent has a port of its own. TTL 0 keeps everything on this host:
 * the reactor sends it by loopback, and where an interface is named it guards the group there before the first datagram.
 */
export class UdpTransport extends Eventful<TransportEvents> implements ChannelTransport {
  readonly kind = "udp";
  readonly #reactor: Reactor;
  readonly #options: ResolvedUdpOptions;
  readonly #statistics: TransportStatistics = zeroTransportStatistics();
  readonly #receptions = new Receptions();
  readonly #senders: UdpSenders;
  #receiving: Receiving | undefined;
  #closed: Promise<void> | undefined;

  /** @throws InvalidArgumentError for each option that is unknown or wrong. Opens nothing yet. */
  constructor(reactor: Reactor, options?: UdpTransportOptions) {
    const emitter = new Emitter<TransportEvents>(TRANSPORT_EVENTS);
    super(emitter);
    emitter.listenerThrew = (error) => this.#options.logger.error("an event listener threw", { error });
    this.#reactor = reactor;
    this.#options = resolveUdpOptions("UdpTransport", options);
    this.#senders = new UdpSenders(reactor, this.#options, this.#statistics);
    this.#warnOfTtl();
  }

  maxPayloadBytes(channel: string): number {
    return maxPuliPayloadBytes(channel);
  }

  openSender(channel: string, purpose: "publish" | "relay" = "publish"): ChannelSender {
    this.#checkOpen("openSender");
    return this.#senders.open(channel, purpose);
  }

  startReceiving(channel: string, receiver: ChannelReceiver): void {
    this.#checkOpen("startReceiving");
    const group = multicastGroupForChannel(channel);
    if (!this.#receptions.add(channel, receiver)) return;
    try {
      this.#join(group);
    } catch (error) {
      this.#receptions.remove(channel, receiver);
      throw error;
    }
  }

  stopReceiving(channel: string, receiver: ChannelReceiver): void {
    if (this.#receptions.remove(channel, receiver)) this.#receiving?.memberships.leave(multicastGroupForChannel(channel));
  }

  statistics(): TransportStatistics {
    return { ...this.#statistics };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#receptions.clear();
    await Promise.all([this.#receiving?.port.stopListening(), this.#senders.close()]);
  }

  /** Joins a group, on a port that is opened for the first one. A port whose first group cannot be joined is closed again. */
  #join(group: string): void {
    const receiving = this.#receiving ?? this.#openPort();
    try {
      receiving.memberships.join(group);
    } catch (error) {
      if (receiving !== this.#receiving) void receiving.port.stopListening();
      throw error;
    }
    this.#receiving = receiving;
  }

  #openPort(): Receiving {
    const { port, at, receiveBufferBytes } = this.#options;
    const interfaces = this.#reactor.network.interfaces();
    const opened = this.#reactor.listenMulticast(port, new UdpReceiver(port, this.#receptions, this.#statistics), {
      listenMultiple: true,
      ...(receiveBufferBytes === undefined ? {} : { receiveBufferBytes }),
    });
    return { port: opened, memberships: new GroupMemberships(opened, at, interfaces) };
  }

  #warnOfTtl(): void {
    const { ttl, at, logger } = this.#options;
    if (ttl > 0 || at === "any" || isLoopback(at, this.#reactor.network.interfaces())) return;
    logger.warn(`TTL 0 with an interface other than loopback: nothing leaves this host, and only members on that interface hear it`);
  }

  #checkOpen(operation: string): void {
    if (this.#closed !== undefined) throw new ChannelStateError(CHANNEL_ERRORS.ERR_TRANSPORT_CLOSED, operation);
  }
}
