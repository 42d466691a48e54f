import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, get, type IncomingMessage, type RequestOptions, request, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { MemoryNetwork } from "@groupcast/backend-memory";
import { Monitor, type MonitorHandlerOptions, type MonitorListener, monitorHandler, serveMonitor } from "@groupcast/monitor";
import { Reactor } from "groupcast";
import { expect, onTestFinished, test } from "vitest";
import { accessOf } from "../../../packages/monitor/src/web/access.js";
import { EventStreams, eventFrame, type StreamResponse } from "../../../packages/monitor/src/web/event-streams.js";
import { ROOT } from "../../architecture/source-files.js";
import { FakeSource } from "./fake-source.js";

const TOKEN = "abcdefghijklmnopqrstuvwxyz012345";
const RULES = { prefix: "/monitor", token: TOKEN, hosts: new Set(["127.0.0.1", "[::1]"]) };

test.each([
  ["the page", `/monitor/${TOKEN}/`, {}, { name: "" }],
  ["a file", `/monitor/${TOKEN}/page.js?v=1`, {}, { name: "page.js" }],
  ["the page without its slash", `/monitor/${TOKEN}`, {}, { location: `./${TOKEN}/` }],
  ["its own origin", `/monitor/${TOKEN}/`, { origin: "http://127.0.0.1:8080" }, { name: "" }],
  ["its own origin behind TLS", `/monitor/${TOKEN}/`, { origin: "https://127.0.0.1:8080" }, { name: "" }],
  ["IPv6", `/monitor/${TOKEN}/`, { host: "[::1]:8080" }, { name: "" }],
  ["no token", "/monitor/", {}, { status: 404 }],
  ["the prefix alone", "/monitor", {}, { status: 404 }],
  ["a wrong token", `/monitor/${TOKEN.replace("a", "b")}/`, {}, { status: 404 }],
  ["a token that is cut", `/monitor/${TOKEN.slice(0, -1)}/`, {}, { status: 404 }],
  ["a token with more behind", `/monitor/${TOKEN}x/`, {}, { status: 404 }],
  ["a longer prefix", `/monitors/${TOKEN}/`, {}, { status: 404 }],
  ["another server's address", `http://evil.example/monitor/${TOKEN}/`, {}, { status: 404 }],
  ["no host", `/monitor/${TOKEN}/`, { host: undefined }, { status: 400 }],
  ["a host with a path", `/monitor/${TOKEN}/`, { host: "127.0.0.1/evil" }, { status: 400 }],
  ["a name that leads to loopback", `/monitor/${TOKEN}/`, { host: "evil.example:8080" }, { status: 403 }],
  ["a name with an allowed end", `/monitor/${TOKEN}/`, { host: "evil.127.0.0.1:8080" }, { status: 403 }],
  ["a foreign origin", `/monitor/${TOKEN}/`, { origin: "http://evil.example" }, { status: 403 }],
  ["the origin of another port", `/monitor/${TOKEN}/`, { origin: "http://127.0.0.1:9090" }, { status: 403 }],
  ["an origin that is hidden", `/monitor/${TOKEN}/`, { origin: "null" }, { status: 403 }],
] as const)("accessOf() answers %s", (_, url, headers, expected) => {
  const access = accessOf({ method: "GET", url, headers: { host: "127.0.0.1:8080", ...headers } }, RULES);
  expect(access).toEqual("status" in expected ? { ...expected, reason: expect.any(String) } : expected);
});

test("accessOf() takes GET and HEAD only, and tells that to nobody without the token", () => {
  const ask = (method: string, url: string) => accessOf({ method, url, headers: { host: "127.0.0.1" } }, RULES);
  expect(ask("HEAD", `/monitor/${TOKEN}/`)).toEqual({ name: "" });
  expect(ask("POST", `/monitor/${TOKEN}/`)).toMatchObject({ status: 405 });
  expect(ask("POST", "/monitor/wrong/")).toMatchObject({ status: 404 });
});

test("eventFrame() puts hostile text on one line", () => {
  expect(eventFrame("sample", { name: "a\n\ndata: b\r\nevent: c" })).toBe(
    'event: sample\ndata: {"name":"a\\n\\ndata: b\\r\\nevent: c"}\n\n',
  );
});

