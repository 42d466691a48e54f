/** Counters of a port since it was opened. They count datagrams, unless the name says bytes. */
export interface PortStatistics {
  /** Number of datagrams delivered to the protocol. */
  received: number;
  /** Number of payload bytes delivered to the protocol. */
  receivedBytes: number;
  /** Number delivered that were cut to `maxPacketSize`. */
  truncated: number;
  /**
   * Number kept from the protocol because they were sent to another group, interface or source, or to no group on a port with
   * `multicastOnly`; each once. Those that the kernel keeps out are not counted.
   */
  foreign: number;
  /** Number taken from the kernel when the port had stopped already, or that could not be read: the protocol had detached their memory. */
  discarded: number;
  /**
   * Number lost because the receive buffer was full; 0 where the backend cannot count them (dgram). A lower bound: the kernel counts
   * packets, and a run of datagrams of one flow that it merged (`UDP_GRO`) is one packet of up to 64 KiB. Exact with the option
   * `receiveOffload: false`.
   */
  kernelDrops: number;
  /** Number lost while reading was paused, on a backend that cannot leave them to the kernel (dgram). */
  unreadDrops: number;
  /** Number taken by the network. */
  sent: number;
  /** Number of payload bytes taken by the network. */
  sentBytes: number;
  /** Number that wait now for the network to take them. */
  queued: number;
  /** Number of their payload bytes. */
  queuedBytes: number;
  /** Number refused by a full send queue, or still in it when the port closed. */
  dropped: number;
  /** Number taken by `write` or `send`, then refused by the network; each is a `sendFailed` event, or the rejection of its `send`. */
  sendFailed: number;
  /** Number that `write` took and did not send: multicast with TTL 0 and loopback mode off, which may reach nobody. */
  suppressed: number;
  /** Number of answers that no socket listens at the peer (ICMP port unreachable). */
  refused: number;
  /** Number of errors that the protocol threw or rejected with. */
  protocolErrors: number;
}

/** Returns a port's counters, all at zero. */
export function zeroStatistics(): PortStatistics {
  return {
    received: 0,
    receivedBytes: 0,
    truncated: 0,
    foreign: 0,
    discarded: 0,
    kernelDrops: 0,
    unreadDrops: 0,
    sent: 0,
    sentBytes: 0,
    queued: 0,
    queuedBytes: 0,
    dropped: 0,
    sendFailed: 0,
    suppressed: 0,
    refused: 0,
    protocolErrors: 0,
  };
}
