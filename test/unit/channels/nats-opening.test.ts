// The connection of a NatsTransport, when something fails on the way. No server is needed.
import { inspect } from "node:util";
import { expect, test, vi } from "vitest";
import { NatsTransport } from "../../../packages/channels/src/nats/nats-transport.js";

const fake = vi.hoisted(() => ({ connection: {} as Record<string, unknown> }));
vi.mock("../../../packages/channels/node_modules/@nats-io/transport-node/index.js", async (importOriginal) => ({
  ...(await importOriginal<object>()),
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

test.each([
  ["nats://me:s3cret@127.0.0.1:4222", "nats://127.0.0.1:4222"],
  ["tls://s3cret@broker", "tls://broker"],
  ["me:s3cret@127.0.0.1", "127.0.0.1"],
  ["nats://me:s3cret@t@127.0.0.1:4222", "nats://127.0.0.1:4222"],
  ["[::1]:4222", "[::1]:4222"],
  ["WSS://me:s3cret@broker:443", "WSS://broker:443"],
])("an error shows the server %s without its password", async (server, shown) => {
  fake.connection = { status: trouble, close: () => Promise.resolve() };
  const error = await NatsTransport.connect({ servers: [server, "second"] }).catch((failure: unknown) => failure);
  expect(error).toMatchObject({ servers: `${shown}, second` });
  expect(inspect(error)).not.toContain("s3cret");
  expect(JSON.stringify(error)).not.toContain("s3cret");
});

test("the error about a server that is no string shows no password of another one", async () => {
  const servers = ["nats://me:s3cret@127.0.0.1", 4222] as string[];
  const error = await NatsTransport.connect({ servers }).catch((failure: unknown) => failure);
  expect(error).toMatchObject({ code: "ERR_ARGUMENT_TYPE", argument: "servers[1]", value: 4222 });
  expect(inspect(error)).not.toContain("s3cret");
});

test.each(["nats://me:s3cret@[::1", "me:s3cret@", ""])("connect() refuses the server %o, and shows no password", async (servers) => {
  const error = await NatsTransport.connect({ servers }).catch((failure: unknown) => failure);
  expect(error).toMatchObject({ code: "ERR_ARGUMENT_RANGE", argument: "servers" });
  expect(inspect(error)).not.toContain("s3cret");
});

test.each(["::1", "[::1]:4222", "nats://192.0.2.1", "broker:4222", " broker "])("connect() takes the server %o", async (servers) => {
  fake.connection = { status: trouble, close: () => Promise.resolve() };
  await expect(NatsTransport.connect({ servers })).rejects.toMatchObject({ cause: TROUBLE });
});
