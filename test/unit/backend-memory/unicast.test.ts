import { MemoryNetwork } from "@groupcast/backend-memory";
import { describe, expect, test } from "vitest";
import { at, batchOf, named, ProbeOpener } from "./socket-probe.js";

function twoHosts(): ProbeOpener {
  const opener = new ProbeOpener(new MemoryNetwork());
  opener.network.host("a");
  opener.network.host("b");
  return opener;
}

describe.each([
  { family: 4 as const, a: "10.0.0.1", b: "10.0.0.2", loopback: "127.0.0.1", longest: 65_507 },
  { family: 6 as const, a: "fd00::1", b: "fd00::2", loopback: "::1", longest: 65_527 },
])("IPv$family", ({ family, a, b, loopback, longest }) => {
  test("send() delivers bytes and sender to the other host, when the clock moves", async () => {
    const opener = twoHosts();
    const sender = opener.open("a", { family, port: 4000 });
    const receiver = opener.open("b", { family });
    expect(sender.send("hello", at(b))).toBe(1);
    expect(receiver.texts).toEqual([]);
    await opener.settle();
    expect(receiver.datagrams).toMatchObject([{ text: "hello", from: family === 4 ? `${a}:4000` : `[${a}]:4000`, atMs: 0 }]);
  });

  test("send() to an address of its own, and to loopback, comes back", async () => {
    const opener = twoHosts();
    const socket = opener.open("a", { family });
    socket.send("own", at(a));
    socket.send("loopback", at(loopback));
    expect(socket.texts).toEqual([]);
    await opener.settle();
    expect(socket.datagrams).toMatchObject([{ text: "own" }, { text: "loopback" }]);
  });

  test("send() keeps the order, and gives one wake-up what arrives at one instant", async () => {
    const opener = twoHosts();
    const receiver = opener.open("b", { family });
    const texts = Array.from({ length: 40 }, (_, index) => `${index}`);
    expect(opener.open("a", { family }).socket.send(batchOf(texts, at(b)), 0, 40)).toBe(40);
    await opener.settle();
    expect(receiver.texts).toEqual(texts);
    expect(receiver.wakeUps).toEqual([40]);
  });

  test("send() takes from … to - 1, and copies", async () => {
    const opener = twoHosts();
    const receiver = opener.open("b", { family });
    const batch = batchOf(["0", "1", "2", "3"], at(b));
    expect(opener.open("a", { family }).socket.send(batch, 1, 3)).toBe(2);
    batch.bytes.fill("x");
    await opener.settle();
    expect(receiver.texts).toEqual(["1", "2"]);
  });

  test("send() delivers the empty and the longest datagram, and refuses a longer one with EMSGSIZE", async () => {
    const opener = twoHosts();
    const receiver = opener.open("b", { family });
    const sender = opener.open("a", { family });
    expect(sender.send("", at(b))).toBe(1);
    expect(sender.send(Buffer.alloc(longest, "x"), at(b))).toBe(1);
    expect(named(sender.send(Buffer.alloc(longest + 1), at(b)))).toBe("EMSGSIZE");
    await opener.settle();
    expect(receiver.texts.map((text) => text.length)).toEqual([0, longest]);
  });

  test("send() says how many were taken before the one that was refused", () => {
    const opener = twoHosts();
    const sender = opener.open("a", { family });
    const texts = ["a", "b", Buffer.alloc(longest + 1), "c"];
    expect(sender.socket.send(batchOf(texts, at(b)), 0, 4)).toBe(2);
    expect(named(sender.socket.send(batchOf(texts, at(b)), 2, 4))).toBe("EMSGSIZE");
  });

  test("received() flags what is longer than maxPacketBytes, and cuts it", async () => {
    const opener = twoHosts();
    const receiver = opener.open("b", { family, limits: { maxPacketBytes: 4, maxDatagrams: 64, maxBytes: 1000 } });
    const sender = opener.open("a", { family });
    sender.send("1234", at(b));
    sender.send("12345", at(b));
    await opener.settle();
    expect(receiver.datagrams).toMatchObject([
      { text: "1234", truncated: false },
      { text: "1234", truncated: true, arrival: { truncated: true } },
    ]);
  });

  test("received() gets at most maxDatagrams, and ends soon after maxBytes, empty datagrams included", async () => {
    const opener = twoHosts();
    const few = opener.open("b", { family, limits: { maxPacketBytes: 100, maxDatagrams: 3, maxBytes: 1000 } });
    const small = opener.open("b", { family, port: 5001, limits: { maxPacketBytes: 100, maxDatagrams: 64, maxBytes: 10 } });
    const sender = opener.open("a", { family });
    for (let index = 0; index < 7; index++) sender.send("", at(b));
    for (let index = 0; index < 5; index++) sender.send("1234567", at(b, 5001));
    await opener.settle();
    expect(few.wakeUps).toEqual([3, 3, 1]);
    expect(small.wakeUps).toEqual([2, 2, 1]);
  });

  test("connect() receives from the peer only, and sends to it without a destination", async () => {
    const opener = twoHosts();
    const peer = opener.open("b", { family });
    const stranger = opener.open("b", { family, port: 5001 });
    const client = opener.open("a", { family, port: 4000 });
    expect(client.socket.connect(at(b))).toBe(0);
    expect(client.socket.localAddress()).toMatchObject({ address: a, port: 4000 });
    expect(client.socket.peerAddress()).toMatchObject({ address: b, port: 5000 });
    client.send("to the peer");
    stranger.send("stranger", at(a, 4000));
    peer.send("peer", at(a, 4000));
    await opener.settle();
    expect(peer.texts).toEqual(["to the peer"]);
    expect(client.texts).toEqual(["peer"]);
  });

  test("disconnect() takes all senders again, on the same port", async () => {
    const opener = twoHosts();
    const stranger = opener.open("b", { family, port: 5001 });
    const client = opener.open("a", { family, port: 0 });
    const before = client.socket.localAddress();
    client.socket.connect(at(b));
    expect(client.socket.disconnect()).toBe(0);
    expect(client.socket.localAddress()).toEqual(before);
    expect(client.socket.peerAddress()).toBeUndefined();
    expect(named(client.send("nobody there"))).toBe("EDESTADDRREQ");
    expect(client.socket.disconnect()).toBe(0);
    const { port } = before as { port: number };
    stranger.send("stranger", at(a, port));
    await opener.settle();
    expect(client.texts).toEqual(["stranger"]);
  });

  test("send() from a socket that is not bound takes a port of the ephemeral range", async () => {
    const opener = twoHosts();
    const receiver = opener.open("b", { family });
    const sender = opener.unbound("a", family);
    expect(sender.send("hello", at(b))).toBe(1);
    const { port } = sender.socket.localAddress() as { port: number };
    expect(port).toBeGreaterThanOrEqual(32_768);
    expect(port).toBeLessThanOrEqual(60_999);
    await opener.settle();
    expect(receiver.datagrams[0]?.from.endsWith(`:${port}`)).toBe(true);
  });

  test("send() to port 0 is EINVAL", () => {
    expect(named(twoHosts().open("a", { family }).send("x", { address: b, port: 0 }))).toBe("EINVAL");
  });

  test("close() ends everything: nothing arrives any more, calls give EBADF, the port is free", async () => {
    const opener = twoHosts();
    const sender = opener.open("a", { family });
    const receiver = opener.open("b", { family });
    sender.send("too late", at(b));
    receiver.socket.close();
    receiver.socket.close();
    await opener.settle();
    expect(receiver.texts).toEqual([]);
    expect(named(receiver.send("x", at(a)))).toBe("EBADF");
    expect(named(receiver.socket.localAddress())).toBe("EBADF");
    expect(opener.tryToBind("b", { family }).outcome).toBe(0);
  });

  test("close() inside received() ends the wake-ups at once", async () => {
    const opener = twoHosts();
    const receiver = opener.open("b", { family, limits: { ...{ maxPacketBytes: 10, maxDatagrams: 1, maxBytes: 10 } } });
    receiver.onReceived = () => receiver.socket.close();
    const sender = opener.open("a", { family });
    for (const text of ["1", "2", "3"]) sender.send(text, at(b));
    await opener.settle();
    expect(receiver.texts).toEqual(["1"]);
  });

  test("stopReading() leaves datagrams in the buffer until startReading()", async () => {
    const opener = twoHosts();
    const receiver = opener.open("b", { family, isIdle: true });
    opener.open("a", { family }).send("waits", at(b));
    await opener.clock.advance(100);
    expect(receiver.texts).toEqual([]);
    receiver.socket.startReading({ maxPacketBytes: 100, maxDatagrams: 1, maxBytes: 100 });
    expect(receiver.texts).toEqual([]);
    await opener.settle();
    expect(receiver.texts).toEqual(["waits"]);
  });
});

