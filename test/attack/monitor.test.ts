// The monitor, its page and the commands about channels among hostile names, forged packets, floods, and clients that behave as none does.
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { MemoryNetwork } from "@groupcast/backend-memory";
import { main } from "@groupcast/cli";
import { ChannelSource, type MonitorHandlerOptions, monitorHandler } from "@groupcast/monitor";
import { Reactor } from "groupcast";
import { expect, onTestFinished, test, vi } from "vitest";
import { Output } from "../../packages/cli/src/command/output.js";
import { hasNatsServer, NatsServer } from "../support/channels/nats-server.js";
import { CommandSite } from "../support/cli/command-site.js";
import { FakeHost } from "../support/cli/fake-host.js";
import { skipUnless } from "../support/probe.js";
import { Forger, HOSTILE_NAMES, IMPOSSIBLE_CHANNELS } from "./support/forged-channels.js";

const LONGEST = "x".repeat(255);

/** A command on a network in memory, and a forger on another host of it. */
class Site extends CommandSite {
  readonly forger = new Forger(new Reactor({ backend: this.network.host("forger"), clock: this.network.clock }));

  /** @param columns - Width of the command's terminal; undefined: its output is a pipe. */
  constructor(columns?: number) {
    super(new MemoryNetwork(), columns);
  }
}

test("channels echo prints each message once, whatever impossible channels are announced and sent", async () => {
  const site = new Site();
  const code = await site.command(["channels", "echo", "**", "--json"], async () => {
    for (const [node, name] of IMPOSSIBLE_CHANNELS.entries()) site.forger.announce(node + 2, "liar", [name, "a/b"]);
    site.forger.announce(1, "forger", [LONGEST, "a/b"]);
    await site.turns(50);
    for (const name of [...IMPOSSIBLE_CHANNELS, LONGEST, "a/b"]) site.forger.send(name, Buffer.from(`of ${name}`));
    for (const name of IMPOSSIBLE_CHANNELS) site.forger.send(name, Buffer.from("astray"), "a/b");
    site.forger.send("a/b", Buffer.from("fence"));
    await site.turns(50);
  });
  const texts = site.host.records.map(({ text }) => text).filter((text) => text !== undefined);
  expect(texts).toEqual([`of ${LONGEST}`, "of a/b", "fence"]);
  expect({ code, error: site.host.stderr.text.match(/^groupcast.*/m) }).toEqual({ code: 0, error: null });
});

test("channels echo refuses a name that goes up, as its messages have another name", async () => {
  const site = new Site();
  expect(await main(["channels", "echo", "a/../b"], site.host)).toBe(2);
  expect(site.host.stderr.text).toContain('no part is ".."');
});

