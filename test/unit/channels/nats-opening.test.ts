// The connection of a NatsTransport, when something fails on the way. No server is needed.
import { expect, test, vi } from "vitest";
import { NatsTransport } from "../../../packages/channels/src/nats/nats-transport.js";

const fake = vi.hoisted(() => ({ connection: {} as Record<string, unknown> }));
vi.mock("../../../packages/channels/node_modules/@nats-io/transport-node/index.js", () => ({
  connect: () => Promise.resolve(fake.connection),
}));

const TROUBLE = new Error("trouble");

function trouble(): never {
  throw TROUBLE;
}

test.each(["status", "closed"])("connect() closes a connection whose %s() fails", async (method) => {
  const close = vi.fn(() => Promise.resolve());
  const never = () => new Promise(() => {});
  async function* nothing() {}
  fake.connection = { status: nothing, closed: never, close, [method]: trouble };
  await expect(NatsTransport.connect()).rejects.toMatchObject({ operation: "NatsTransport.connect", cause: TROUBLE });
  expect(close).toHaveBeenCalledOnce();
});
