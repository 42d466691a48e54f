/** The client of NATS: an optional peer, so that only programs that connect to a server install it, and load it. */
import { CHANNEL_ERRORS, ChannelStateError } from "../contract/channel-errors.js";

/** The client, as its package exports it. */
export type NatsClient = typeof import("@nats-io/transport-node");

/** Loads the client. @returns A promise that rejects with ChannelStateError `ERR_NATS_CLIENT_MISSING`. */
export async function loadNatsClient(operation: string): Promise<NatsClient> {
  try {
    return await import("@nats-io/transport-node"); // in `try`: bundlers then only warn where it is not installed
  } catch (cause) {
    throw new ChannelStateError(CHANNEL_ERRORS.ERR_NATS_CLIENT_MISSING, operation, {}, cause);
  }
}