/** A response whose client takes nothing until it is told to. */
class FakeResponse {
  readonly written: string[] = [];
  writableLength = 0;
  isDestroyed = false;
  #closed = (): void => {};

  writeHead(): this {
    return this;
  }
  write(text: string): boolean {
    this.written.push(text);
    this.writableLength += text.length;
    return false;
  }
  once(_: string, listener: () => void): this {
    this.#closed = listener;
    return this;
  }
  end(): this {
    return this;
  }
  destroy(): this {
    this.isDestroyed = true;
    this.#closed();
    return this;
  }
  take(): void {
    this.writableLength = 0;
  }
}

function openStream(streams: EventStreams): FakeResponse {
  const response = new FakeResponse();
  expect(streams.open(response as unknown as StreamResponse, {}, ["first"])).toBe(true);
  response.take();
  return response;
}

test("EventStreams keep one event for a client that does not read, and drop it after ten that it missed", () => {
  let changes = 0;
  const streams = new EventStreams(4, () => changes++);
  const [quick, slow] = [openStream(streams), openStream(streams)];
  for (let event = 0; event < 11; event++) {
    streams.send(`${event}`);
    quick.take();
  }
  expect([quick.written.length, slow.written.length, slow.isDestroyed]).toEqual([12, 2, false]);
  expect(streams.statistics()).toEqual({ clients: 2, dropped: 0, refused: 0, missed: 10 });
  streams.send("11");
  quick.take();
  expect(slow.isDestroyed).toBe(true);
  expect(streams.statistics()).toEqual({ clients: 1, dropped: 1, refused: 0, missed: 11 });
  streams.send("12");
  expect(quick.written.at(-1)).toBe("12");
  expect(changes).toBe(3);
});

test("EventStreams forgive a client that reads again", () => {
  const streams = new EventStreams(4, () => {});
  const client = openStream(streams);
  for (let round = 0; round < 3; round++) {
    for (let event = 0; event < 10; event++) streams.send("x");
    client.take();
  }
  expect(streams.statistics()).toMatchObject({ clients: 1, dropped: 0, missed: 27 });
});

test("EventStreams turn away whom there is no room for, until somebody leaves", () => {
  const streams = new EventStreams(1, () => {});
  const first = openStream(streams);
  expect(streams.open(new FakeResponse() as unknown as StreamResponse, {}, [])).toBe(false);
  expect(streams.statistics()).toMatchObject({ clients: 1, refused: 1 });
  first.destroy();
  openStream(streams);
  streams.close();
  expect(streams.statistics().clients).toBe(0);
});

/** A service with a page. */
async function serviceOf(
  options: MonitorHandlerOptions = {},
): Promise<{ reactor: Reactor; listener: MonitorListener; server: Server; port: number }> {
  const network = new MemoryNetwork();
  const reactor = new Reactor({ backend: network.host("a") });
  const listener = monitorHandler(reactor, { intervalMs: 100, ...options });
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { reactor, listener, server, port: (server.address() as AddressInfo).port };
}

async function ask(
  port: number,
  path: string,
  options: RequestOptions = {},
): Promise<{ status: number | undefined; headers: IncomingMessage["headers"]; body: string }> {
  const asked = request({ host: "127.0.0.1", port, path, agent: false, ...options }).end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  response.setEncoding("utf8");
  let body = "";
  for await (const text of response) body += text as string;
  return { status: response.statusCode, headers: response.headers, body };
}

/** Reads a stream until its text has `wanted`. */
async function readUntil(port: number, path: string, wanted: RegExp): Promise<string> {
  const asked = get({ host: "127.0.0.1", port, path, agent: false });
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  response.setEncoding("utf8");
  let text = "";
  for await (const piece of response) {
    text += piece as string;
    if (wanted.test(text)) break;
  }
  asked.destroy();
  return text;
}

