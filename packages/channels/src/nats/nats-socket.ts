import type { NatsConnection } from "@nats-io/transport-node";

/** The part of the client that it does not export. Each step may be missing in another version; then nothing happens. */
interface ClientInternals {
  readonly protocol?: { readonly transport?: { readonly socket?: { destroy?(): void } } };
}

/**
 * Ends the TCP connection to a server that no longer answers.
 *
 * The client itself first waits until all it has written has left (transport-node 3.3.1, node_transport.js, `_closed`). A host that lost its
 * power takes none of it, so the client would stay with it for as long as the kernel repeats: a quarter of an hour (tcp(7), tcp_retries2).
 */
export function abandonSocket(connection: NatsConnection): void {
  (connection as unknown as ClientInternals).protocol?.transport?.socket?.destroy?.();
}
