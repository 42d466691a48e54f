import type { Clock } from "@groupcast/base";
import type { ChannelReceiver, ChannelSender, ChannelTransport, ReceivedPacket } from "../contract/channel-transport.js";
import { Announcer } from "./announcer.js";
import { type ChannelUsage, HEARTBEAT_CHANNEL } from "./heartbeat.js";
import { type NodeChange, NodeDirectory } from "./node-directory.js";

/** What heartbeats need of their node. */
export interface HeartbeatsOptions {
  readonly transport: ChannelTransport;
  readonly clock: Clock;
  readonly session: string;
  readonly name: string;
  readonly periodMs: number;
  readonly usages: () => readonly ChannelUsage[];
  readonly told: (change: NodeChange) => void;
  readonly report: (error: unknown) => void;
}

/** A node's part in the exchange of heartbeats: it announces itself, and keeps the directory of the others. */
export class Heartbeats implements ChannelReceiver {
  readonly directory: NodeDirectory;
  readonly #options: HeartbeatsOptions;
  #sender: ChannelSender | undefined; // while started
  readonly #announcer: Announcer;

  constructor(options: HeartbeatsOptions) {
    const { clock, session, told } = options;
    this.#options = options;
    this.directory = new NodeDirectory(clock, session, (change) => {
      if (change.change === "appeared") this.#announcer.repeat();
      told(change);
    });
    this.#announcer = new Announcer({ ...options, send: (beat) => this.#send(beat) });
  }

  /** Receives heartbeats and sends the node's own; does neither when one of them fails. */
  start(): void {
    const { transport } = this.#options;
    transport.startReceiving(HEARTBEAT_CHANNEL, this);
    try {
      this.#sender = transport.openSender(HEARTBEAT_CHANNEL);
    } catch (error) {
      transport.stopReceiving(HEARTBEAT_CHANNEL, this);
      throw error;
    }
    this.#announcer.start();
  }

  packetReceived({ payload }: ReceivedPacket): void {
    this.directory.hear(payload);
  }

  /** The list of channels, or what is done with them, has changed. */
  changed(): void {
    this.#announcer.changed();
  }

  /** Says good-bye, if the heartbeats have started. */
  close(): void {
    if (this.#sender === undefined) return;
    this.#announcer.stop();
    this.directory.close();
    this.#options.transport.stopReceiving(HEARTBEAT_CHANNEL, this);
    this.#sender.close();
  }

  /** The transport may have closed first: that is told once, and is no reason for a timer to throw. */
  #send(heartbeat: Buffer): void {
    try {
      this.#sender?.send(heartbeat);
    } catch (error) {
      this.#announcer.halt();
      this.#options.report(error);
    }
  }
}
