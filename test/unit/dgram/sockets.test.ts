// Sockets as programs use them, on node:dgram and on ours.
import { channel } from "node:diagnostics_channel";
import EventEmitter, { once } from "node:events";
import { BlockList } from "node:net";
import { setImmediate as endOfTurn } from "node:timers/promises";
import { inherits } from "node:util";
import dgramOfGroupcast, { type Socket, type SocketOptions, transportOf } from "@groupcast/dgram";
import { describe, expect, test } from "vitest";
import { bindLoopback, factsOf, LOOPBACK, MODULES, messages, portOf } from "./modules.js";

const DISCARD = 9;

describe.each(MODULES)("%s:", (_, dgram) => {
  test("a class that extends Socket gets messages, and is a Socket and an EventEmitter", async () => {
    class Server extends dgram.Socket {
      readonly texts: string[] = [];
      constructor() {
        super("udp4");
        this.on("message", (message) => this.texts.push(String(message)));
      }
    }
    const server = new Server();
    expect([server instanceof dgram.Socket, server instanceof EventEmitter, dgram.createSocket("udp4") instanceof Server]).toEqual([
      true,
      true,
      false,
    ]);
    const port = await bindLoopback(server);
    server.send("to itself", port, LOOPBACK);
    await once(server, "message");
    expect(server.texts).toEqual(["to itself"]);
    server.close();
  });

  test("block lists of no value are none", async () => {
    const socket = dgram.createSocket({ type: "udp4", receiveBlockList: Number.NaN, sendBlockList: 0 } as never);
    const port = await bindLoopback(socket);
    const [[message]] = (await Promise.all([once(socket, "message"), socket.send("to itself", port, LOOPBACK)])) as [[Buffer], unknown];
    expect(String(message)).toBe("to itself");
    socket.close();
  });

  test("a constructor that inherits with util.inherits may call Socket", async () => {
    function Legacy(this: Socket): void {
      (dgram.Socket as unknown as (this: object, type: string) => void).call(this, "udp4");
    }
    inherits(Legacy, dgram.Socket);
    const socket = new (Legacy as unknown as new () => Socket)();
    expect(socket).toBeInstanceOf(dgram.Socket);
    const port = await bindLoopback(socket);
    const received = messages(socket, 1);
    socket.send("x", port, LOOPBACK);
    expect(await received).toEqual(["x"]);
    socket.close();
  });

  test("a message comes as a Buffer with memory of its own, and its sender", async () => {
    const [server, client] = [dgram.createSocket("udp4"), dgram.createSocket("udp4")];
    const port = await bindLoopback(server);
    const from = await bindLoopback(client);
    const text = "sixty-four bytes or less";
    client.send(text, port, LOOPBACK);
    const [message, rinfo] = (await once(server, "message")) as [Buffer, object];
    expect([String(message), message.byteOffset, message.buffer.byteLength]).toEqual([text, 0, text.length]);
    expect(Object.entries(rinfo)).toEqual([
      ["address", LOOPBACK],
      ["family", "IPv4"],
      ["port", from],
      ["size", text.length],
    ]);
    for (const socket of [server, client]) socket.close();
  });

  test("send() takes strings, Buffers, views, lists of them, and slices", async () => {
    const server = dgram.createSocket("udp4");
    const port = await bindLoopback(server);
    const bytes = Buffer.from("abcdef");
    const received = messages(server, 9);
    const client = dgram.createSocket("udp4");
    const send = client.send.bind(client) as (...args: unknown[]) => void;
    await bindLoopback(client);
    send("text", port, LOOPBACK);
    send(bytes, port, LOOPBACK);
    send(new Uint8Array(bytes), port, LOOPBACK);
    send(new DataView(bytes.buffer, bytes.byteOffset, 2), port, LOOPBACK);
    send(new Uint16Array([0x4142]), port, LOOPBACK);
    send(["a", bytes, new Uint8Array([98])], port, LOOPBACK);
    send([], port, LOOPBACK);
    send(bytes, 1, 3, port, LOOPBACK);
    send("slice", 2, 2, port);
    expect(await received).toEqual(["text", "abcdef", "abcdef", "ab", "BA", "aabcdefb", "", "bcd", "ic"]);
    for (const socket of [server, client]) socket.close();
  });

  test("send() to an error of the system reports it to the callback, and to nobody without one", async () => {
    const socket = dgram.createSocket("udp4");
    await bindLoopback(socket);
    const errors: unknown[] = [];
    socket.on("error", (error) => errors.push(error));
    const fate = (data: string, address: string): Promise<unknown> =>
      new Promise((resolve) => socket.send(data, DISCARD, address, (error) => resolve(factsOf(error))));
    socket.send("x", DISCARD, "255.255.255.255");
    socket.send("x".repeat(70_000), DISCARD, LOOPBACK);
    expect(await fate("x", "255.255.255.255")).toMatchObject({
      ...{ message: "send EACCES 255.255.255.255:9", code: "EACCES", syscall: "send", address: "255.255.255.255", port: 9 },
      keys: ["errno", "code", "syscall", "address", "port"],
    });
    expect(await fate("x".repeat(70_000), LOOPBACK)).toMatchObject({ message: "send EMSGSIZE 127.0.0.1:9", errno: -90 });
    expect(await fate("x", "::1")).toMatchObject({ message: "send EINVAL ::1:9" });
    expect(errors).toEqual([]);
    socket.close();
  });

  test("bind() to a number that is taken emits an error with address and port, and the socket may be bound again", async () => {
    const [first, second] = [dgram.createSocket("udp4"), dgram.createSocket("udp4")];
    const port = await bindLoopback(first);
    second.bind(port, LOOPBACK);
    const [error] = await once(second, "error");
    expect(factsOf(error)).toMatchObject({
      ...{ message: `bind EADDRINUSE 127.0.0.1:${port}`, code: "EADDRINUSE", syscall: "bind", address: LOOPBACK, port },
      keys: ["errno", "code", "syscall", "address", "port"],
    });
    await bindLoopback(second);
    for (const socket of [first, second]) socket.close();
  });

  test("close() frees the number before it returns", async () => {
    const first = dgram.createSocket("udp4");
    const port = await bindLoopback(first);
    const second = dgram.createSocket("udp4");
    first.close();
    second.bind(port, LOOPBACK);
    await once(second, "listening");
    expect(portOf(second)).toBe(port);
    second.close();
  });

  test("reuseAddr lets two sockets have one number", async () => {
    const sockets = [dgram.createSocket({ type: "udp4", reuseAddr: true }), dgram.createSocket({ type: "udp4", reuseAddr: true })];
    sockets[0]!.bind(0);
    await once(sockets[0]!, "listening");
    sockets[1]!.bind(portOf(sockets[0]!));
    await once(sockets[1]!, "listening");
    for (const socket of sockets) socket.close();
  });

  test("lookup is called with name and family for binding and each datagram; its error goes to the callback, or is an event", async () => {
    const calls: unknown[] = [];
    const failing = new Set(["fails"]);
    const lookup = (name: string, family: unknown, callback: (error: Error | null, address: string, family: number) => void): void => {
      calls.push([name, family]);
      if (failing.has(name)) callback(new Error("no such name"), "", 4);
      else callback(null, LOOPBACK, 4);
    };
    const socket = dgram.createSocket({ type: "udp4", lookup } as unknown as SocketOptions);
    socket.bind(0, "here");
    expect(socket.address().address).toBe(LOOPBACK); // the look-up called back at once, so the socket is bound
    const received = messages(socket, 2);
    socket.send("1", portOf(socket), "there");
    socket.send("2", portOf(socket));
    expect(await received).toEqual(["1", "2"]);
    const failed = once(socket, "error");
    socket.send("3", portOf(socket), "fails");
    expect((await failed)[0]).toMatchObject({ message: "no such name" });
    const error = await new Promise((resolve) => socket.send("4", portOf(socket), "fails", resolve));
    expect(error).toMatchObject({ message: "no such name" });
    expect(calls).toEqual([
      ["here", 4],
      ["there", 4],
      [LOOPBACK, 4],
      ["fails", 4],
      ["fails", 4],
    ]);
    socket.close();
  });

  test("names are looked up by dns.lookup for binding, connecting and sending", async () => {
    const server = dgram.createSocket("udp4");
    server.bind(0, "localhost");
    await once(server, "listening");
    const client = dgram.createSocket("udp4");
    const received = messages(server, 2);
    await new Promise((resolve) => client.send("to a name", portOf(server), "localhost", resolve));
    client.connect(portOf(server), "localhost");
    await once(client, "connect");
    client.send("to the peer");
    expect((await received).sort()).toEqual(["to a name", "to the peer"]);
    for (const socket of [server, client]) socket.close();
  });

  test("ipv6Only leaves IPv4 to others, and an IPv4 socket with it cannot be bound", async () => {
    const six = dgram.createSocket({ type: "udp6", ipv6Only: true });
    six.bind(0);
    await once(six, "listening");
    const four = dgram.createSocket("udp4");
    four.bind(portOf(six));
    await once(four, "listening");
    const wrong = dgram.createSocket({ type: "udp4", ipv6Only: true });
    wrong.bind(0);
    expect(factsOf((await once(wrong, "error"))[0])).toMatchObject({ message: "bind EINVAL 0.0.0.0" });
    for (const socket of [six, four, wrong]) socket.close();
  });

  test("a signal closes the socket, and one that is aborted already does so at once", async () => {
    const controller = new AbortController();
    const socket = dgram.createSocket({ type: "udp4", signal: controller.signal });
    await bindLoopback(socket);
    controller.abort();
    await once(socket, "close");
    const late = dgram.createSocket({ type: "udp4", signal: controller.signal });
    expect(() => late.address()).toThrow(expect.objectContaining({ code: "ERR_SOCKET_DGRAM_NOT_RUNNING" }));
    await once(late, "close");
  });

  test("the channel udp.socket publishes each socket", () => {
    const published: unknown[] = [];
    const note = (message: unknown): unknown => published.push(message);
    channel("udp.socket").subscribe(note);
    const socket = dgram.createSocket("udp4");
    channel("udp.socket").unsubscribe(note);
    expect(published).toEqual([{ socket }]);
    socket.close();
  });

  test("await using closes a socket, and does nothing on a closed one", async () => {
    const socket = dgram.createSocket("udp4");
    let closed = 0;
    socket.on("close", () => closed++);
    await socket[Symbol.asyncDispose]();
    await socket[Symbol.asyncDispose]();
    expect(closed).toBe(1);
  });

  test("members of a group receive, until they leave", async () => {
    const socket = dgram.createSocket({ type: "udp4", reuseAddr: true });
    socket.bind(0);
    await once(socket, "listening");
    const group = "239.255.66.7";
    socket.setMulticastInterface(LOOPBACK);
    socket.addMembership(group, LOOPBACK);
    const first = messages(socket, 1);
    socket.send("to the group", portOf(socket), group);
    expect(await first).toEqual(["to the group"]);
    socket.dropMembership(group, LOOPBACK);
    const next = messages(socket, 1);
    socket.send("left", portOf(socket), group);
    socket.send("fence", portOf(socket), LOOPBACK);
    expect(await next).toEqual(["fence"]);
    socket.close();
  });

  test("getSendQueueSize() and getSendQueueCount() are 0 once the network has taken everything", async () => {
    const socket = dgram.createSocket("udp4");
    expect([socket.getSendQueueSize(), socket.getSendQueueCount()]).toEqual([0, 0]);
    await bindLoopback(socket);
    socket.send("x", DISCARD, LOOPBACK);
    expect([socket.getSendQueueSize(), socket.getSendQueueCount()]).toEqual([0, 0]);
    socket.close();
  });

  test("IPv6: addresses, senders and peers", async () => {
    const [server, client] = [dgram.createSocket("udp6"), dgram.createSocket("udp6")];
    server.bind(0, "::1");
    await once(server, "listening");
    expect(server.address()).toMatchObject({ address: "::1", family: "IPv6" });
    client.connect(portOf(server), "::1");
    await once(client, "connect");
    expect(client.remoteAddress()).toEqual({ address: "::1", family: "IPv6", port: portOf(server) });
    client.send("x");
    const [, rinfo] = await once(server, "message");
    expect(rinfo).toEqual({ address: "::1", family: "IPv6", port: portOf(client), size: 1 });
    for (const socket of [server, client]) socket.close();
  });

  test("a socket connected to a port without socket hears of it", async () => {
    const gone = dgram.createSocket("udp4");
    const port = await bindLoopback(gone);
    gone.close();
    const socket = dgram.createSocket("udp4");
    socket.connect(port, LOOPBACK);
    await once(socket, "connect");
    socket.send("x");
    const [error] = await once(socket, "error");
    expect(factsOf(error)).toMatchObject({ message: "recvmsg ECONNREFUSED", code: "ECONNREFUSED", syscall: "recvmsg" });
    socket.close();
  });
});

