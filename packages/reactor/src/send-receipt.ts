/** Receipt of a datagram that was posted. */
export interface SendReceipt {
  /**
   * Fate of the datagram so far: `"waiting"` in the send queue, `"taken"` by the OS, or the error with which `send` would have rejected. It
   * is decided by `flush()` at the latest, unless the network takes nothing now; on dgram in a later turn, because Node reports it then.
   */
  readonly outcome: "waiting" | "taken" | Error;
  /** Returns a promise of the fate, as `send` does; the same one each time. */
  settled(): Promise<void>;
}
