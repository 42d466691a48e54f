// Reliable channels that a stream of JetStream keeps, while somebody else has made the stream, changes it, deletes it, or forges messages.
import { mkdtemp, rm } from "node:fs/promises";
import { connect as connectTcp, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { type ChannelMessage, ChannelNode, type ChannelOptions, NatsTransport, type NatsTransportOptions } from "@groupcast/channels";
import { Reactor } from "groupcast";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type StreamAdmin, streamAdmin } from "../support/channels/nats-client.js";
import { hasNatsServer, NatsServer } from "../support/channels/nats-server.js";
import { skipUnless } from "../support/probe.js";
import { unusedPort } from "../support/unused-port.js";
import { strayFailures } from "./support/attacked.js";
import { SILENT } from "./support/silent.js";
import { until } from "./support/until.js";

const KEPT: NatsTransportOptions = { jetStream: { channels: ["plans", "plans/**"], bytes: 16 << 20 } };
const OWN = { name: "groupcast", subjects: ["groupcast.plans"] };

let disposals: (() => Promise<unknown>)[];
let directory: string;
let server: NatsServer;
let admin: StreamAdmin;

beforeEach(async (context) => {
  await skipUnless(context, hasNatsServer);
  directory = await mkdtemp(`${tmpdir()}/groupcast-kept-`);
  server = await NatsServer.start({ settings: withJetStream() });
  admin = await streamAdmin(server.url);
  disposals = [() => rm(directory, { recursive: true, force: true }), () => server.kill(), () => admin.close()];
});

afterEach(async () => {
  for (const dispose of disposals.reverse()) await dispose();
});

function withJetStream(): string {
  return `jetstream { store_dir: "${directory}", max_file_store: 200MB, max_memory_store: 10MB }`;
}

async function join(options: NatsTransportOptions = KEPT) {
  const transport = await NatsTransport.connect({ servers: server.url, connection: { reconnectTimeWait: 50 }, logger: SILENT, ...options });
  const node = new ChannelNode(new Reactor(), { name: "node", heartbeatMs: 0, transport, logger: SILENT });
  const errors: (Error & { code?: string })[] = [];
  node.on("error", (error) => errors.push(error));
  disposals.push(
    () => transport.close(),
    () => node.close(),
  );
  const publish = (text: string, name = "plans"): boolean => node.channel(name).publish(Buffer.from(text));
  return { transport, node, errors, publish };
}

/** Joins, and subscribes; resolves once the stream knows of it. */
async function listen(options: ChannelOptions = { reliable: true }) {
  const { consumers } = await admin.count();
  const joined = await join();
  const heard: string[] = [];
  const messages: ChannelMessage[] = [];
  joined.node.channel("plans", options as { reliable: true }).subscribe((data, message) => {
    heard.push(String(data));
    messages.push(message);
  });
  await untilConsumers(consumers + 1);
  return { ...joined, heard, messages };
}

async function untilConsumers(count: number): Promise<void> {
  let last = -1;
  const look = setInterval(() => void admin.count().then(({ consumers }) => (last = consumers)), 10);
  try {
    await until(`${count} consumers`, () => last === count);
  } finally {
    clearInterval(look);
  }
}

/** Publishes, and waits until the stream has it. */
async function store({ publish, transport }: Awaited<ReturnType<typeof join>>, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) publish(text);
  await until("the stream has it", () => transport.waiting === 0);
}

async function reliable() {
  const joined = await join();
  joined.node.channel("plans", { reliable: true });
  return joined;
}

test("messages with headers that are none are counted as malformed, and hide neither what follows nor the history", async () => {
  const strays = strayFailures();
  const { errors, heard, transport, publish } = await listen();
  const forger = connectTcp(server.port, "127.0.0.1");
  forger.write('CONNECT {"verbose":false,"headers":true}\r\n');
  for (const header of ["NATS/1.0\r\nA b: 1\r\n\r\n", "NATS/1.0\r\nA: b\nc\r\n\r\n", "NATS/1.0\r\n: x\r\n\r\n"])
    forger.write(`HPUB groupcast.plans ${header.length} ${header.length + 1}\r\n${header}x\r\n`);
  await until("they are counted", () => transport.statistics().malformed >= 2); // the client forgives one of them
  publish("after");
  await until("what follows", () => heard.at(-1) === "after");
  const late = await listen({ history: { messages: 10 } });
  await until("the history", () => late.heard.at(-1) === "after");
  expect([strays, errors, late.errors]).toEqual([[], [], []]);
  forger.destroy();
});