test("monitorHandler() serves the page below its prefix, with a policy that lets nothing else in", async () => {
  const { port } = await serviceOf({ prefix: "/ops/monitor/" });
  const page = await ask(port, "/ops/monitor/");
  expect(page.status).toBe(200);
  expect(page.body).toContain('<script src="page.js" defer></script>');
  expect(page.headers).toMatchObject({
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": expect.stringMatching(/^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'$/),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
  });
  expect(page.headers["access-control-allow-origin"]).toBeUndefined();
  expect((await ask(port, "/ops/monitor")).headers.location).toBe("./monitor/");
  expect((await ask(port, "/ops/monitor/page.js")).body).toMatch(/^\/\*\nContains uPlot:[^/]+Permission is hereby granted/);
  expect((await ask(port, "/ops/monitor/page.css")).body).toMatch(/^\/\*\nContains uPlot:/);
  expect((await ask(port, "/ops/monitor/icon.svg")).headers["content-type"]).toBe("image/svg+xml");
  for (const path of ["/", "/ops/", "/ops/monitor/../../package.json", "/ops/monitor/index.html", "/ops/monitor/nothing"]) {
    expect([path, (await ask(port, path)).status]).toEqual([path, 404]);
  }
  expect((await ask(port, "/ops/monitor/events", { method: "HEAD" })).status).toBe(200);
});

test("monitorHandler() refuses foreign hosts and origins, and names that are given are its own", async () => {
  const { port } = await serviceOf({ hosts: ["Monitor.example.org"] });
  expect((await ask(port, "/")).status).toBe(403);
  expect((await ask(port, "/", { headers: { host: "monitor.example.org" } })).status).toBe(200);
  const other = await ask(port, "/events", { headers: { host: "monitor.example.org", origin: "https://evil.example" } });
  expect(other).toMatchObject({ status: 403, body: "Other origins are not served.\n" });
});

test("monitorHandler() streams the ports of its reactor while somebody watches, and ends with the reactor", async () => {
  const { port, reactor, listener } = await serviceOf({ title: "service" });
  reactor.listenUDP(5000, { datagramReceived: () => {}, logPrefix: () => "camera" });
  const text = await readUntil(port, "/events", /event: sample\n(?:.|\n)*event: sample\n.*\n\n/);
  expect(text).toMatch(/^retry: 2000\n\nevent: history\ndata: \{"intervalMs":100,"title":"service",/);
  const [, json = ""] = /event: sample\ndata: (.*)\n/.exec(text) ?? [];
  expect(JSON.parse(json)).toMatchObject({ title: "service", ports: [{ port: 5000, program: "camera" }] });
  await expect.poll(() => [listener.statistics().clients, listener.monitor.isWatched]).toEqual([0, false]);
  const watching = get({ host: "127.0.0.1", port, path: "/events", agent: false }).on("error", () => {});
  const [response] = (await once(watching, "response")) as [IncomingMessage];
  response.on("error", () => {}).resume();
  const ended = new Promise((resolve) => response.once("close", resolve)); // its error is that it was cut off
  await reactor.stop();
  await ended;
  expect((await ask(port, "/events")).status).toBe(503);
});

test("monitorHandler() answers 503 when as many watch as may", async () => {
  const { port, listener } = await serviceOf({ maxClients: 1 });
  const first = get({ host: "127.0.0.1", port, path: "/events", agent: false }).on("error", () => {});
  await once(first, "response");
  expect((await ask(port, "/events")).status).toBe(503);
  expect(listener.statistics()).toMatchObject({ clients: 1, refused: 1 });
  first.destroy();
  await expect.poll(() => listener.statistics().clients).toBe(0);
});

test("monitorHandler() drops a client that takes the head and then reads nothing", async () => {
  const { port, reactor, listener } = await serviceOf();
  for (let index = 0; index < 300; index++)
    reactor.listenUDP(6000 + index, { datagramReceived: () => {}, logPrefix: () => "x".repeat(2000) });
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  socket.pause();
  socket.write("GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  await expect.poll(() => listener.statistics(), { timeout: 50_000 }).toMatchObject({ clients: 0, dropped: 1 });
  expect(listener.monitor.isWatched).toBe(false);
});

test.each([
  [{ prefix: "monitor" }, "prefix"],
  [{ prefix: "/a b" }, "prefix"],
  [{ token: "short" }, "token"],
  [{ token: `${"a".repeat(30)}/` }, "token"],
  [{ hosts: "localhost" }, "hosts"],
  [{ hosts: ["localhost:8080"] }, "hosts[0]"],
  [{ maxClients: 0 }, "maxClients"],
  [{ intervalMs: 10 }, "intervalMs"],
  [{ title: 7 }, "title"],
  [{ nodes: [{}] }, "nodes[0]"],
  [{ relays: {} }, "relays"],
  [{ port: 80 }, "option"],
])("monitorHandler() refuses %j", (options, argument) => {
  const reactor = new Reactor({ backend: new MemoryNetwork().host("a") });
  expect(() => monitorHandler(reactor, options as MonitorHandlerOptions)).toThrow(expect.objectContaining({ argument }));
});

test("monitorHandler() refuses what is no reactor, and keeps a bad token out of the message", () => {
  expect(() => monitorHandler({} as Reactor)).toThrow(expect.objectContaining({ argument: "reactor" }));
  const reactor = new Reactor({ backend: new MemoryNetwork().host("a") });
  expect(() => monitorHandler(reactor, { token: "secret!" })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining("secret!") }),
  );
});

