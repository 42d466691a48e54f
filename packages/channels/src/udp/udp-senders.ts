import { bytesLength } from "@groupcast/base";
import type { MulticastPort, Reactor } from "groupcast";
import { CHANNEL_ERRORS, ChannelStateError } from "../contract/channel-errors.js";
import { noteChannel } from "../contract/channel-name.js";
import type { ChannelReceiver, ChannelSender, ChannelSource, RepairingSender, TransportStatistics } from "../contract/channel-transport.js";
import { multicastGroupForChannel } from "./multicast-group.js";
import { puliOverheadBytes, writePuliPrefix, writeSequence } from "./puli-datagram.js";
import { Receptions } from "./receptions.js";
import { openRelayPort, SendingProtocol } from "./relay-port.js";
import type { ResolvedUdpOptions } from "./udp-options.js";
import { UdpReceiver } from "./udp-receiver.js";
import type { UnicastReach } from "./unicast-reach.js";

const INITIAL_SCRATCH_BYTES = 2048; // grows to the longest message sent

interface Destination {
  readonly address: string;
  readonly port: number;
}

/** Parts of a transport that its senders use. */
export interface SendersOwner {
  readonly options: ResolvedUdpOptions;
  readonly statistics: TransportStatistics;
  readonly reach: UnicastReach;
  readonly receiverThrew: (error: unknown) => void;
}

/** One sequence of datagrams to one group. A receiver sees it as one source. */
interface Stream {
  readonly channel: string;
  readonly port: MulticastPort;
  readonly to: Destination;
  sequence: number;
  users: number;
}

/**
 * Sends channels over UDP. Each channel has one socket, however many senders are open: receivers distinguish sources, and with them
 * sequence numbers, by the port that a datagram comes from. Packets from a relay leave from the relay's port, see relay-port.ts.
 */
export class UdpSenders {
  readonly #reactor: Reactor;
  readonly #options: ResolvedUdpOptions;
  readonly #statistics: TransportStatistics;
  readonly #owner: SendersOwner;
  readonly #published = new Map<string, Stream>();
  readonly #relayed = new Map<string, Stream>();
  readonly #ports = new Set<MulticastPort>(); // until they have closed
  #relayPort: MulticastPort | undefined;
  #scratch = Buffer.allocUnsafeSlow(INITIAL_SCRATCH_BYTES);
  #composed = { channel: "", datagram: Buffer.alloc(0), sequenceOffset: 0 };
  #isClosed = false;

  constructor(reactor: Reactor, owner: SendersOwner) {
    this.#reactor = reactor;
    this.#owner = owner;
    this.#options = owner.options;
    this.#statistics = owner.statistics;
  }

