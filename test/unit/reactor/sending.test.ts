import { ERRNO } from "@groupcast/base";
import { expect, test } from "vitest";
import { Notes, Stage, turn } from "./stage.js";

const TO = { address: "192.0.2.1", port: 80 };

test("write() sends when the JavaScript that runs now has run, and all of it in one burst", async () => {
  const { port, socket } = new Stage().listen();
  for (const text of ["a", "b", "c"]) expect(port.write(text, TO)).toBe(true);
  expect(socket.sent).toEqual([]);
  expect(port.statistics()).toMatchObject({ queued: 3, sent: 0 });
  await Promise.resolve();
  expect(socket.texts).toEqual(["a", "b", "c"]);
  expect(socket.burstSizes).toEqual([3]);
  expect(port.statistics()).toMatchObject({ queued: 0, sent: 3, sentBytes: 3 });
});

test("write() inside datagramReceived() leaves with the answers to the whole batch", async () => {
  const { port, protocol, socket } = new Stage().listen();
  protocol.onReceived = ({ data, from }) => port.write(data, from);
  socket.deliver("1", "2", "3");
  await turn();
  expect(socket.burstSizes).toEqual([3]);
  expect(socket.texts).toEqual(["1", "2", "3"]);
});

test("write() delivers nothing while it is on the stack", async () => {
  const { port, protocol, socket } = new Stage().listen();
  port.write("x", port.getHost());
  expect(protocol.received).toEqual([]);
  await turn();
  expect(socket.texts).toEqual(["x"]);
});

test.each([
  ["a Uint8Array", () => Uint8Array.of(0x61, 0x62)],
  ["a Buffer", () => Buffer.from("ab")],
  ["a view into a larger buffer", () => new Uint8Array(Uint8Array.of(0, 0x61, 0x62, 0).buffer, 1, 2)],
  ["memory that is shared", () => new Uint8Array(new SharedArrayBuffer(2)).fill(0x61).map((byte, index) => byte + index)],
  ["a string", () => "ab"],
])("write() takes %s", async (_what, make) => {
  const { port, socket } = new Stage().listen();
  port.write(make(), TO);
  await turn();
  expect(socket.texts).toEqual(["ab"]);
});

test("write() sends a string as UTF-8, what is no character replaced", async () => {
  const { port, socket } = new Stage().listen();
  for (const text of ["grüße", "🦊", "\ud800"]) port.write(text, TO);
  await turn();
  expect(socket.texts).toEqual(["grüße", "🦊", "\ufffd"]);
});

test("write() has copied the buffer when it returns, so that it may be used again", async () => {
  const { port, socket } = new Stage().listen();
  const buffer = Buffer.from("first");
  port.write(buffer, TO);
  buffer.write("other");
  port.write(buffer, TO);
  buffer.fill(0);
  await turn();
  expect(socket.texts).toEqual(["first", "other"]);
});

test("write() keeps a copy in the backlog too", async () => {
  const { port, socket } = new Stage().listen();
  socket.sendOutcomes.push(ERRNO.EAGAIN);
  const buffer = Buffer.from("first");
  port.write(buffer, TO);
  await turn();
  port.write(buffer, TO);
  buffer.fill(0);
  socket.becomeWritable();
  expect(socket.texts).toEqual(["first", "first"]);
});

test("write() sends 64 datagrams in a burst, then the rest, in order", async () => {
  const { port, socket } = new Stage().listen();
  const texts = Array.from({ length: 150 }, (_, index) => String(index));
  for (const text of texts) port.write(text, TO);
  expect(socket.burstSizes).toEqual([64, 64]);
  await turn();
  expect(socket.burstSizes).toEqual([64, 64, 22]);
  expect(socket.texts).toEqual(texts);
});

test("write() starts another burst when 64 KiB would not hold the next datagram", async () => {
  const { port, socket } = new Stage().listen();
  for (let i = 0; i < 5; i++) port.write(Buffer.alloc(30_000, i), TO);
  await turn();
  expect(socket.burstSizes).toEqual([2, 2, 1]);
  expect(socket.sent.map(({ bytes }) => [bytes.length, bytes[0], bytes.at(-1)])).toEqual([0, 1, 2, 3, 4].map((i) => [30_000, i, i]));
});

test("write() fills a burst to the last byte of 64 KiB", async () => {
  const { port, socket } = new Stage().listen();
  port.write(Buffer.alloc(65_507), TO);
  port.write(Buffer.alloc(29), TO);
  port.write("", TO);
  port.write("x", TO);
  await turn();
  expect(socket.burstSizes).toEqual([3, 1]);
});

test("write() of empty datagrams sends each of them", async () => {
  const { port, socket } = new Stage().listen();
  for (let i = 0; i < 65; i++) port.write("", TO);
  await turn();
  expect(socket.burstSizes).toEqual([64, 1]);
  expect(port.statistics()).toMatchObject({ sent: 65, sentBytes: 0 });
});

test("write() to many peers keeps each with its own", async () => {
  const { port, socket } = new Stage().listen();
  for (let i = 1; i <= 3; i++) port.write(`to ${i}`, { address: `192.0.2.${i}`, port: i });
  await turn();
  expect(socket.sent.map(({ text, to }) => [text, to?.address, to?.port])).toEqual([
    ["to 1", "192.0.2.1", 1],
    ["to 2", "192.0.2.2", 2],
    ["to 3", "192.0.2.3", 3],
  ]);
});

test("write() goes on where the backend took only a part of the burst", async () => {
  const { port, socket } = new Stage().listen();
  socket.sendOutcomes.push(2, 1);
  for (const text of ["1", "2", "3", "4", "5"]) port.write(text, TO);
  await turn();
  expect(socket.burstSizes).toEqual([2, 1, 2]);
  expect(socket.texts).toEqual(["1", "2", "3", "4", "5"]);
});

test("write() of many ports in one turn borrows a bounded number of slabs, and loses nothing", async () => {
  const { backend, reactor } = new Stage();
  const ports = Array.from({ length: 40 }, () => reactor.listenUDP(0, new Notes()));
  for (const round of ["a", "b"]) for (const port of ports) port.write(round, TO);
  await turn();
  expect(backend.sockets.map(({ texts }) => texts)).toEqual(ports.map(() => ["a", "b"]));
});

test("writeSequence() sends its parts one behind another", async () => {
  const { port, socket } = new Stage().listen();
  port.writeSequence([Buffer.from("some"), new Uint8Array(0), Uint8Array.of(0x21)], TO);
  await turn();
  expect(socket.texts).toEqual(["some!"]);
});
