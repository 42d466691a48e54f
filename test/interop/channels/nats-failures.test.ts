// What becomes of channels when the NATS server dies, refuses, or is spoken to by others.
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { type ChannelMessage, ChannelNode, NatsTransport, type NatsTransportOptions } from "@groupcast/channels";
import { Reactor } from "groupcast";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hasNatsServer, NatsServer, type NatsServerOptions } from "../../support/channels/nats-server.js";
import { CERTIFICATE, KEY } from "../../support/channels/self-signed.js";
import { until } from "../../support/lab/until.js";
import { skipUnless } from "../../support/probe.js";

const LOGIN = { user: "robot", pass: "secret" };
const RECONNECT = { connection: { reconnectTimeWait: 50 } };

let disposals: (() => Promise<unknown>)[];

beforeEach(async (context) => {
  await skipUnless(context, hasNatsServer);
  disposals = [];
});

afterEach(async () => {
  for (const dispose of disposals.reverse()) await dispose();
});

async function start(options: NatsServerOptions = {}): Promise<NatsServer> {
  const server = await NatsServer.start(options);
  disposals.push(() => server.kill());
  return server;
}

async function join(server: NatsServer, options: NatsTransportOptions = RECONNECT) {
  const transport = await NatsTransport.connect({ servers: server.url, ...options });
  const reactor = new Reactor();
  const connections: boolean[] = [];
  const errors: (Error & { code?: string })[] = [];
  transport.on("connection", ({ isConnected }) => connections.push(isConnected));
  const node = new ChannelNode(reactor, { name: "node", heartbeatMs: 0, transport });
  node.on("error", (error) => errors.push(error));
  disposals.push(
    () => transport.close(),
    () => reactor.stop(),
  );
  return { transport, node, connections, errors };
}

type Joined = Awaited<ReturnType<typeof join>>;

/** Waits until what is published to this node from here on comes. */
async function whenSubscribed({ node }: Joined): Promise<void> {
  let hasCome = false;
  const subscription = node.channel("echo").subscribe(() => {
    hasCome = true;
  });
  node.channel("echo").publish(Buffer.alloc(0));
  await until(() => hasCome, { what: "the echo" });
  subscription.unsubscribe();
}

test("connect() rejects with ERR_BROKER_REFUSED when the server refuses the login, and takes the right one", async () => {
  const server = await start(LOGIN);
  const wrong = NatsTransport.connect({ servers: server.url, connection: { ...LOGIN, pass: "wrong" } });
  await expect(wrong).rejects.toMatchObject({ code: "ERR_BROKER_REFUSED", servers: server.url, cause: expect.any(Error) });
  await expect(NatsTransport.connect({ servers: server.url })).rejects.toMatchObject({ code: "ERR_BROKER_REFUSED" });
  const right = await join(server, { connection: LOGIN });
  await whenSubscribed(right);
});

test("connect() rejects with ERR_BROKER_CERTIFICATE when nobody vouches for the server, or for another name", async () => {
  const directory = await mkdtemp(`${tmpdir()}/groupcast-tls-`);
  disposals.push(() => rm(directory, { recursive: true }));
  const [certificate, key] = [`${directory}/certificate.pem`, `${directory}/key.pem`];
  await Promise.all([writeFile(certificate, CERTIFICATE), writeFile(key, KEY)]);
  const server = await start({ settings: `tls { cert_file: "${certificate}", key_file: "${key}" }` });
  const refused = { code: "ERR_BROKER_CERTIFICATE", cause: expect.any(Error) };
  await expect(NatsTransport.connect({ servers: server.url })).rejects.toMatchObject(refused);
  await expect(NatsTransport.connect({ servers: server.url, connection: { tls: { ca: CERTIFICATE } } })).rejects.toMatchObject(refused);
});

test("connect() rejects with ERR_BROKER_UNREACHABLE when nobody is there", async () => {
  const server = await start();
  await server.kill();
  await expect(NatsTransport.connect({ servers: server.url })).rejects.toMatchObject({ code: "ERR_BROKER_UNREACHABLE" });
});

test.each([
  [{ servers: [] }, "servers"],
  [{ prefix: "a b" }, "prefix"],
  [{ prefix: "a.*" }, "prefix"],
  [{ maxWaitingMessages: -1 }, "maxWaitingMessages"],
  [{ server: "localhost" }, "option"],
])("connect() rejects %j before it connects", async (options, argument) => {
  await expect(NatsTransport.connect(options as never)).rejects.toMatchObject({ name: "InvalidArgumentError", argument });
});

test("killed and started again in the middle of a stream: both ends come back, and every message is accounted for", async () => {
  const server = await start();
  const [publisher, subscriber] = [await join(server), await join(server)];
  const got: [text: string, message: ChannelMessage][] = [];
  subscriber.node.channel("c").subscribe((data, message) => void got.push([data.toString(), message]));
  await whenSubscribed(subscriber);
  let published = 0;
  const publish = () => publisher.node.channel("c").publish(Buffer.from(`${published++}`));
  const stream = setInterval(publish, 1);
  disposals.push(async () => clearInterval(stream));
  await until(() => got.length > 50, { what: "the stream" });
  await server.kill();
  await until(() => publisher.connections.length === 1 && subscriber.connections.length === 1, { what: "both to notice" });
  await server.restart();
  await until(() => publisher.connections.length === 2 && subscriber.connections.length === 2, { what: "both to be back" });
  await whenSubscribed(subscriber);
  const before = got.length;
  await until(() => got.length > before + 50, { what: "the stream, again" });
  clearInterval(stream);
  await until(() => got.at(-1)![0] === `${published - 1}`, { what: "the last message" });
  expect([publisher.connections, subscriber.connections]).toEqual([
    [false, true],
    [false, true],
  ]);
  const lost = got.reduce((sum, [, message]) => sum + message.lost, 0);
  expect(got.length + lost).toBe(published);
  expect(new Set(got.map(([, { lead }]) => lead >= 1))).toEqual(new Set([true]));
});