test("a publisher's next messages cannot be taken from it by others who store messages under their ids first", async () => {
  const { heard, messages, transport, publish } = await listen();
  publish("0");
  await until("the first", () => heard.length === 1);
  const ids = Array.from({ length: 20 }, (_, number) => `${messages[0]!.from.id}:${number + 1}`);
  await admin.store("groupcast.plans", ids);
  for (const text of ["1", "2", "3"]) publish(text);
  await until("all are stored", () => transport.waiting === 0);
  await until("the last", () => heard.at(-1) === "3");
  expect(heard.filter((text) => text !== "")).toEqual(["0", "1", "2", "3"]);
});

test.each([
  ["confirms nothing", { ...OWN, no_ack: true }, /no_ack/],
  ["removes what one subscriber has read", { ...OWN, retention: "workqueue" }, /retention/],
  ["keeps only what somebody waits for", { ...OWN, retention: "interest" }, /retention/],
])("connect() rejects with ERR_BROKER_STREAM when the stream %s, and says what to change", async (_, config, cause) => {
  await admin.add(config);
  await expect(join()).rejects.toMatchObject({ code: "ERR_BROKER_STREAM", cause: { message: expect.stringMatching(cause) } });
});

test.each([
  ["a mirror", { name: "groupcast", mirror: { name: "other" } }],
  ["fed by another", { name: "groupcast", sources: [{ name: "other" }] }],
])("a stream that is %s takes no channel: that is an error, and messages are delivered at most once", async (_, config) => {
  await admin.add({ name: "other", subjects: ["groupcast.plans"] });
  await admin.add(config);
  const { node, errors, publish } = await join();
  const heard: string[] = [];
  node.channel("plans", { reliable: true }).subscribe((data) => void heard.push(String(data)));
  publish("hello");
  await until("the message", () => heard.length === 1);
  expect(errors).toMatchObject([{ code: "ERR_BROKER_STREAM" }]);
});

test("subscribers that close leave nothing at the server", async () => {
  const { node, transport } = await listen();
  for (let round = 0; round < 20; round++) {
    await node.channel("plans").close();
    node.channel("plans", { reliable: true }).subscribe(() => {});
    await untilConsumers(1);
  }
  await transport.close();
  await untilConsumers(0);
});

test("a subscriber that has heard nothing misses nothing when its consumer is taken away", async () => {
  const { heard, publish, transport } = await listen();
  await admin.takeConsumers();
  publish("meanwhile");
  await until("it is stored", () => transport.waiting === 0);
  await until("the message", () => heard.length > 0);
  expect(heard).toEqual(["meanwhile"]);
});

test("a stream that was deleted and made again is read from its beginning, and an error says that it was", async () => {
  const [publisher, subscriber] = [await reliable(), await listen()];
  await store(publisher, "0", "1", "2");
  await until("the old ones", () => subscriber.heard.length === 3);
  await admin.remove("groupcast");
  await admin.add(OWN);
  const texts = ["3", "4", "5", "6", "7"];
  await store(await reliable(), ...texts);
  await until("the last", () => subscriber.heard.at(-1) === "7");
  expect(subscriber.heard).toEqual(["0", "1", "2", ...texts]);
  expect(subscriber.errors.map(({ cause }) => String(cause))).toContainEqual(expect.stringMatching(/made again/));
});

test("a server that comes back with an emptied store gets the stream again, and the channel goes on", async () => {
  const { heard, errors, publish } = await listen();
  publish("before");
  await until("the first", () => heard.length === 1);
  await server.kill();
  await rm(directory, { recursive: true });
  await server.restart();
  publish("after");
  await until("the second", () => heard.length === 2);
  expect(heard).toEqual(["before", "after"]);
  expect(errors.map(({ cause }) => String(cause))).toContainEqual(expect.stringMatching(/made again/));
});

test("a server that comes back without JetStream is an error, and once it has it again everything arrives", async () => {
  const { heard, errors, publish, transport } = await listen();
  publish("before");
  await until("the first", () => heard.length === 1);
  await server.restart({ settings: "" });
  await until("an error", () => errors.some(({ code }) => code === "ERR_BROKER_STREAM"));
  publish("meanwhile");
  await server.restart({ settings: withJetStream() });
  await until("the second", () => heard.length === 2 && transport.waiting === 0);
  expect(heard).toEqual(["before", "meanwhile"]);
  expect(transport.statistics()).toMatchObject({ dropped: 0, unconfirmed: 0 });
});