/** Sequences by which a screen is redrawn: up, to the left, and to the end. */
const REDRAWING = /\r|\p{Cc}\[(?:\d+A|K|J|1m|22m|2m|31m|33m|32m|36m|39m)/gu;
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

test.each([
  ["channels list --watch", undefined],
  ["channels list --watch --json", undefined],
  ["monitor --network udp --interval 100ms", 250],
  ["monitor --network udp --interval 100ms", 20],
  ["monitor --network udp --interval 100ms", undefined],
  ["monitor --network udp --interval 100ms --json", undefined],
])("%s lets no name of a node write to the terminal, at %s columns", async (words, columns) => {
  const site = new Site(columns);
  await site.command(words.split(" "), async () => {
    for (const [node, name] of HOSTILE_NAMES.entries()) {
      site.forger.announce(node, name, ["\x1b[2J", LONGEST, "\x00\x7f"]);
      await site.turns(120);
    }
  });
  const lines = site.host.stdout.text.replace(REDRAWING, "").split("\n");
  expect(lines.filter((line) => CONTROL.test(line))).toEqual([]);
  expect(lines.join(""), "the nodes are seen").toMatch(/[1-9]\d* nodes?\b|"nodes(?:Seen)?":[1-9]/);
});

/** Serves on loopback until the test is over, and returns the port number. */
async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** Sends the start of a request, and returns the socket. */
async function startAsking(port: number, path: string): Promise<Socket> {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  return socket;
}

/** Returns the head of the answer to a request. */
async function headOf(port: number, path: string): Promise<string> {
  const socket = await startAsking(port, path);
  let text = "";
  for await (const piece of socket.setEncoding("latin1")) {
    text += piece as string;
    if (text.includes("\r\n\r\n")) break;
  }
  return text.split("\r\n\r\n", 1)[0]!;
}

function memoryReactor(): Reactor {
  return new Reactor({ backend: new MemoryNetwork().host("a") });
}

test("monitorHandler() gives no place to a client that went while a handler before it took its time", async () => {
  const handler = monitorHandler(memoryReactor(), { intervalMs: 100, maxClients: 1 });
  let waiting = 0;
  const port = await serve(async (request, response) => {
    if (request.url === "/events?late") {
      waiting++;
      await once(response, "close");
    }
    handler(request, response);
    waiting--;
  });
  for (let client = 0; client < 3; client++) {
    const socket = await startAsking(port, "/events?late");
    await expect.poll(() => waiting).toBe(1);
    socket.destroy();
    await expect.poll(() => waiting).toBe(0);
  }
  expect([handler.statistics(), handler.monitor.isWatched]).toEqual([{ clients: 0, dropped: 0, refused: 0, missed: 0 }, false]);
  expect(await headOf(port, "/events")).toMatch(/^HTTP\/1.1 200 /);
});

test("monitorHandler() gives no place to a response that somebody else has begun", async () => {
  const handler = monitorHandler(memoryReactor(), { intervalMs: 100 });
  const thrown: unknown[] = [];
  const port = await serve((request, response) => {
    response.writeHead(200).flushHeaders();
    try {
      handler(request, response);
    } catch (error) {
      thrown.push(error);
    }
    response.end();
  });
  expect(await headOf(port, "/events")).toMatch(/^HTTP\/1.1 200 /);
  expect(thrown).toMatchObject([{ code: "ERR_HTTP_HEADERS_SENT" }]);
  expect([handler.statistics().clients, handler.monitor.isWatched]).toEqual([0, false]);
});

test("monitorHandler() leads to the slash behind a router that takes the prefix off", async () => {
  const handler = monitorHandler(memoryReactor());
  const port = await serve((request, response) => {
    const { url = "" } = request;
    const rest = url.replace(/^\/(ops|bare)\/monitor/, "");
    if (url.startsWith("/ops"))
      Object.assign(request, { originalUrl: url, url: rest.startsWith("/") ? rest : `/${rest}` }); // as Express does
    else request.url = rest;
    handler(request, response);
  });
  expect(await headOf(port, "/ops/monitor?a=b")).toMatch(/^HTTP\/1.1 308 (?:.|\s)*\r\nlocation: \.\/monitor\/\r\n/);
  expect(await headOf(port, "/ops/monitor/?a=/b")).toMatch(/^HTTP\/1.1 200 (?:.|\s)*text\/html/);
  expect(await headOf(port, "/ops/monitor/page.js")).toMatch(/^HTTP\/1.1 200 (?:.|\s)*text\/javascript/);
  expect(await headOf(port, "/bare/monitor/")).toMatch(/^HTTP\/1.1 200 (?:.|\s)*text\/html/);
  expect(await headOf(port, "/bare/monitor")).toMatch(/^HTTP\/1.1 404 /);
});

test("monitorHandler() leaves nothing at its reactor once it is closed", async () => {
  const reactor = memoryReactor();
  const add = vi.spyOn(reactor, "addSystemEventTrigger");
  const handler = monitorHandler(reactor);
  const id = add.mock.results[0]!.value as symbol;
  handler.close();
  handler.close();
  expect(() => reactor.removeSystemEventTrigger(id)).toThrow(expect.objectContaining({ code: "ERR_TRIGGER_UNKNOWN" }));
  await reactor.stop();
  handler.close();
});

test("monitorHandler() of a reactor that has stopped answers 503", async () => {
  const reactor = memoryReactor();
  await reactor.stop();
  const port = await serve(monitorHandler(reactor));
  expect(await headOf(port, "/events")).toMatch(/^HTTP\/1.1 503 /);
});

test("monitorHandler() of two pages of one reactor ends both with it", async () => {
  const reactor = memoryReactor();
  const pages = [monitorHandler(reactor, { intervalMs: 100 }), monitorHandler(reactor, { intervalMs: 100, prefix: "/b" })];
  const port = await serve((request, response) => pages[request.url!.startsWith("/b") ? 1 : 0]!(request, response));
  const sockets = await Promise.all(["/events", "/b/events"].map((path) => startAsking(port, path)));
  await expect.poll(() => pages.map((page) => page.statistics().clients)).toEqual([1, 1]);
  const ended = Promise.all(sockets.map((socket) => once(socket.resume(), "close")));
  await reactor.stop();
  await ended;
  expect(pages.map((page) => page.monitor.isWatched)).toEqual([false, false]);
});

test("monitorHandler() keeps nothing of 500 clients that come and go", async () => {
  const handler = monitorHandler(memoryReactor(), { intervalMs: 100 });
  const port = await serve(handler);
  for (let round = 0; round < 50; round++) {
    const sockets = await Promise.all(Array.from({ length: 10 }, () => startAsking(port, "/events")));
    if (round % 2 === 0) await Promise.all(sockets.map((socket) => once(socket, "data")));
    for (const socket of sockets) socket.destroy();
  }
  await expect.poll(() => [handler.statistics().clients, handler.monitor.isWatched]).toEqual([0, false]);
  expect(await headOf(port, "/events")).toMatch(/^HTTP\/1.1 200 /);
});

test.each([
  { nodes: [{ session: 1n, name: "a", channels: [], nodes: [] }] },
  { nodes: [{ session: "a", name: { toJSON: () => "a" }, channels: [], nodes: [] }] },
  { relays: [{ id: 1n, statistics: () => [] }] },
])("monitorHandler() refuses what would not become JSON: case %#", (options) => {
  expect(() => monitorHandler(memoryReactor(), options as unknown as MonitorHandlerOptions)).toThrow(
    expect.objectContaining({ argument: expect.stringMatching(/^(nodes|relays)\[0\]$/) }),
  );
});

test("ChannelSource bounds the names of a thousand made-up nodes, and shows all of a few", () => {
  const channels = Array.from({ length: 65 }, (_, index) => ({ name: `${index}`.padEnd(255, "x"), isPublished: true, isSubscribed: true }));
  const nodesOf = (count: number) => Array.from({ length: count }, (_, index) => ({ session: `${index}`, name: LONGEST, channels }));
  const read = (count: number) =>
    new ChannelSource({ nodes: [{ session: "own", name: "own", channels: [], nodes: nodesOf(count) }], isHidden: true }).read(0);
  expect(JSON.stringify(read(1024)).length).toBeLessThan(3_000_000);
  expect(read(1024).nodes?.map(({ publishes, subscribes }) => [publishes.length, subscribes.length])).toEqual(Array(1024).fill([4, 4]));
  expect(read(64).nodes?.[63]).toMatchObject({ channelCount: 65, publishes: channels.slice(0, 64).map(({ name }) => name), isOwn: false });
});

test("monitor --network logs in to a NATS server with the user and password of the address", async (context) => {
  await skipUnless(context, hasNatsServer);
  await using server = await NatsServer.start({ user: "u", pass: "p@ss/w" });
  const host = new FakeHost();
  const address = server.url.replace("//", `//u:${encodeURIComponent("p@ss/w")}@`);
  expect({ code: await main(["monitor", "--network", address, "--duration", "100ms", "--json"], host), err: host.stderr.text }).toEqual({
    code: 0,
    err: "",
  });
  expect(host.records.at(-1)).toMatchObject({ type: "monitored", nodesSeen: 0 });
});

test("groupcast takes a terminal that says it has no columns for one of 80", async () => {
  const helpAt = async (columns: number): Promise<string> => {
    const host = new FakeHost({ columns });
    await main(["monitor", "--help"], host);
    return host.stdout.text;
  };
  expect(await helpAt(0)).toBe(await helpAt(80));
  const out = { write: () => true, columns: 0, isTTY: true };
  expect(new Output({ out, err: out, json: false, colors: false }).columns).toBe(80);
});
