/** Sizes of the kernel's buffers, asked for and granted. */

/** Kernel buffers of a port; each is absent where its size was left to the OS. */
export interface PortBuffers {
  /** Buffer that datagrams wait in until the port reads them (`SO_RCVBUF`). */
  readonly receive?: BufferGrant;
  /** Buffer that datagrams wait in until the link takes them (`SO_SNDBUF`). */
  readonly send?: BufferGrant;
}

/** A buffer size, asked for and granted. */
export interface BufferGrant {
  /** Size that was asked for, in bytes. */
  readonly askedBytes: number;
  /** Size that the OS granted, in bytes, without its own bookkeeping. */
  readonly grantedBytes: number;
  /** The sysctl that capped the grant: raise it to at least `askedBytes`. */
  readonly cappedBy?: "net.core.rmem_max" | "net.core.wmem_max";
}
