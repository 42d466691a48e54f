/** The contract between a node and a network that carries channels. UDP and NATS implement it, and other networks can. */
import type { EventTable, Subscribable } from "@groupcast/base";

/** A sender, as its network distinguishes it from others. Frozen; many packets share one object. */
export interface ChannelSource {
  /** Unique on the network. On UDP: address and port, `"192.0.2.1:40000"`; on NATS: 16 hexadecimal digits, or `"unknown"`. */
  readonly id: string;
  /** IP literal. UDP only. */
  readonly address?: string;
  /** Port number. UDP only. */
  readonly port?: number;
  /**
   * Longest time that the network, relays included, holds a packet back, in milliseconds. A sender counts as restarted only after a longer
   * time without progress. Default 1000; on NATS 60,000, because relays hold packets back while they have no connection.
   */
  readonly maxDelayMs?: number;
}

/** A relay's note on a packet. It prevents loops. */
export interface RelayEnvelope {
  /** Name of the network on which the packet was published. */
  readonly origin: string;
  /** The packet's sender, unique over all networks: 16 hexadecimal digits. */
  readonly source: string;
  /** The sender's number for the packet, 0 … 2 ** 32 - 1. */
  readonly sequence: number;
  /** Number of relays that the packet has passed, 1 or more. */
  readonly hops: number;
  /** Id of the relay that sent it last: 16 hexadecimal digits. */
  readonly via: string;
}

/** One packet of a channel. */
export interface ReceivedPacket {
  /** Full name of the channel. */
  readonly channel: string;
  /** The packet's sender. */
  readonly source: ChannelSource;
  /** The sender's number for the packet, 0 … 2 ** 32 - 1; `undefined` if the sender does not count. */
  readonly sequence: number | undefined;
  /** Contents. The receiver owns them. */
  readonly payload: Buffer;
  /** Whether a relay brought it from another network. */
  readonly isRelayed: boolean;
  /** The relay's note, on networks that can carry one. */
  readonly envelope?: RelayEnvelope;
}

/** Takes the packets of a channel. */
export interface ChannelReceiver {
  /** Takes one packet. Transports call it from the event loop, never from inside a call into the transport. */
  packetReceived(packet: ReceivedPacket): void;
}

/** Sends the packets of one channel, and numbers them. */
export interface ChannelSender {
  /**
   * Sends one packet; copies `payload`.
   *
   * @param envelope - Of a packet that a relay brings from another network: only on senders that were opened for a relay.
   * @returns Whether the transport took it; false is counted as dropped.
   * @throws ChannelStateError `ERR_TRANSPORT_CLOSED`.
   */
  send(payload: Uint8Array, envelope?: RelayEnvelope): boolean;
  /**
   * Closes the sender. Packets that were sent still leave. A further call changes nothing.
   *
   * @returns Nothing, or a promise that resolves when what the sender alone had open is closed.
   */
  close(): void | Promise<void>;
}

/** A sender that receives questions of receivers, and can send a packet again. It shares its source and its count with no other sender. */
export interface RepairingSender extends ChannelSender {
  /** Returns the number of the next packet. */
  nextSequence(): number;
  /**
   * Sends a packet once more, under its earlier number.
   *
   * @param to - The one receiver that gets it. Default: all.
   * @returns Whether the transport took it; false is counted as dropped. @throws ChannelStateError `ERR_TRANSPORT_CLOSED`.
   */
  repeat(payload: Uint8Array, sequence: number, to?: ChannelSource): boolean;
  /**
   * Sends a note to those who ask, see {@link Asker}. It takes no number, and subscribers do not see it.
   *
   * @param to - The one asker that gets it. Default: all.
   * @returns Whether the transport took it. @throws ChannelStateError `ERR_TRANSPORT_CLOSED`.
   */
  note(payload: Uint8Array, to?: ChannelSource): boolean;
}

/** Asks the senders of one channel for missing packets. */
export interface Asker {
  /** Sends a question to one sender. @returns Whether the transport took it. @throws ChannelStateError `ERR_TRANSPORT_CLOSED`. */
  ask(payload: Uint8Array, to: ChannelSource): boolean;
  /** Stops asking, and gives the receiver no further notes. A further call changes nothing. */
  close(): void;
}

