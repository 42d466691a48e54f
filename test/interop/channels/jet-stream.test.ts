// Reliable channels over NATS: kept by a stream of JetStream, and what happens without one, without permission, when it is full, or restarts.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { type ChannelMessage, ChannelNode, type ChannelOptions, NatsTransport, type NatsTransportOptions } from "@groupcast/channels";
import { Reactor } from "groupcast";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hasNatsServer, NatsServer, type NatsServerOptions } from "../../support/channels/nats-server.js";
import { until } from "../../support/lab/until.js";
import { skipUnless } from "../../support/probe.js";

const RECONNECT = { reconnectTimeWait: 50 };
const LOGIN = { user: "robot", pass: "secret" };
const KEPT = { jetStream: { channels: ["plans", "plans/**"], bytes: 16 << 20, messagesPerChannel: 100_000 } };

let disposals: (() => Promise<unknown>)[];
let directory: string;

beforeEach(async (context) => {
  await skipUnless(context, hasNatsServer);
  directory = await mkdtemp(`${tmpdir()}/groupcast-jetstream-`);
  disposals = [() => rm(directory, { recursive: true, force: true })];
});

afterEach(async () => {
  for (const dispose of disposals.reverse()) await dispose();
});

async function start(options: NatsServerOptions = {}): Promise<NatsServer> {
  const server = await NatsServer.start({
    settings: `jetstream { store_dir: "${directory}", max_file_store: 100MB, max_memory_store: 10MB }`,
    ...options,
  });
  disposals.push(() => server.kill());
  return server;
}

async function join(server: NatsServer, options: NatsTransportOptions = KEPT) {
  const transport = await NatsTransport.connect({ servers: server.url, connection: RECONNECT, ...options });
  const errors: (Error & { code?: string; channel?: string })[] = [];
  const connections: boolean[] = [];
  transport.on("connection", ({ isConnected }) => connections.push(isConnected));
  const node = new ChannelNode(new Reactor(), { name: "node", heartbeatMs: 0, transport });
  node.on("error", (error) => errors.push(error));
  disposals.push(
    () => transport.close(),
    () => node.close(),
  );
  return { transport, node, errors, connections };
}

type Joined = Awaited<ReturnType<typeof join>>;

function listen({ node }: Joined, options: ChannelOptions = { reliable: true }) {
  const heard: string[] = [];
  const messages: ChannelMessage[] = [];
  const channel = node.channel("plans", options as { reliable: true });
  channel.subscribe((data, message) => {
    heard.push(String(data));
    messages.push(message);
  });
  return { channel, heard, messages };
}

