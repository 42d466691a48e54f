/** A packet of a channel, as it came. */
export interface ChannelPacket {
  /** Full name of the channel. */
  readonly channel: string;
  /** Sender, as its network identifies it: address and port on UDP, 16 hexadecimal digits or `"unknown"` on NATS. */
  readonly source: string;
  /** The sender's number for the packet; undefined: it does not count. */
  readonly sequence: number | undefined;
  /** Contents; valid during the call only. */
  readonly payload: Buffer;
  /** Time when the kernel had it, in nanoseconds since 1970; undefined where it is not known: on NATS and on dgram. */
  readonly kernelNs: bigint | undefined;
}