test("view() lies in memory that the next batch uses again, copy() does not", async () => {
  const opener = twoHosts();
  const receiver = opener.open("b");
  const views: Buffer[] = [];
  const copies: Buffer[] = [];
  receiver.onReceived = (batch) => {
    views.push(batch.view(0));
    copies.push(batch.copy(0));
    expect(batch.view(0)).toBe(views.at(-1));
    expect(batch.lengthBytes(0)).toBe(5);
  };
  const sender = opener.open("a");
  sender.send("first", at("10.0.0.2"));
  await opener.settle();
  expect(String(views[0])).toBe("first");
  sender.send("other", at("10.0.0.2"));
  await opener.settle();
  expect(String(views[0])).toBe("other");
  expect(copies.map(String)).toEqual(["first", "other"]);
});

test("view() of one receiver is not that of another: changing it changes nobody else's", async () => {
  const opener = twoHosts();
  const members = ["a", "b"].map((host) => opener.member(host, "239.1.1.1"));
  for (const member of members) member.onReceived = (batch) => batch.view(0).fill("x");
  members[0]!.onReceived = (batch) => batch.view(0).fill("x");
  opener.open("a", { port: 4000 }).send("shared", at("239.1.1.1"));
  await opener.settle();
  expect(members.map(({ texts }) => texts)).toEqual([["shared"], ["shared"]]);
});

