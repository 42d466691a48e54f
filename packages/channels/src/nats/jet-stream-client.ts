/** The client of JetStream: an optional peer beside that of NATS, loaded when a transport is told of a stream. */
import { CHANNEL_ERRORS, ChannelStateError } from "../contract/channel-errors.js";

/** The client, as its package exports it. */
export type JetStreamClient = typeof import("@nats-io/jetstream");

/** Loads the client. @returns A promise that rejects with ChannelStateError `ERR_JETSTREAM_CLIENT_MISSING`. */
export async function loadJetStreamClient(operation: string): Promise<JetStreamClient> {
  try {
    return await import("@nats-io/jetstream"); // in `try`: bundlers then only warn where it is not installed
  } catch (cause) {
    throw new ChannelStateError(CHANNEL_ERRORS.ERR_JETSTREAM_CLIENT_MISSING, operation, {}, cause);
  }
}
