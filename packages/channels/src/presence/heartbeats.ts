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
  readonly #sender: ChannelSender;
  readonly #announcer: Announcer;

  constructor(options: HeartbeatsOptions) {
    const { transport, clock, session, told } = options;
    this.#options = options;
    this.directory = new NodeDirectory(clock, session, (change) => {
      if (change.change === "appeared") this.#announcer.repeat();
      told(change);
    });
    transport.startReceiving(HEARTBEAT_CHANNEL, this);
    this.#sender = transport.openSender(HEARTBEAT_CHANNEL);
    this.#announcer = new Announcer({ ...options, send: (beat) => this.#send(beat) });
  }

  packetReceived({ payload }: ReceivedPacket): void {
    this.directory.hear(payload);
  }

  /** The list of channels, or what is done with them, has changed. */
  changed(): void {
    this.#announcer.changed();
  }

  /** Says good-bye. */
  close(): void {
    this.#announcer.stop();
    this.directory.close();
    this.#options.transport.stopReceiving(HEARTBEAT_CHANNEL, this);
    this.#sender.close();
  }

  /** The transport may have closed first: that is told once, and is no reason for a timer to throw. */
  #send(heartbeat: Buffer): void {
    try {
      this.#sender.send(heartbeat);
    } catch (error) {
      this.#announcer.halt();
      this.#options.report(error);
    }
  }
}
