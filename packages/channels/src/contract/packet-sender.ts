/** Sends the packets of one channel, and knows where messages end. */
export interface PacketSender {
  /** Sends one packet. @param endsMessage - Whether no further packet belongs to its message. @returns Whether the transport took it. */
  send(packet: Uint8Array, endsMessage: boolean): boolean;
  /** Closes the sender. @returns Nothing, or a promise that resolves when what the sender alone had open is closed. */
  close(): void | Promise<void>;
}