  /** Opens a sender; or nothing at all, when that fails. */
  open(channel: string, purpose: "publish" | "relay"): ChannelSender {
    const streams = purpose === "relay" ? this.#relayed : this.#published;
    const stream = streams.get(channel) ?? this.#openStream(channel, streams);
    stream.users++;
    let isOpen = true;
    return {
      send: (payload) => {
        if (!isOpen || this.#isClosed) throw new ChannelStateError(CHANNEL_ERRORS.ERR_TRANSPORT_CLOSED, "send", { channel });
        return this.#send(stream, payload);
      },
      close: () => {
        if (!isOpen) return undefined;
        isOpen = false;
        const isLast = --stream.users === 0 && streams.delete(channel) && purpose === "publish";
        return isLast ? this.#stop(stream.port) : undefined;
      },
    };
  }

  /** Opens a sender with a port of its own, at which it can be asked. */
  openRepairing(channel: string, asks: ChannelReceiver): RepairingSender {
    const stream = this.#openRepairingStream(channel, asks);
    let isOpen = true;
    const checkOpen = (): void => {
      if (!isOpen || this.#isClosed) throw new ChannelStateError(CHANNEL_ERRORS.ERR_TRANSPORT_CLOSED, "send", { channel });
    };
    return {
      nextSequence: () => stream.sequence,
      send: (payload) => {
        checkOpen();
        return this.#send(stream, payload);
      },
      repeat: (payload, sequence, to) => {
        checkOpen();
        return this.#write(stream, this.#compose(channel, sequence, payload), to);
      },
      note: (payload, to) => {
        checkOpen();
        return this.#write(stream, this.#compose(noteChannel(channel), 0, payload), to);
      },
      close: () => {
        if (!isOpen) return undefined;
        isOpen = false;
        return this.#stop(stream.port);
      },
    };
  }

  /** Closes every port, and waits for those that are closing already. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#ports].map((port) => this.#stop(port)));
  }

  #openStream(channel: string, streams: Map<string, Stream>): Stream {
    const to = this.#groupOf(channel); // first, as it refuses what is no channel's name
    const port = streams === this.#relayed ? this.#openRelayPort() : this.#openPort();
    const meanwhile = streams.get(channel); // a logger of the user's, which the reactor calls, may have published
    const stream = meanwhile ?? { channel, port, to, sequence: 0, users: 0 };
    streams.set(channel, stream);
    if (stream.port !== port) void this.#stop(port);
    return stream;
  }

  #openRepairingStream(channel: string, asks: ChannelReceiver): Stream {
    const { options, statistics, reach, receiverThrew } = this.#owner;
    const to = this.#groupOf(channel);
    const receptions = new Receptions();
    receptions.add(noteChannel(channel), asks);
    const protocol = new UdpReceiver(options.port, receptions, statistics, receiverThrew);
    const port = this.#opened(this.#reactor.listenMulticast(0, protocol, { ...this.#listenOptions(), unicastTTL: reach.ttl }));
    return { channel, port, to, sequence: 0, users: 1 };
  }

  #groupOf(channel: string): Destination {
    return { address: multicastGroupForChannel(channel), port: this.#options.port };
  }

  #openPort(): MulticastPort {
    return this.#opened(this.#reactor.listenMulticast(0, new SendingProtocol(), this.#listenOptions()));
  }

  #openRelayPort(): MulticastPort {
    const port = this.#relayPort ?? this.#opened(openRelayPort(this.#reactor, this.#options.port, this.#listenOptions()));
    if (this.#relayPort !== undefined && this.#relayPort !== port) void this.#stop(port);
    this.#relayPort ??= port;
    return this.#relayPort;
  }

  /** Keeps a port until it has closed; refuses it when a logger of the user's has closed the transport meanwhile. */
  #opened(port: MulticastPort): MulticastPort {
    this.#ports.add(port);
    if (!this.#isClosed) return port;
    void this.#stop(port);
    throw new ChannelStateError(CHANNEL_ERRORS.ERR_TRANSPORT_CLOSED, "openSender");
  }

  async #stop(port: MulticastPort): Promise<void> {
    await port.stopListening();
    this.#ports.delete(port);
  }

  #listenOptions(): { ttl: number; loopback: boolean; outgoingInterface?: Exclude<ResolvedUdpOptions["selector"], "any"> } {
    const { ttl, selector } = this.#options;
    return { ttl, loopback: true, ...(selector === "any" ? {} : { outgoingInterface: selector }) };
  }

  #send(stream: Stream, payload: Uint8Array): boolean {
    const { channel, sequence } = stream;
    const isTaken = this.#write(stream, this.#compose(channel, sequence, payload));
    // A refused datagram takes no number: no receiver misses it, and the caller knows.
    if (isTaken) stream.sequence = (sequence + 1) >>> 0;
    return isTaken;
  }

  /** Writes a datagram, which is copied, to the group or to one receiver. */
  #write({ port, to: group }: Stream, datagram: Buffer, to?: ChannelSource): boolean {
    const isTaken = to === undefined ? port.write(datagram, group) : this.#owner.reach.write(port, datagram, to);
    if (isTaken) this.#statistics.sent++;
    else this.#statistics.dropped++;
    return isTaken;
  }

  /** Returns the datagram, which is valid until the next one. Mostly it has the channel and the length of the one before. */
  #compose(channel: string, sequence: number, payload: Uint8Array): Buffer {
    const lengthBytes = puliOverheadBytes(channel) + bytesLength(payload);
    if (this.#scratch.length < lengthBytes) this.#scratch = Buffer.allocUnsafeSlow(lengthBytes);
    else if (channel === this.#composed.channel && this.#composed.datagram.length === lengthBytes) {
      const { datagram, sequenceOffset } = this.#composed;
      datagram.set(payload, writeSequence(datagram, sequenceOffset, sequence));
      return datagram;
    }
    const datagram = this.#scratch.subarray(0, lengthBytes);
    const sequenceOffset = writePuliPrefix(datagram, channel);
    datagram.set(payload, writeSequence(datagram, sequenceOffset, sequence));
    this.#composed = { channel, datagram, sequenceOffset };
    return datagram;
  }
}
