import { callGuarded } from "@groupcast/base";
import type { ChannelLink } from "../challenge/channel-link.js";
import type { ReliableChannel } from "../reliable/reliable-channel.js";
import type { IncomingMessages } from "./incoming-messages.js";

/** The parts of a channel that its receiving uses. */
export interface ReceptionParts {
  readonly link: ChannelLink;
  readonly incoming: IncomingMessages;
  readonly reliable: ReliableChannel | undefined;
  readonly report: (error: unknown) => void;
}

/** The receiving of one channel: its packets, and on a reliable channel the notes about them. */
export class Reception {
  readonly #channel: string;
  readonly #parts: ReceptionParts;

  constructor(channel: string, parts: ReceptionParts) {
    this.#channel = channel;
    this.#parts = parts;
  }

  /** Receives packets from now on; after an error, none. */
  start(): void {
    const { link, incoming, reliable } = this.#parts;
    if (reliable?.kept === undefined) link.startReceiving(this.#channel, incoming);
    else reliable.kept.startReceiving(this.#channel, incoming, reliable.history);
    try {
      reliable?.startReceiving();
    } catch (error) {
      this.#stopPackets();
      throw error;
    }
  }

  /** Receives no more. Reports what the transport throws. */
  stop(): void {
    this.#parts.reliable?.stopReceiving();
    this.#stopPackets();
  }

  #stopPackets(): void {
    const { link, incoming, reliable, report } = this.#parts;
    callGuarded(() => (reliable?.kept ?? link).stopReceiving(this.#channel, incoming), report);
  }
}
