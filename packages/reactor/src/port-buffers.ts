/** The buffers of a port; each absent where its size was left to the OS. */
export interface PortBuffers {
  readonly receive?: BufferGrant;
  readonly send?: BufferGrant;
}

/** A buffer size, asked and granted. */
export interface BufferGrant {
  readonly askedBytes: number;
  readonly grantedBytes: number;
  /** The sysctl that capped the grant: raise it to at least `askedBytes`. */
  readonly cappedBy?: "net.core.rmem_max" | "net.core.wmem_max";
}
