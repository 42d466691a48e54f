import type { MulticastPort, Reactor } from "groupcast";
import { WaitingRoom } from "../channel/waiting-room.js";
import { CHANNEL_ERRORS, ChannelStateError } from "../contract/channel-errors.js";
import type { ChannelSender } from "../contract/channel-transport.js";
import { openRelayPort, SendingProtocol } from "../udp/relay-port.js";
import type { ResolvedLcmOptions } from "./lcm-options.js";
import { LcmOutbox } from "./lcm-outbox.js";
import type { LcmStatistics } from "./lcm-statistics.js";

const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** Purpose of a sender. Packets from another network leave from a relay's port. */
type Purpose = "publish" | "relay";

/** The surroundings of the senders. */
export interface LcmSendersOptions {
  readonly reactor: Reactor;
  readonly options: ResolvedLcmOptions;
  readonly statistics: LcmStatistics;
  readonly report: (error: unknown) => void;
}

/** Sends all channels from one port, as LCM does: receivers distinguish senders, and their counts, by the port. */
export class LcmSenders {
  readonly #options: LcmSendersOptions;
  readonly #outboxes = new Map<Purpose, LcmOutbox>();
  readonly #waitingRoom = new WaitingRoom(MAX_WAITING_BYTES);
  #isClosed = false;

  constructor(options: LcmSendersOptions) {
    this.#options = options;
  }

  /** Approximate memory of the waiting messages, in bytes. */
  get waitingBytes(): number {
    return this.#waitingRoom.bytes;
  }

  /** Opens a sender. If that fails, nothing stays open. */
  open(channel: string, purpose: Purpose): ChannelSender {
    const outbox = this.#outboxes.get(purpose) ?? this.#openOutbox(purpose);
    let isOpen = true;
    return {
      send: (payload) => {
        if (!isOpen || this.#isClosed) throw new ChannelStateError(CHANNEL_ERRORS.ERR_TRANSPORT_CLOSED, "send", { channel });
        return outbox.send(channel, payload);
      },
      close: () => {
        isOpen = false;
      },
    };
  }

  /** Closes the ports after the sent messages have left. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#outboxes.values()].map((outbox) => outbox.drain().then(() => outbox.port.stopListening())));
  }

  #openOutbox(purpose: Purpose): LcmOutbox {
    const { reactor, options, statistics, report } = this.#options;
    const port = purpose === "relay" ? openRelayPort(reactor, options.port, this.#listenOptions()) : this.#openPort();
    const meanwhile = this.#outboxes.get(purpose); // the reactor calls the user's logger, which may have published, or closed the transport
    if (this.#isClosed || meanwhile !== undefined) void port.stopListening();
    if (this.#isClosed) throw new ChannelStateError(CHANNEL_ERRORS.ERR_TRANSPORT_CLOSED, "openSender");
    if (meanwhile !== undefined) return meanwhile;
    const to = { address: options.group, port: options.port };
    const outbox = new LcmOutbox({ port, to, clock: reactor.clock, statistics, waitingRoom: this.#waitingRoom, report });
    this.#outboxes.set(purpose, outbox);
    return outbox;
  }

  #openPort(): MulticastPort {
    return this.#options.reactor.listenMulticast(0, new SendingProtocol(), this.#listenOptions());
  }

  #listenOptions(): { ttl: number; loopback: boolean; outgoingInterface?: Exclude<ResolvedLcmOptions["selector"], "any"> } {
    const { ttl, selector } = this.#options.options;
    return { ttl, loopback: true, ...(selector === "any" ? {} : { outgoingInterface: selector }) };
  }
}
