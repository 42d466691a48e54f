// The client of NATS that the package is developed with, for tests of single modules. Programs install it beside the package.
import { createRequire } from "node:module";
import type { JetStreamClient } from "../../../packages/channels/src/nats/jet-stream-client.js";
import type { NatsClient } from "../../../packages/channels/src/nats/nats-client.js";

const require = createRequire(import.meta.url);
const client = require("@nats-io/transport-node") as NatsClient;

/** Returns an empty header of a message. */
export function newNatsHeader(): ReturnType<NatsClient["headers"]> {
  return client.headers();
}

/** Somebody else who uses streams: makes, changes and deletes them, and stores messages. */
export interface StreamAdmin {
  add(config: object): Promise<void>;
  update(name: string, config: object): Promise<void>;
  remove(name: string): Promise<void>;
  /** Returns the number of consumers of the stream `groupcast`; 0 when there is no such stream. */
  count(): Promise<{ readonly consumers: number }>;
  /** Deletes the consumers of the stream `groupcast`. */
  takeConsumers(): Promise<void>;
  /** Stores an empty message under each id. */
  store(subject: string, ids: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Connects an administrator of streams. */
export async function streamAdmin(servers: string): Promise<StreamAdmin> {
  const { jetstream, jetstreamManager } = require("@nats-io/jetstream") as JetStreamClient;
  const connection = await client.connect({ servers, reconnectTimeWait: 50, maxReconnectAttempts: -1 });
  const manager = await jetstreamManager(connection, { checkAPI: false });
  const streamOf = async () => (await manager.streams.info("groupcast")).state.consumer_count;
  return {
    add: async (config) => void (await manager.streams.add(config as never)),
    update: async (name, config) => void (await manager.streams.update(name, config)),
    remove: async (name) => void (await manager.streams.delete(name)),
    count: async () => ({ consumers: await streamOf().catch(() => 0) }),
    takeConsumers: async () => {
      for await (const { name } of manager.consumers.list("groupcast")) await manager.consumers.delete("groupcast", name);
    },
    store: async (subject, ids) => {
      for (const msgID of ids) await jetstream(connection).publish(subject, "", { msgID });
    },
    close: () => connection.close(),
  };
}