test("serveMonitor() listens on loopback, below a secret of its own, and frees the port", async () => {
  const clock = new Reactor({ backend: new MemoryNetwork().host("a") }).clock;
  const monitor = new Monitor({ title: "host", sources: [new FakeSource()], clock, intervalMs: 100 });
  const [a, b] = [await serveMonitor(monitor), await serveMonitor(monitor)];
  const [url, other] = [new URL(a.url), new URL(b.url)];
  expect(url.hostname).toBe("127.0.0.1");
  expect(url.pathname).toMatch(/^\/[A-Za-z0-9_-]{32}\/$/);
  expect(other.pathname).not.toBe(url.pathname);
  expect((await ask(Number(url.port), url.pathname)).status).toBe(200);
  expect((await ask(Number(url.port), other.pathname)).status).toBe(404);
  expect((await ask(Number(url.port), "/")).status).toBe(404);
  await expect(serveMonitor(monitor, { port: Number(url.port) })).rejects.toMatchObject({ code: "EADDRINUSE" });
  const streamed = readUntil(Number(url.port), `${url.pathname}events`, /event: never/).catch(() => "cut");
  await expect.poll(() => a.statistics().clients).toBe(1);
  await Promise.all([a.close(), b.close()]);
  await streamed;
  expect(monitor.isWatched).toBe(false);
  const again = await serveMonitor(monitor, { port: Number(url.port) });
  await again.close();
});

test.each([[{ port: 65_536 }], [{ port: "8080" }], [{ maxClients: 1001 }], [{ host: "0.0.0.0" }]])(
  "serveMonitor() refuses %j",
  async (options) => {
    const monitor = new Monitor({ title: "host", sources: [], clock: new Reactor({ backend: new MemoryNetwork().host("a") }).clock });
    await expect(serveMonitor(monitor, options as never)).rejects.toMatchObject({ name: "InvalidArgumentError" });
  },
);

test("monitorHandler() keeps no process alive, also while somebody watches", async () => {
  const program = `
    import { createServer } from "node:http";
    import { monitorHandler } from "@groupcast/monitor";
    import { Reactor } from "groupcast";
    const server = createServer(monitorHandler(new Reactor(), { intervalMs: 100 })).listen(0, "127.0.0.1", () => console.log(server.address().port));
    process.stdin.once("data", () => { server.close(); process.stdin.destroy(); });
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { cwd: ROOT, stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill());
  const exited = once(child, "exit");
  const [port] = (await once(child.stdout, "data")) as [Buffer];
  const watching = get({ host: "127.0.0.1", port: Number(port), path: "/events", agent: false }).on("error", () => {});
  const [response] = (await once(watching, "response")) as [IncomingMessage];
  response.on("error", () => {}).resume();
  child.stdin.write("end\n");
  expect(await exited).toEqual([0, null]);
});
