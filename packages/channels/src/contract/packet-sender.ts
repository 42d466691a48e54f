/** Sends the packets of one channel, and knows where messages end. */
export interface PacketSender {
  /** Sends one packet. @param endsMessage - Whether no further packet belongs to its message. @returns Whether the transport took it. */
  send(packet: Uint8Array, endsMessage: boolean): boolean;
  /**
   * Closes the sender.
   *
   * @param untilMs - Time up to which it may go on answering those who miss something.
   * @returns Nothing, or a promise that resolves when what the sender alone had open is closed.
   */
  close(untilMs: number): void | Promise<void>;
}