test("a message that the stream may have forgotten is not stored twice, counts as unconfirmed, and is an error", async () => {
  await admin.add({ ...OWN, duplicate_window: 200_000_000 }); // nanoseconds
  const subscriber = await listen();
  await using path = await mutablePath(server.port);
  const { errors, publish, transport } = await join({ ...KEPT, servers: `nats://127.0.0.1:${path.port}` });
  const channel = transport.kept!.openSender("plans");
  path.isMute = true;
  channel.send(Buffer.from("once"));
  await until("it is stored", () => subscriber.heard.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 400)); // the stream forgets its id
  path.isMute = false;
  path.cut();
  await until("it is given up", () => transport.waiting === 0 && errors.length > 0);
  channel.send(Buffer.from("fence"));
  await until("the fence", () => subscriber.heard.at(-1) === "fence" && transport.waiting === 0);
  expect(subscriber.heard).toEqual(["once", "fence"]);
  expect(transport.statistics()).toMatchObject({ unconfirmed: 1, sent: 1 });
  expect(errors).toMatchObject([{ code: "ERR_BROKER_NOT_STORED", channel: "plans" }]);
  expect(publish("on")).toBe(true);
});

test("a channel that the stream no longer takes keeps no other waiting", async () => {
  const { node, transport, publish } = await join();
  for (const name of ["plans", "plans/other"]) node.channel(name, { reliable: true });
  publish("0");
  await until("the first is stored", () => transport.statistics().sent === 1);
  await admin.update("groupcast", { subjects: ["groupcast.plans"] });
  for (let round = 1; round <= 100; round++) {
    publish("nobody stores it", "plans/other");
    publish(`${round}`);
    await until("it is stored", () => transport.statistics().sent === 1 + round);
  }
  expect(transport.waiting).toBe(100);
});

test("a transport that the server does not take back counts what waits, takes no more, and reports no more errors", async () => {
  const strays = strayFailures();
  const { errors, publish, transport, node } = await listen();
  const plain = node.channel("plain");
  plain.publish(Buffer.from("0"));
  await server.kill();
  await until("the end of the connection", () => !transport.isConnected);
  expect([publish("1"), publish("2"), plain.publish(Buffer.from("3"))]).toEqual([true, true, true]);
  const before = transport.statistics();
  await server.restart({ user: "robot", pass: "secret" });
  await until("it is given up", () => transport.waiting === 0);
  const { dropped, unconfirmed } = transport.statistics();
  expect([unconfirmed - before.unconfirmed, dropped - before.dropped]).toEqual([2, 1]);
  expect(() => publish("4")).toThrow(expect.objectContaining({ code: "ERR_TRANSPORT_CLOSED" }));
  const count = errors.length;
  await new Promise((resolve) => setTimeout(resolve, 1500)); // longer than a reception waits before it tries again
  expect(errors.length).toBe(count);
  await transport.close();
  expect(strays).toEqual([]);
});

test("300 channels have their histories at once, and close at once", async () => {
  const names = Array.from({ length: 300 }, (_, number) => `plans/${number}`);
  const publisher = await join();
  for (const name of names) {
    publisher.node.channel(name, { reliable: true });
    for (const text of ["a", "b"]) publisher.publish(text, name);
  }
  await until("all are stored", () => publisher.transport.waiting === 0);
  const { node, transport, errors } = await join();
  const heard = new Map<string, string>(names.map((name) => [name, ""]));
  for (const name of names) {
    const channel = node.channel(name, { history: { messages: 10 } });
    channel.subscribe((data) => void heard.set(name, heard.get(name)! + String(data)));
  }
  await until("all histories", () => [...heard.values()].every((text) => text.length === 2));
  expect(new Set(heard.values())).toEqual(new Set(["ab"]));
  await Promise.all([node.close(), transport.close()]);
  await untilConsumers(0);
  expect(errors).toEqual([]);
});

/** A way to the server on which what it says can be held back. */
async function mutablePath(to: number) {
  const sockets = new Set<Socket>();
  const path = {
    port: await unusedPort(),
    isMute: false,
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    [Symbol.asyncDispose]: async () => {
      path.cut();
      listener.close();
    },
  };
  const listener = createServer((near) => {
    const far = connectTcp(to, "127.0.0.1");
    near.pipe(far);
    far.on("data", (bytes) => path.isMute || near.write(bytes));
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {}).on("close", () => [near, far].map((end) => end.destroy()));
    }
  });
  await new Promise<void>((resolve) => listener.listen(path.port, "127.0.0.1", resolve));
  return path;
}