/** Channels whose packets the network keeps for receivers that subscribe later or reconnect. */
export interface KeptChannels {
  /** Returns whether the network keeps the packets of a channel. If it does not keep one, the transport emits an error. */
  takes(channel: string): boolean;
  /** Opens a sender. Its packets wait, within bounds, until the network has confirmed that it keeps them. */
  openSender(channel: string): ChannelSender;
  /**
   * Calls `receiver` for each packet on `channel` that is kept from now on, in their order, each once, and after a broken connection for
   * those that it missed.
   *
   * @param history - Number and bytes of the latest packets that are kept already; of these, too.
   */
  startReceiving(channel: string, receiver: ChannelReceiver, history: { readonly messages: number; readonly bytes: number }): void;
  /** Calls `receiver` no more. */
  stopReceiving(channel: string, receiver: ChannelReceiver): void;
}

/** Counters of a transport since it was opened, in packets. */
export interface TransportStatistics {
  /** Taken by the network. */
  sent: number;
  /** Refused by the network, or discarded because a buffer was full. Packets that a NATS server does not permit count as `sent`, too. */
  dropped: number;
  /** Given to a connection that broke before the server had confirmed them. They may have arrived. */
  unconfirmed: number;
  /** Given to receivers. */
  received: number;
  /** Of channels that have no receiver, on the same group. */
  foreign: number;
  /** Not of the wire format. */
  malformed: number;
}

/** Events of a transport. */
export type TransportEvents = {
  /** The connection was lost or restored. Only transports with connections emit it. */
  connection: (change: ConnectionChange) => void;
  /** A failure outside any call. */
  error: (error: Error) => void;
};

/** Short description of each event of a transport. */
export const TRANSPORT_EVENTS: EventTable<TransportEvents> = {
  connection: "the connection was lost or restored",
  error: "something failed outside any call",
};

/** Change of a transport's connection. */
export interface ConnectionChange {
  /** False when the connection was lost, true when it is restored. */
  readonly isConnected: boolean;
}

/** A network that carries channels. */
export interface ChannelTransport extends Subscribable<TransportEvents> {
  /** Kind of network: `"udp"`, `"nats"`, or a third party's name. */
  readonly kind: string;
  /**
   * Whether the network carries only messages, to programs that understand neither heartbeats nor seals nor fragments of channels. Nodes on
   * such a network send no heartbeats, and refuse options that need more. Default false.
   */
  readonly carriesOnlyMessages?: boolean;
  /**
   * Returns the current length of the longest payload of one packet on `channel`, in bytes. It may change, so callers must not store it.
   */
  maxPayloadBytes(channel: string): number;
  /**
   * Opens a sender. Several senders for one channel and purpose share one source and one count of packets.
   *
   * @param purpose - `"publish"` (the default), or `"relay"` for packets from another network.
   */
  openSender(channel: string, purpose?: "publish" | "relay"): ChannelSender;
  /** Calls `receiver` for each packet on `channel` from now on. */
  startReceiving(channel: string, receiver: ChannelReceiver): void;
  /** Stops calling `receiver` for packets on `channel`. */
  stopReceiving(channel: string, receiver: ChannelReceiver): void;
  /** Receives every channel whose name matches `pattern`. Absent from networks that cannot match names; NATS can. */
  startReceivingPattern?(pattern: string, receiver: ChannelReceiver): void;
  /** Undoes {@link ChannelTransport.startReceivingPattern}. */
  stopReceivingPattern?(pattern: string, receiver: ChannelReceiver): void;
  /**
   * Opens a sender that can send packets again, and passes the questions of receivers to `asks`. Absent from networks on which receivers
   * cannot ask a sender; UDP has it.
   */
  openRepairingSender?(channel: string, asks: ChannelReceiver): RepairingSender;
  /** Opens a way to ask the senders of a channel, and gives `notes` their notes. Absent where {@link openRepairingSender} is. */
  openAsker?(channel: string, notes: ChannelReceiver): Asker;
  /** Channels whose packets the network keeps, for reliable channels. Absent if the network keeps none; NATS has it with a stream. */
  readonly kept?: KeptChannels | undefined;
  /** Returns the counters as they are now. */
  statistics(): TransportStatistics;
  /** Closes everything; packets that were sent still leave. Every call returns the same promise. */
  close(): Promise<void>;
}

/** Returns counters that are all zero. */
export function zeroTransportStatistics(): TransportStatistics {
  return { sent: 0, dropped: 0, unconfirmed: 0, received: 0, foreign: 0, malformed: 0 };
}

/** Description of a transport, for errors. */
export const TRANSPORT_EXPECTED = "a ChannelTransport, such as new UdpTransport(reactor) or await NatsTransport.connect()";
