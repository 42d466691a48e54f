/** What carries channels: the contract between a node and a network. UDP and NATS are behind it; so can be others. */
import type { EventTable, Subscribable } from "@groupcast/base";

/** A sender, as a network tells it apart from others. Frozen; one object for many packets. */
export interface ChannelSource {
  readonly id: string; // unique on its network; on UDP "192.0.2.1:40000"
  readonly address?: string; // UDP: IP literal
  readonly port?: number; // UDP
}

/** What relays write on a packet, so that it does not go round in circles. */
export interface RelayEnvelope {
  readonly origin: string; // name of the network it was published on
  readonly source: string; // its sender, unique over all networks; 16 hexadecimal digits
  readonly sequence: number; // its sender's number for it
  readonly hops: number; // relays passed, 1 or more
  readonly via: string; // the relay that sent it last
}

/** One packet of a channel. */
export interface ReceivedPacket {
  readonly channel: string;
  readonly source: ChannelSource;
  readonly sequence: number | undefined; // 0 … 2 ** 32 - 1, of the source; undefined: the sender does not count
  readonly payload: Buffer; // the receiver's own
  readonly isRelayed: boolean;
  readonly envelope?: RelayEnvelope; // of a relayed packet, on networks that can carry it
}

/** What takes the packets of a channel. Called from the event loop, never from inside a call into the transport. */
export interface ChannelReceiver {
  packetReceived(packet: ReceivedPacket): void;
}

/** Sends the packets of one channel, and numbers them. */
export interface ChannelSender {
  /**
   * Sends one packet; `payload` is copied.
   *
   * @param envelope - Of a packet that is passed on from another network: only on senders that were opened for a relay.
   * @returns Whether it was taken; false is counted as dropped.
   * @throws ChannelStateError `ERR_TRANSPORT_CLOSED`.
   */
  send(payload: Uint8Array, envelope?: RelayEnvelope): boolean;
  close(): void;
}

/** What a transport has done since it was opened, in packets. */
export interface TransportStatistics {
  sent: number; // taken by the network
  dropped: number; // refused or thrown out by a full buffer
  unconfirmed: number; // given to a connection that broke before the server had confirmed them
  received: number; // given to receivers
  foreign: number; // of channels that nobody receives, on the same group
  malformed: number; // not of the wire format
}

/** Events of a transport. */
export type TransportEvents = {
  /** Connected transports only: the connection broke, or is back. */
  connection: (change: ConnectionChange) => void;
  /** Something failed that no call is there to be told. */
  error: (error: Error) => void;
};

/** The events of a transport, each in a few words. */
export const TRANSPORT_EVENTS: EventTable<TransportEvents> = {
  connection: "the connection broke, or is back",
  error: "something failed outside any call",
};

/** What became of the connection of a transport. */
export interface ConnectionChange {
  /** False when the connection broke, true when it is back. */
  readonly isConnected: boolean;
}

/** A network that carries channels. */
export interface ChannelTransport extends Subscribable<TransportEvents> {
  readonly kind: string; // "udp" | "nats" | a third party's
  /** The longest payload of one packet on `channel`, in bytes. */
  maxPayloadBytes(channel: string): number;
  /** Opens a sender; several for one channel share one socket and one count of packets. */
  openSender(channel: string, purpose?: "publish" | "relay"): ChannelSender;
  /** Has `receiver` called for each packet on `channel`. */
  startReceiving(channel: string, receiver: ChannelReceiver): void;
  stopReceiving(channel: string, receiver: ChannelReceiver): void;
  /** Receives every channel whose name matches: only where the network can tell, as NATS can. */
  startReceivingPattern?(pattern: string, receiver: ChannelReceiver): void;
  stopReceivingPattern?(pattern: string, receiver: ChannelReceiver): void;
  statistics(): TransportStatistics;
  /** Stops everything; what was sent still leaves. The same promise however often it is called. */
  close(): Promise<void>;
}

/** Counters, all at zero. */
export function zeroTransportStatistics(): TransportStatistics {
  return { sent: 0, dropped: 0, unconfirmed: 0, received: 0, foreign: 0, malformed: 0 };
}
