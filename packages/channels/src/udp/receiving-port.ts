import type { MulticastPort, Reactor } from "groupcast";
import { GroupMemberships } from "./group-memberships.js";
import type { ResolvedUdpOptions } from "./udp-options.js";

/** Protocol of a port. */
export type Receiver = Parameters<Reactor["listenMulticast"]>[1];

/** Port that receives the channels of a transport. It opens with the first group. */
export class ReceivingPort {
  readonly #reactor: Reactor;
  readonly #options: ResolvedUdpOptions;
  readonly #makeReceiver: () => Receiver;
  #open: { readonly port: MulticastPort; readonly memberships: GroupMemberships } | undefined;
  #isClosed = false;

  /** @param makeReceiver - Creates the protocol of a port when one is opened. */
  constructor(reactor: Reactor, options: ResolvedUdpOptions, makeReceiver: () => Receiver) {
    this.#reactor = reactor;
    this.#options = options;
    this.#makeReceiver = makeReceiver;
  }

  /**
   * Joins a group. The first call opens a port, and closes it again if it cannot join the group.
   *
   * @throws CannotListenError `ERR_LISTEN`. @throws MulticastJoinError `ERR_JOIN`.
   */
  join(group: string): void {
    const opened = this.#open ?? this.#openPort();
    const receiving = this.#open ?? opened; // a logger of the user's may have joined a group, or closed the transport, meanwhile
    try {
      receiving.memberships.join(group);
      if (!this.#isClosed) this.#open = receiving;
    } finally {
      if (opened !== this.#open) void opened.port.stopListening();
    }
  }

  /** Number of datagrams that the kernel dropped because the receive buffer was full. */
  get kernelDrops(): number {
    return this.#open?.port.statistics().kernelDrops ?? 0;
  }

  /** Undoes one {@link ReceivingPort.join}. */
  leave(group: string): void {
    this.#open?.memberships.leave(group);
  }

  /** Closes the port for good. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#open?.port.stopListening();
  }

  #openPort(): { readonly port: MulticastPort; readonly memberships: GroupMemberships } {
    const { port, selector, receiveBufferBytes } = this.#options;
    const interfaces = this.#reactor.network.interfaces();
    const opened = this.#reactor.listenMulticast(port, this.#makeReceiver(), {
      listenMultiple: true,
      ...(receiveBufferBytes === undefined ? {} : { receiveBufferBytes }),
    });
    try {
      return { port: opened, memberships: new GroupMemberships(opened, selector, interfaces) };
    } catch (error) {
      void opened.stopListening();
      throw error;
    }
  }
}
