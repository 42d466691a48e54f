/** What a port has done since it was opened. Datagrams, unless the name says bytes. */
export interface PortStatistics {
  received: number; // delivered to the protocol
  receivedBytes: number;
  truncated: number; // of those, cut to maxPacketSize
  foreign: number; // kept from the protocol: another group's, interface's or source's
  discarded: number; // taken from the kernel when the port had stopped already
  kernelDrops: number; // lost because the receive buffer was full; 0 where the backend cannot tell
  unreadDrops: number; // lost while reading was paused, on a backend that cannot leave them to the kernel (dgram)
  sent: number; // taken by the network
  sentBytes: number;
  queued: number; // waiting now for the network to take them
  dropped: number; // refused by a full send queue, or still in it when the port closed
  sendFailed: number; // taken by write(), refused by the network
  suppressed: number; // multicast with TTL 0 and loopback mode off, which may go nowhere
  refused: number; // answers that nobody listens at the peer
  protocolErrors: number; // exceptions and rejections of the protocol
}

/** A port's counters, all at zero. */
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
    dropped: 0,
    sendFailed: 0,
    suppressed: 0,
    refused: 0,
    protocolErrors: 0,
  };
}
