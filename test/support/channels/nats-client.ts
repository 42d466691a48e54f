// The client of NATS that the package is developed with, for tests of single modules. Programs install it beside the package.
import { createRequire } from "node:module";
import type { NatsClient } from "../../../packages/channels/src/nats/nats-client.js";

const require = createRequire(import.meta.url);
const client = require("@nats-io/transport-node") as NatsClient;

/** Returns an empty header of a message. */
export function newNatsHeader(): ReturnType<NatsClient["headers"]> {
  return client.headers();
}
