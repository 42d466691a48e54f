// What a NatsTransport opens, when something fails on the way. No server is needed.
import { expect, test, vi } from "vitest";
import { zeroTransportStatistics } from "../../../packages/channels/src/contract/channel-transport.js";
import { NatsReceptions } from "../../../packages/channels/src/nats/nats-receptions.js";
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
  await expect(NatsTransport.connect()).rejects.toMatchObject({ operation: "connect to", cause: TROUBLE });
  expect(close).toHaveBeenCalledOnce();
});

test("a subscription that the client refuses is not half there: the next try makes it", () => {
  const subscribed: string[] = [];
  let refusing = true;
  const connection = { subscribe: (subject: string) => (refusing ? trouble() : subscribed.push(subject)) };
  const receptions = new NatsReceptions(connection as never, "groupcast", zeroTransportStatistics(), () => {});
  const receiver = { packetReceived() {} };
  expect(() => receptions.addChannel("c", receiver)).toThrow(TROUBLE);
  expect(() => receptions.addPattern("d/*", receiver)).toThrow(TROUBLE);
  refusing = false;
  receptions.addChannel("c", receiver);
  receptions.addPattern("d/*", receiver);
  expect(subscribed).toEqual(["groupcast.c", "groupcast.d.*"]);
});