test("while there is no server messages wait, the oldest go when there are too many, and all is counted", async () => {
  const server = await start();
  const publisher = await join(server, { ...RECONNECT, maxWaitingMessages: 10 });
  await server.kill();
  await until(() => publisher.connections.length === 1, { what: "the publisher to notice" });
  for (let i = 0; i < 1000; i++) expect(publisher.node.channel("c").publish(Buffer.from(`${i}`))).toBe(true);
  expect(publisher.transport.waiting).toBe(10);
  expect(publisher.transport.statistics()).toMatchObject({ sent: 0, dropped: 990 });
  const got: string[] = [];
  publisher.node.channel("c").subscribe((data) => void got.push(data.toString()));
  await server.restart();
  await until(() => got.length === 10, { what: "what waited" });
  expect(got).toEqual(Array.from({ length: 10 }, (_, index) => `${990 + index}`));
});

test("a server that comes back and refuses the login ends the transport, with an error event", async () => {
  const server = await start(LOGIN);
  const { transport, node, errors } = await join(server, { connection: { ...LOGIN, reconnectTimeWait: 20 } });
  await server.restart({ ...LOGIN, pass: "changed" });
  await until(() => errors.some(({ code }) => code === "ERR_BROKER_REFUSED"), { what: "the refusal" });
  await until(() => !transport.isConnected, { what: "the end" });
  await transport.close();
  expect(() => node.channel("c").publish(Buffer.alloc(1))).toThrow(expect.objectContaining({ code: "ERR_TRANSPORT_CLOSED" }));
});

test("a subject that the user may not subscribe is an error event ERR_BROKER_PERMISSION, and the rest goes on", async () => {
  const permissions = 'permissions: { publish: "groupcast.>", subscribe: { allow: "groupcast.>", deny: "groupcast.secret" } }';
  const joined = await join(await start({ ...LOGIN, permissions }), { connection: LOGIN });
  joined.node.channel("secret").subscribe(() => {});
  await until(() => joined.errors.length > 0, { what: "the refusal" });
  expect(joined.errors).toMatchObject([{ code: "ERR_BROKER_PERMISSION" }]);
  await whenSubscribed(joined);
});

/** A client of NATS that is not ours: it writes the protocol by hand (docs.nats.io, client protocol). */
async function handwritten(server: NatsServer): Promise<Socket> {
  const socket = connect(server.port, "127.0.0.1");
  disposals.push(async () => socket.destroy());
  await once(socket, "data"); // INFO
  socket.write('CONNECT {"verbose":false,"headers":true}\r\n');
  return socket;
}

test("what a program publishes that knows nothing of us arrives, in order for all that is known", async () => {
  const server = await start();
  const { node } = await join(server);
  const got: [string, ChannelMessage][] = [];
  node.channel("robot/pose").subscribe((data, message) => void got.push([data.toString(), message]));
  const client = await handwritten(server);
  await whenSubscribed({ node } as Joined);
  client.write("PUB groupcast.robot.pose 5\r\nhello\r\nPUB groupcast.robot.pose 0\r\n\r\n");
  await until(() => got.length === 2, { what: "both messages" });
  expect(got.map(([text, { lead, lost, isRelayed }]) => ({ text, lead, lost, isRelayed }))).toEqual([
    { text: "hello", lead: 1, lost: 0, isRelayed: false },
    { text: "", lead: 1, lost: 0, isRelayed: false },
  ]);
});

test("what a program reads that knows nothing of us is the payload, and one header that is documented", async () => {
  const server = await start();
  const { node } = await join(server);
  const client = await handwritten(server);
  let read = "";
  client.setEncoding("utf8").on("data", (text: string) => {
    read += text;
  });
  client.write("SUB groupcast.robot.pose 1\r\nPING\r\n");
  await until(() => read.includes("PONG"), { what: "the subscription" });
  node.channel("robot/pose").publish(Buffer.from("hello"));
  await until(() => read.includes("hello"), { what: "the message" });
  expect(read).toMatch(/HMSG groupcast\.robot\.pose 1 \d+ \d+\r\nNATS\/1\.0\r\nGroupcast: 1 [0-9a-f]{16} 0\r\n\r\nhello\r\n/);
});

test("a header that is none of ours, and a subject no channel has, are dropped and counted", async () => {
  const server = await start();
  const { node, transport } = await join(server);
  const got: string[] = [];
  node.channel("c").subscribe((data) => void got.push(data.toString()));
  const receiver = { packetReceived: () => void got.push("by pattern") };
  transport.startReceivingPattern("**", receiver);
  const client = await handwritten(server);
  await whenSubscribed({ node } as Joined);
  got.length = 0;
  const header = "NATS/1.0\r\nGroupcast: 1 nonsense 0\r\n\r\n";
  client.write(`HPUB groupcast.c ${header.length} ${header.length + 1}\r\n${header}x\r\n`);
  client.write("PUB groupcast.%2e 1\r\nx\r\n");
  await until(() => transport.statistics().malformed === 3, { what: "three malformed packets: two subscriptions, and one" });
  expect(got).toEqual([]);
});
