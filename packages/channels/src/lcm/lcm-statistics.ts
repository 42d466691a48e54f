import { type TransportStatistics, zeroTransportStatistics } from "../contract/channel-transport.js";

/** Counters of an {@link LcmTransport} since it was opened. Those of {@link TransportStatistics} count messages, but for `malformed`: datagrams. */
export interface LcmStatistics extends TransportStatistics {
  /** Messages missing in the count of their sender, on all channels, as it counts them together; those that come late are counted here, too. */
  lost: number;
  /** Messages given up: some fragments did not come in time, or they had to make room. */
  incomplete: number;
  /** Datagrams that the kernel has lost, as the receive buffer was full: `receiveBufferBytes` makes it larger. */
  kernelDrops: number;
  /** Memory of incomplete messages now, in bytes. */
  heldBytes: number;
  /** Memory of messages that wait behind the fragments of long ones now, in bytes. */
  waitingBytes: number;
}

/** Returns counters that are all zero. */
export function zeroLcmStatistics(): LcmStatistics {
  return { ...zeroTransportStatistics(), lost: 0, incomplete: 0, kernelDrops: 0, heldBytes: 0, waitingBytes: 0 };
}
