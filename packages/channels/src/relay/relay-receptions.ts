/**
 * The channels that a relay receives on one side, by their names.
 *
 * Theory of operation: where a rule says so, the relay asks for what is missing, as a subscriber does, and passes packets on in order. It never
 * answers: what it sends leaves from a port that receives nothing. Notes are not passed on, as their names are none that a rule can match.
 */
import { type Clock, callGuarded } from "@groupcast/base";
import { TurnClock } from "../channel/turn-clock.js";
import { MAX_NAME_BYTES, noteChannel } from "../contract/channel-name.js";
import type { ChannelReceiver, ChannelTransport, ReceivedPacket } from "../contract/channel-transport.js";
import { NodeReliability } from "../reliable/node-reliability.js";
import { resolveReliable } from "../reliable/reliable-options.js";
import { ReliableReceiver } from "../reliable/reliable-receiver.js";
import { type ReceiverCounters, zeroReceiverCounters } from "../reliable/reliable-statistics.js";
import { decodeNote } from "../reliable/repair-notes.js";
import type { ResolvedRule } from "./relay-options.js";

const SETTINGS = resolveReliable("new ChannelRelay", { reliable: true, history: undefined, latest: false })!;

/** The part of a relay that its receptions use. */
export interface ReceptionsOptions {
  readonly transport: ChannelTransport;
  readonly rules: readonly ResolvedRule[]; // of this direction
  readonly receiver: ChannelReceiver;
  readonly clock: Clock;
  readonly report: (error: unknown) => void;
}

export class RelayReceptions {
  /** Counters of what was missing. */
  readonly counters: ReceiverCounters = zeroReceiverCounters();
  readonly #options: ReceptionsOptions;
  readonly #turnClock: TurnClock;
  readonly #node: NodeReliability;
  readonly #repaired = new Map<string, RepairedReception>();

  constructor(options: ReceptionsOptions) {
    const { clock } = options;
    this.#options = options;
    this.#turnClock = new TurnClock(clock);
    this.#node = new NodeReliability(clock.nowMs());
  }

  /** Receives a channel. @throws The errors of the transport; nothing is received then. */
  start(channel: string): void {
    const { transport, receiver } = this.#options;
    if (!this.#isRepaired(channel)) {
      transport.startReceiving(channel, receiver);
      return;
    }
    const reception = new RepairedReception(transport, channel, this.#receiverOf(channel));
    reception.start();
    this.#repaired.set(channel, reception);
  }

  /** Receives a channel no more. Reports what the transport throws. */
  stop(channel: string): void {
    const { transport, receiver, report } = this.#options;
    const repaired = this.#repaired.get(channel);
    this.#repaired.delete(channel);
    callGuarded(() => (repaired === undefined ? transport.stopReceiving(channel, receiver) : repaired.stop()), report);
  }

  /** The first rule that names a channel decides. Companions, with questions and answers, have repetitions of their own. */
  #isRepaired(channel: string): boolean {
    const rule = this.#options.rules.find(({ pattern }) => pattern.matches(channel));
    return rule?.isReliable === true && noteChannel(channel).length <= MAX_NAME_BYTES;
  }

  #receiverOf(channel: string): ReliableReceiver {
    const { transport, receiver, clock, report } = this.#options;
    return new ReliableReceiver({
      channel,
      link: transport,
      clock,
      turnClock: this.#turnClock,
      node: this.#node,
      settings: SETTINGS,
      counters: this.counters,
      isSealed: false,
      wrap: (note) => note,
      unwrap: ({ payload }) => {
        const note = decodeNote(payload);
        return note && { note, signer: undefined };
      },
      // The payload of a packet that has waited is with its contents.
      release: (packet, { payload }) => receiver.packetReceived(packet.payload === payload ? packet : { ...packet, payload }),
      lost: () => {}, // counted
      report,
    });
  }
}

/** One channel whose losses are repaired. */
class RepairedReception implements ChannelReceiver {
  readonly #transport: ChannelTransport;
  readonly #channel: string;
  readonly #receiver: ReliableReceiver;

  constructor(transport: ChannelTransport, channel: string, receiver: ReliableReceiver) {
    this.#transport = transport;
    this.#channel = channel;
    this.#receiver = receiver;
  }

  start(): void {
    this.#transport.startReceiving(this.#channel, this);
    try {
      this.#receiver.open();
    } catch (error) {
      this.#transport.stopReceiving(this.#channel, this);
      throw error;
    }
  }

  stop(): void {
    this.#receiver.close();
    this.#transport.stopReceiving(this.#channel, this);
  }

  packetReceived(packet: ReceivedPacket): void {
    this.#receiver.take(packet, packet);
  }
}
