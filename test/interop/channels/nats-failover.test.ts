// Several NATS servers, of which one stops to answer.
import { NatsTransport, type NatsTransportOptions } from "@groupcast/channels";
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