test("received() that throws rejects advance() and takes nothing from other sockets", async () => {
  const opener = twoHosts();
  const first = opener.open("b");
  const second = opener.open("b", { port: 5001 });
  first.onReceived = () => {
    throw new RangeError("thrown by an observer");
  };
  const sender = opener.open("a");
  sender.send("1", at("10.0.0.2"));
  sender.send("2", at("10.0.0.2", 5001));
  await expect(opener.settle()).rejects.toBeInstanceOf(RangeError);
  await opener.settle();
  expect(second.texts).toEqual(["2"]);
});

test("from() gives one object for all datagrams of a sender", async () => {
  const opener = twoHosts();
  const receiver = opener.open("b");
  const senders = new Set<unknown>();
  receiver.onReceived = (batch) => senders.add(batch.from(0));
  const sender = opener.open("a");
  for (let index = 0; index < 3; index++) {
    sender.send("x", at("10.0.0.2"));
    await opener.settle();
  }
  expect(senders.size).toBe(1);
});

test("arrival() fills what the receive options ask for, and nothing else", async () => {
  const opener = new ProbeOpener(new MemoryNetwork({ epochMs: 1_700_000_000_000, link: { delayMs: 2.5 } }));
  opener.network.host("a");
  const plain = opener.open("b");
  const options = { receivePacketInfo: 1, receiveTtl: 1, receiveTimestamp: 1, receiveDropCount: 1 };
  const curious = opener.open("b", { port: 5001, options });
  const sender = opener.open("a", { options: { unicastTtl: 17 } });
  sender.send("x", at("10.0.0.2"));
  sender.send("x", at("10.0.0.2", 5001));
  await opener.clock.advance(10);
  expect(plain.datagrams[0]?.arrival).toEqual({ truncated: false });
  expect(curious.datagrams[0]?.arrival).toEqual({
    destination: "10.0.0.2",
    interface: "eth0",
    interfaceIndex: 2,
    ttl: 17,
    timestampNs: 1_700_000_000_002_500_000n,
    truncated: false,
  });
});
