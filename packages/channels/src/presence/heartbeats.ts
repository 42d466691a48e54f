import { type Clock, callGuarded } from "@groupcast/base";
import type { ChannelLink } from "../challenge/channel-link.js";
import type { ChannelReceiver, ChannelSender, ReceivedPacket } from "../contract/channel-transport.js";
import { SealedOrder } from "../order/sealed-order.js";
import type { SealedChannel } from "../seal/channel-seal.js";
import type { UnsealedPacket } from "../seal/unsealer.js";
import { Announcer } from "./announcer.js";
import { type ChannelUsage, HEARTBEAT_CHANNEL, type Heartbeat } from "./heartbeat.js";
import { HeartbeatRate } from "./heartbeat-rate.js";
import { type DirectoryReports, NodeDirectory } from "./node-directory.js";
import { decodeQuestion, encodeQuestions } from "./question.js";

const SEAL_BYTES = 127; // of a sealed packet that is signed

/** The part of a node that its heartbeats use. */
export interface HeartbeatsOptions extends Required<DirectoryReports> {
  readonly transport: ChannelLink;
  readonly clock: Clock;
  readonly session: string;
  readonly name: string;
  readonly periodMs: number;
  readonly maxNodes: number;
  readonly seal: SealedChannel | undefined;
  readonly usages: () => readonly ChannelUsage[];
  readonly report: (error: unknown) => void;
}

/** A node's part in the exchange of heartbeats: announces the node, and keeps the directory of the others. */
export class Heartbeats implements ChannelReceiver {
  readonly directory: NodeDirectory;
  readonly #options: HeartbeatsOptions;
  #sender: ChannelSender | undefined; // while started
  readonly #announcer: Announcer;
  readonly #order = new SealedOrder();

  constructor(options: HeartbeatsOptions) {
    const { clock, session, maxNodes, periodMs, seal, nodeChanged, usageChanged } = options;
    this.#options = options;
    const reports: DirectoryReports = {
      nodeChanged: (change) => {
        if (change.change === "appeared") this.#announcer.repeat();
        nodeChanged(change);
      },
      usageChanged,
    };
    const ask = (sessions: readonly string[]): void => {
      for (const question of encodeQuestions(sessions)) this.#send(question);
    };
    const heardItself = (beat: Heartbeat): void => this.#announcer.heardItself(beat);
    this.directory = new NodeDirectory(clock, session, reports, { maxNodes, ask, heardItself });
    const nodes = (): number => this.directory.size + 1;
    const rate = new HeartbeatRate({ periodMs, nodes, sealBytes: seal === undefined ? 0 : SEAL_BYTES, random: Math.random });
    this.#announcer = new Announcer({ ...options, rate, send: (beat) => this.#send(beat) });
  }

  /** Receives heartbeats and sends the node's own; does neither when one of them fails. */
  start(): void {
    const { transport } = this.#options;
    transport.startReceiving(HEARTBEAT_CHANNEL, this);
    try {
      this.#sender = transport.openSender(HEARTBEAT_CHANNEL);
    } catch (error) {
      this.#stopReceiving();
      throw error;
    }
    this.#announcer.start();
  }

  packetReceived({ payload, source, isRelayed }: ReceivedPacket): void {
    const { seal } = this.#options;
    const contents = seal === undefined ? payload : this.#latestOf(seal.unseal(payload));
    if (contents === undefined) return;
    const sessions = decodeQuestion(contents);
    if (sessions === undefined) this.directory.take(contents, source, isRelayed);
    else this.#asked(sessions);
  }

  #asked(sessions: readonly string[]): void {
    if (sessions.includes(this.#options.session)) this.#announcer.answer();
    this.directory.asked(sessions);
  }

  /** Returns a heartbeat that no later one overtook: one that was held back would bring back an old list, or a node that has left. */
  #latestOf(unsealed: UnsealedPacket | undefined): Buffer | undefined {
    if (unsealed === undefined) return undefined;
    const { source, sequence, payload } = unsealed;
    return this.#order.lead(source, sequence, sequence) > 0 ? payload : undefined;
  }

  /** Announces soon that the list of channels, or their use, has changed. */
  changed(): void {
    this.#announcer.changed();
  }

  /** Announces that the node leaves, if the heartbeats have started, and closes. Reports what the transport throws, and never rejects. */
  async close(): Promise<void> {
    if (this.#sender === undefined) return;
    this.#announcer.leave();
    this.directory.close();
    this.#stopReceiving();
    try {
      await this.#sender.close();
    } catch (error) {
      this.#options.report(error);
    }
  }

  #stopReceiving(): void {
    const { transport, report } = this.#options;
    callGuarded(() => transport.stopReceiving(HEARTBEAT_CHANNEL, this), report);
  }

  /**
   * Sends from a timer, which must not throw. A clock of the user's that throws costs one heartbeat. When the transport has closed first, it
   * reports that once.
   */
  #send(contents: Buffer): void {
    const { seal, report } = this.#options;
    let packet: Uint8Array | undefined;
    callGuarded(() => {
      packet = seal?.seal(contents) ?? contents;
    }, report);
    if (packet === undefined) return;
    try {
      this.#sender?.send(packet);
    } catch (error) {
      this.#announcer.close();
      report(error);
    }
  }
}