/** Publishes numbers, and waits until the stream has them. */
async function publish({ node, transport }: Joined, texts: readonly string[]): Promise<void> {
  for (const text of texts) expect(node.channel("plans").publish(Buffer.from(text))).toBe(true);
  await until(() => transport.waiting === 0, { what: "the stream has them" });
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`);
}

test("subscribers of a kept channel hear all, in order and once", async () => {
  const server = await start();
  const [a, b] = [await join(server), await join(server)];
  const all = { history: { messages: 2000 } }; // so that it does not matter when the server knows of the other subscriber
  const [own, other] = [listen(a, all), listen(b, all)];
  await publish(a, numbers(0, 999));
  await until(() => own.heard.length >= 1000 && other.heard.length >= 1000, { what: "all" });
  expect(other.heard).toEqual(numbers(0, 999));
  expect(own.heard).toEqual(numbers(0, 999));
  expect(other.messages.every(({ lead, lost }) => lead === 1 && lost === 0)).toBe(true);
  expect(own.channel.statistics().reliable?.by).toBe("stream");
  expect([...a.errors, ...b.errors]).toEqual([]);
});

test("a node that publishes right after it has subscribed hears itself", async () => {
  const a = await join(await start());
  const { heard } = listen(a);
  await publish(a, ["first", "second"]);
  await until(() => heard.length === 2, { what: "both" });
  expect(heard).toEqual(["first", "second"]);
});

test.each<[name: string, options: ChannelOptions, heard: readonly string[]]>([
  ["reliable alone", { reliable: true }, []],
  ["latest", { latest: true }, ["99"]],
  ["history of 10 messages", { history: { messages: 10 } }, numbers(90, 99)],
  ["history of more than there is", { history: { messages: 1000 } }, numbers(0, 99)],
  ["history of 6 bytes", { history: { messages: 10, bytes: 6 } }, numbers(97, 99)],
])("%s: a late subscriber hears what it asks for, though the publisher is gone, and then what comes", async (_, options, before) => {
  const server = await start();
  const publisher = await join(server);
  publisher.node.channel("plans", { reliable: true });
  publisher.node.channel("plans/other", { reliable: true }).publish(Buffer.from("of another channel"));
  await publish(publisher, numbers(0, 99));
  publisher.node.channel("plans/other").publish(Buffer.from("of another channel"));
  await until(() => publisher.transport.waiting === 0, { what: "the stream has them" });
  await publisher.transport.close();
  const late = await join(server);
  const { heard } = listen(late, options);
  await publish(late, ["then"]);
  await until(() => heard.includes("then"), { what: "what comes" });
  expect(heard).toEqual([...before, "then"]);
});

test("a server that is killed and started again in the middle of a stream loses nothing, and stores nothing twice", async () => {
  const server = await start();
  const [a, b] = [await join(server), await join(server)];
  a.node.channel("plans", { reliable: true });
  const { heard } = listen(b);
  let published = 0;
  const stream = setInterval(() => a.node.channel("plans").publish(Buffer.from(`${published++}`)), 1);
  disposals.push(async () => clearInterval(stream));
  await until(() => heard.length > 100, { what: "the stream" });
  await server.restart();
  await until(() => a.connections.length === 2 && b.connections.length === 2, { what: "both are back" });
  const then = published;
  await until(() => Number(heard.at(-1)) > then + 100, { what: "the stream, again" });
  clearInterval(stream);
  await until(() => heard.at(-1) === `${published - 1}`, { what: "the last" });
  const first = Number(heard[0]);
  expect(heard).toEqual(numbers(first, published - 1));
  expect(a.transport.statistics()).toMatchObject({ dropped: 0, unconfirmed: 0 });
});

test("connect() rejects with ERR_BROKER_NO_JETSTREAM when the server has none", async () => {
  const server = await start({ settings: "" });
  await expect(join(server)).rejects.toMatchObject({ name: "BrokerError", code: "ERR_BROKER_NO_JETSTREAM", servers: server.url });
});

test("connect() rejects with ERR_BROKER_STREAM when the stream does not exist and its channels are not named", async () => {
  const server = await start();
  await expect(join(server, { jetStream: { stream: "missing" } })).rejects.toMatchObject({ code: "ERR_BROKER_STREAM" });
});

/** The subjects that the guide lists for a stream, beside those of the channels. */
const NEEDED = [
  ["publish", "$JS.API.STREAM.INFO.groupcast"],
  ["publish", "$JS.API.STREAM.CREATE.groupcast"],
  ["publish", "$JS.API.STREAM.MSG.GET.groupcast"],
  ["publish", "$JS.API.CONSUMER.*.groupcast.>"],
  ["publish", "$JS.API.CONSUMER.MSG.NEXT.groupcast.>"],
  ["subscribe", "_INBOX.>"],
] as const;

function permissions(needed: readonly (readonly [direction: string, subject: string])[]): string {
  const list = (direction: string) => ["groupcast.>", ...needed.filter((row) => row[0] === direction).map((row) => row[1])];
  return `permissions: { publish: ${JSON.stringify(list("publish"))}, subscribe: ${JSON.stringify(list("subscribe"))} }`;
}

/** Joins, listens with history, and returns the codes of what was refused before a message came. */
async function refusalsWith(needed: readonly (typeof NEEDED)[number][]): Promise<readonly unknown[]> {
  const server = await start({ ...LOGIN, permissions: permissions(needed) });
  try {
    const joined = await join(server, { ...KEPT, connection: { ...LOGIN, ...RECONNECT } });
    joined.node.channel("plans", { history: { messages: 10 } }).publish(Buffer.from("before"));
    await until(() => joined.transport.waiting === 0 || joined.errors.length > 0, { what: "it is stored" });
    const late = await join(server, { ...KEPT, connection: { ...LOGIN, ...RECONNECT } });
    const { heard } = listen(late, { history: { messages: 10 } });
    await until(() => heard.length > 0 || joined.errors.length + late.errors.length > 0, { what: "a message, or a refusal" });
    return [...joined.errors, ...late.errors].map(({ code }) => code);
  } catch (error) {
    return [(error as { code?: unknown }).code];
  }
}

test("connect() rejects with ERR_BROKER_PERMISSION when the user may not ask JetStream", async () => {
  const server = await start({ ...LOGIN, permissions: 'permissions: { publish: "groupcast.>", subscribe: ["groupcast.>", "_INBOX.>"] }' });
  const refused = join(server, { ...KEPT, connection: LOGIN });
  await expect(refused).rejects.toMatchObject({ code: "ERR_BROKER_PERMISSION", operation: "publish" });
});

test("a user needs no more subjects for a stream than the guide lists", async () => {
  expect(await refusalsWith(NEEDED)).toEqual([]);
});

test.each(NEEDED)("a user who may not %s %s is told so by ERR_BROKER_PERMISSION", async (_, subject) => {
  const codes = await refusalsWith(NEEDED.filter((row) => row[1] !== subject));
  expect(codes).toContain("ERR_BROKER_PERMISSION");
});

test.each([
  [{ jetStream: { stream: "a b" } }, "stream"],
  [{ jetStream: { channels: "plans" } }, "channels"],
  [{ jetStream: { messagesPerChannel: 0 } }, "messagesPerChannel"],
  [{ jetStream: { bytes: 1 } }, "bytes"],
  [{ jetStream: { subjects: [] } }, "option"],
])("connect() rejects %j before it connects", async (options, argument) => {
  await expect(NatsTransport.connect(options as never)).rejects.toMatchObject({ name: "InvalidArgumentError", argument });
});

test("a reliable channel that the stream does not take is an error, and is delivered at most once", async () => {
  const a = await join(await start());
  const channel = a.node.channel("elsewhere", { reliable: true });
  const heard: string[] = [];
  channel.subscribe((data) => void heard.push(String(data)));
  channel.publish(Buffer.from("hello"));
  await until(() => heard.length === 1, { what: "the message" });
  expect(a.errors).toMatchObject([{ code: "ERR_BROKER_STREAM", channel: "elsewhere" }]);
  expect(channel.statistics().reliable?.by).toBe("nothing");
});

test("without the option jetStream a reliable channel is delivered at most once, and says so", async () => {
  const a = await join(await start(), {});
  const { channel, heard } = listen(a);
  channel.publish(Buffer.from("hello"));
  await until(() => heard.length === 1, { what: "the message" });
  expect(channel.statistics().reliable?.by).toBe("nothing");
});

test("a stream that is full refuses messages: each is an error ERR_BROKER_NOT_STORED, and counted", async () => {
  const server = await start();
  const maker = await join(server);
  const { jetstreamManager } = await import("@nats-io/jetstream");
  const { connect } = await import("@nats-io/transport-node");
  const connection = await connect({ servers: server.url });
  const manager = await jetstreamManager(connection);
  await manager.streams.update("groupcast", { max_msgs: 3, discard: "new" } as never);
  await connection.close();
  const channel = maker.node.channel("plans", { reliable: true });
  for (const text of numbers(0, 4)) channel.publish(Buffer.from(text));
  await until(() => maker.errors.length === 2 && maker.transport.waiting === 0, { what: "both refusals" });
  expect(maker.errors).toMatchObject([0, 1].map(() => ({ code: "ERR_BROKER_NOT_STORED", operation: "publish", channel: "plans" })));
  expect(maker.transport.statistics()).toMatchObject({ sent: 3, dropped: 2 });
  const { heard } = listen(await join(server), { history: { messages: 10 } });
  await until(() => heard.length === 3, { what: "what was stored" });
  expect(heard).toEqual(numbers(0, 2));
});

test("while there is no server messages wait within their bounds, publish() then says no, and what waited is stored when it is back", async () => {
  const server = await start();
  const [a, b] = [await join(server, { ...KEPT, maxWaitingMessages: 10 }), await join(server)];
  const { heard } = listen(b, { latest: true });
  a.node.channel("plans", { reliable: true });
  await publish(a, ["before"]);
  await until(() => heard.length === 1, { what: "the first" });
  await server.kill();
  await until(() => a.connections.length === 1, { what: "a notices" });
  const taken = numbers(0, 19).map((text) => a.node.channel("plans").publish(Buffer.from(text)));
  expect(taken.filter(Boolean)).toHaveLength(10);
  await server.restart();
  await until(() => heard.length === 11, { what: "what waited" });
  expect(heard).toEqual(["before", ...numbers(0, 9)]);
  expect(a.node.channel("plans").statistics().dropped).toBe(10);
});