describe("what only newer versions of Node have", () => {
  test("bindSync() and connectSync() are done when they return, and their events come in a tick", async () => {
    const [server, client] = [dgramOfGroupcast.createSocket("udp4"), dgramOfGroupcast.createSocket("udp4")];
    const events: string[] = [];
    server.on("listening", () => events.push("listening"));
    client.on("connect", () => events.push("connect"));
    const { port } = server.bindSync({ address: LOOPBACK });
    client.connectSync(port);
    expect(client.remoteAddress()).toMatchObject({ port });
    expect(events).toEqual([]);
    const received = messages(server, 1);
    client.send("x");
    expect(await received).toEqual(["x"]);
    expect(events).toEqual(["listening", "connect"]);
    for (const socket of [server, client]) socket.close();
  });

  test("block lists keep senders out, and refuse destinations", async () => {
    const blockList = new BlockList();
    blockList.addAddress("127.0.0.2");
    const server = dgramOfGroupcast.createSocket({ type: "udp4", receiveBlockList: blockList });
    const port = await bindLoopback(server);
    const received = messages(server, 1);
    const blocked = dgramOfGroupcast.createSocket("udp4");
    blocked.bind(0, "127.0.0.2");
    await once(blocked, "listening");
    await new Promise((resolve) => blocked.send("blocked", port, LOOPBACK, resolve));
    const client = dgramOfGroupcast.createSocket({ type: "udp4", sendBlockList: blockList });
    await new Promise((resolve) => client.send("fence", port, LOOPBACK, resolve));
    expect(await received).toEqual(["fence"]);
    const refused = { code: "ERR_IP_BLOCKED", message: "IP(127.0.0.2) is blocked by net.BlockList" };
    expect(await new Promise((resolve) => client.send("x", port, "127.0.0.2", resolve))).toMatchObject(refused);
    expect(await new Promise((resolve) => client.connect(port, "127.0.0.2", resolve as () => void))).toMatchObject(refused);
    expect(() => client.connectSync(port, "127.0.0.2")).toThrow(expect.objectContaining(refused));
    for (const socket of [server, blocked, client]) socket.close();
  });
});

test("transportOf() returns the port of a bound socket, and nothing before and after", async () => {
  const socket = dgramOfGroupcast.createSocket("udp4");
  expect(transportOf(socket)).toBeUndefined();
  const port = await bindLoopback(socket);
  expect(transportOf(socket)?.getHost()).toMatchObject({ address: LOOPBACK, port });
  socket.send("x", port, LOOPBACK);
  await once(socket, "message");
  expect(transportOf(socket)?.statistics()).toMatchObject({ sent: 1, received: 1 });
  socket.close();
  expect(transportOf(socket)).toBeUndefined();
  expect(transportOf(MODULES[0][1].createSocket("udp4").close())).toBeUndefined();
  await endOfTurn();
});
