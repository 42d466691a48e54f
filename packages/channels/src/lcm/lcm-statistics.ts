import { type TransportStatistics, zeroTransportStatistics } from "../contract/channel-transport.js";

/** Counters of an {@link LcmTransport} since it was created. Those of {@link TransportStatistics} count messages, except `malformed`: datagrams. */
export interface LcmStatistics extends TransportStatistics {
  /** Messages missing in the count of their sender, which includes all its channels. Late messages are counted, too. */
  lost: number;
  /** Messages given up, because some fragments did not arrive in time, or because newer messages needed the room. */
  incomplete: number;
  /** Datagrams that the kernel dropped because the receive buffer was full. `receiveBufferBytes` enlarges it. */
  kernelDrops: number;
  /** Current memory of incomplete messages, in bytes. */
  heldBytes: number;
  /** Current memory of messages that wait behind the fragments of long ones, in bytes. */
  waitingBytes: number;
}

/** Returns counters that are all zero. */
export function zeroLcmStatistics(): LcmStatistics {
  return { ...zeroTransportStatistics(), lost: 0, incomplete: 0, kernelDrops: 0, heldBytes: 0, waitingBytes: 0 };
}
