// Several NATS servers, of which one stops to answer, or permits more than the other.
import { ChannelNode, NatsTransport, type NatsTransportOptions } from "@groupcast/channels";
import { Reactor } from "groupcast";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hasNatsServer, NatsServer, type NatsServerOptions } from "../../support/channels/nats-server.js";
import { until } from "../../support/lab/until.js";
import { skipUnless } from "../../support/probe.js";

const MESSAGE_BYTES = 512 * 1024;
const MESSAGES = 24; // 12 MiB: more than may be unconfirmed, and more than the kernel takes
const SOON = { noRandomize: true, pingInterval: 300, timeout: 300, reconnectTimeWait: 50 };

let disposals: (() => Promise<unknown>)[];

beforeEach(async (context) => {
  await skipUnless(context, hasNatsServer);
  disposals = [];
});

afterEach(async () => {
  for (const dispose of disposals.reverse()) await dispose();
});

async function start(options?: NatsServerOptions): Promise<NatsServer> {
  const server = await NatsServer.start(options);
  disposals.push(() => server.kill());
  return server;
}

async function connect(options: NatsTransportOptions): Promise<NatsTransport> {
  const transport = await NatsTransport.connect(options);
  disposals.push(() => transport.close());
  return transport;
}

test("a server that freezes under load is given up for the next, though it takes nothing of what was written to it", async () => {
  const [first, second] = [await start(), await start()];
  const transport = await connect({ servers: [first.url, second.url], connection: SOON });
  const connections: boolean[] = [];
  transport.on("connection", ({ isConnected }) => connections.push(isConnected));
  const listener = await connect({ servers: second.url });
  let received = 0;
  listener.startReceiving("c", { packetReceived: () => void received++ });
  await first.freeze();
  const sender = transport.openSender("c");
  for (let i = 0; i < MESSAGES; i++) sender.send(Buffer.alloc(MESSAGE_BYTES));
  await until(() => connections.includes(true), { what: "another server" });
  await until(() => received + transport.statistics().unconfirmed >= MESSAGES, { what: "the rest" });
  const { sent, dropped, unconfirmed } = transport.statistics();
  expect({ sent, dropped }).toEqual({ sent: MESSAGES, dropped: 0 });
  expect(unconfirmed).toBeGreaterThan(0);
  expect(received).toBeGreaterThan(0);
});

test("what one server does not permit to be received is asked for again at the next, and comes", async () => {
  const login = { user: "robot", pass: "secret" };
  const strict = await start({ ...login, permissions: 'permissions: { publish: ">", subscribe: { allow: ">", deny: "groupcast.c" } }' });
  const lenient = await start(login);
  const options = { servers: [strict.url, lenient.url], connection: { ...SOON, ...login } };
  const node = new ChannelNode(new Reactor(), { name: "node", heartbeatMs: 0, transport: await connect(options) });
  disposals.push(() => node.close());
  const errors: unknown[] = [];
  node.on("error", (error) => errors.push(error));
  const heard: string[] = [];
  const channel = node.channel("c", { codec: "text" });
  channel.subscribe((text) => void heard.push(text));
  await until(() => errors.length === 1, { what: "the refusal" });
  expect(errors).toMatchObject([{ code: "ERR_BROKER_PERMISSION", operation: "subscribe", channel: "c" }]);
  channel.publish("lost"); // nobody receives it
  await strict.kill();
  await until(
    () => {
      channel.publish("again");
      return heard.includes("again");
    },
    { what: "the channel, from the other server" },
  );
  expect(errors).toHaveLength(1);
});

test("a message that the server does not permit is an error that names the channel, and is counted as dropped", async () => {
  const login = { user: "robot", pass: "secret" };
  const server = await start({ ...login, permissions: 'permissions: { publish: "groupcast.open", subscribe: ">" }' });
  const transport = await connect({ servers: server.url, connection: login });
  const errors: unknown[] = [];
  transport.on("error", (error) => errors.push(error));
  let received = 0;
  transport.startReceiving("open", { packetReceived: () => void received++ });
  transport.openSender("closed").send(Buffer.alloc(1));
  transport.openSender("open").send(Buffer.alloc(1));
  await until(() => errors.length > 0 && received > 0, { what: "the refusal, and the other message" });
  expect(errors).toMatchObject([{ code: "ERR_BROKER_PERMISSION", operation: "publish", channel: "closed" }]);
  expect(transport.statistics()).toMatchObject({ sent: 2, dropped: 1, received: 1 });
});
