import type { Reactor, UDPPort } from "groupcast";
import { CHANNEL_ERRORS, ChannelStateError } from "../contract/channel-errors.js";
import { noteChannel } from "../contract/channel-name.js";
import type { Asker, ChannelReceiver, ChannelSource } from "../contract/channel-transport.js";
import { puliOverheadBytes, writePuliHeader } from "./puli-datagram.js";
import type { Receptions } from "./receptions.js";
import { UdpReceiver } from "./udp-receiver.js";
import type { SendersOwner } from "./udp-senders.js";

/** Parts of a transport that its askers use. */
export interface AskersOwner extends SendersOwner {
  readonly receptions: Receptions;
}

/**
 * Asks senders by unicast. One port asks for all channels: the channels' own is shared with other programs, and a datagram to it by unicast
 * reaches any one of them.
 */
export class UdpAskers {
  readonly #reactor: Reactor;
  readonly #owner: AskersOwner;
  readonly #ports = new Set<UDPPort>(); // until they have closed
  #port: UDPPort | undefined; // while a channel asks
  #users = 0;
  #isClosed = false;

  constructor(reactor: Reactor, owner: AskersOwner) {
    this.#reactor = reactor;
    this.#owner = owner;
  }

  /** Opens an asker; or nothing at all, when that fails. */
  open(channel: string, notes: ChannelReceiver): Asker {
    const { receptions } = this.#owner;
    const name = noteChannel(channel);
    this.#port = this.#openPort();
    this.#users++;
    receptions.add(name, notes);
    let isOpen = true;
    return {
      ask: (payload, to) => {
        if (!isOpen || this.#isClosed) throw new ChannelStateError(CHANNEL_ERRORS.ERR_TRANSPORT_CLOSED, "ask", { channel });
        return this.#ask(name, payload, to);
      },
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        receptions.remove(name, notes);
        if (--this.#users > 0) return;
        void this.#stop(this.#port!);
        this.#port = undefined;
      },
    };
  }

  /** Closes the port, and waits for those that are closing already. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#ports].map((port) => this.#stop(port)));
  }

  #openPort(): UDPPort {
    if (this.#port !== undefined) return this.#port;
    const { options, receptions, statistics, reach, receiverThrew } = this.#owner;
    const { receiveBufferBytes } = options;
    const port = this.#reactor.listenUDP(0, new UdpReceiver(options.port, receptions, statistics, receiverThrew), {
      unicastTTL: reach.ttl,
      ...(receiveBufferBytes === undefined ? {} : { receiveBufferBytes }),
    });
    this.#ports.add(port);
    // A logger of the user's, which the reactor calls, may have asked on another port, or closed the transport.
    if (this.#isClosed || this.#port !== undefined) void this.#stop(port);
    if (this.#isClosed) throw new ChannelStateError(CHANNEL_ERRORS.ERR_TRANSPORT_CLOSED, "openAsker");
    return this.#port ?? port;
  }

  async #stop(port: UDPPort): Promise<void> {
    await port.stopListening();
    this.#ports.delete(port);
  }

  #ask(name: string, payload: Uint8Array, to: ChannelSource): boolean {
    const datagram = Buffer.allocUnsafe(puliOverheadBytes(name) + payload.length);
    datagram.set(payload, writePuliHeader(datagram, name, 0));
    const isTaken = this.#owner.reach.write(this.#port!, datagram, to);
    this.#owner.statistics[isTaken ? "sent" : "dropped"]++;
    return isTaken;
  }
}
