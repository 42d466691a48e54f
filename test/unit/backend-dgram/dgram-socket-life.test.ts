import { Socket } from "node:dgram";
import { setImmediate as nextTurn } from "node:timers/promises";
import { socketAddress } from "@groupcast/backend";
import { answered } from "@groupcast/backend-compliance";
import { ERRNO, UnsupportedError } from "@groupcast/base";
import { expect, test, vi } from "vitest";
import { accepted, batchTo, DgramSockets, localOf, sendOne, settle, WIDE } from "./dgram-sockets.js";
import { runWithFewDescriptors } from "./run-program.js";

const LOOPBACK = socketAddress("127.0.0.1", 0);

test("bind() has bound when it returns, to a free port where 0 was asked for", () => {
  using sockets = new DgramSockets();
  const { socket } = sockets.open();
  expect(socket.localAddress()).toEqual(socketAddress("0.0.0.0", 0));
  expect(socket.bind(LOOPBACK)).toBe(0);
  const { address, port } = localOf(socket);
  expect(address).toBe("127.0.0.1");
  expect(port).toBeGreaterThan(0);
});

test("bind() returns -EADDRINUSE inside the call when the port is taken, and the socket can be bound elsewhere then", () => {
  using sockets = new DgramSockets();
  const taken = sockets.listen();
  const { socket } = sockets.open();
  expect(socket.bind(taken.local)).toBe(ERRNO.EADDRINUSE);
  expect(socket.bind(LOOPBACK)).toBe(0);
});

test("bind() returns -EADDRNOTAVAIL when the address is another host's", () => {
  using sockets = new DgramSockets();
  expect(sockets.open().socket.bind(socketAddress("198.51.100.1", 0))).toBe(ERRNO.EADDRNOTAVAIL);
});

test("bind() returns -EINVAL when the socket is bound, -EBADF when it is closed", () => {
  using sockets = new DgramSockets();
  const { socket } = sockets.listen();
  expect(socket.bind(LOOPBACK)).toBe(ERRNO.EINVAL);
  socket.close();
  expect(socket.bind(LOOPBACK)).toBe(ERRNO.EBADF);
});

test("bind() lets two sockets share a port when both were told to reuse the address", () => {
  using sockets = new DgramSockets();
  const first = sockets.open().socket;
  const second = sockets.open().socket;
  accepted(first.setOption("reuseAddress", 1));
  accepted(second.setOption("reuseAddress", 1));
  accepted(first.bind(LOOPBACK));
  expect(second.bind(localOf(first))).toBe(0);
});

test("ipv6Only leaves the port to an IPv4 socket when it is set before bind()", () => {
  using sockets = new DgramSockets();
  const six = sockets.open(6).socket;
  accepted(six.setOption("ipv6Only", 1));
  accepted(six.bind(socketAddress("::", 0)));
  expect(sockets.open().socket.bind(socketAddress("0.0.0.0", localOf(six).port))).toBe(0);
});

test("close() frees the port at once", () => {
  using sockets = new DgramSockets();
  const { socket, local } = sockets.listen();
  socket.close();
  expect(sockets.open().socket.bind(local)).toBe(0);
});

test("close() loses nothing that was taken before it", async () => {
  using sockets = new DgramSockets();
  const receiver = sockets.listen();
  const sender = sockets.listen();
  const texts = Array.from({ length: 20 }, (_, index) => `number ${index}`);
  expect(sender.socket.send(batchTo(texts, receiver.local), 0, 20)).toBe(20);
  sender.socket.close();
  await receiver.seen.arrivals(20);
  expect(receiver.seen.texts).toEqual(texts);
});

test("close() ends delivery, also of what has arrived already", async () => {
  using sockets = new DgramSockets();
  const closed = sockets.listen();
  const sender = sockets.listen();
  sendOne(sender.socket, "too late", closed.local);
  closed.socket.close();
  closed.socket.close();
  await settle(sender);
  expect(closed.seen.datagrams).toEqual([]);
});

test("close() inside received() makes that datagram the last", async () => {
  using sockets = new DgramSockets();
  const receiver = sockets.listen();
  const sender = sockets.listen();
  receiver.seen.onReceived = () => receiver.socket.close();
  sender.socket.send(batchTo(["first", "second"], receiver.local), 0, 2);
  await settle(sender);
  expect(receiver.seen.texts).toEqual(["first"]);
});

test("close() ends reports of errors, though Node's socket may live on for a datagram that libuv has queued", () => {
  using sockets = new DgramSockets();
  const bind = vi.spyOn(Socket.prototype, "bind");
  const { socket, seen } = sockets.listen();
  const inner = bind.mock.contexts.at(-1) as Socket;
  vi.restoreAllMocks();
  const unread = Object.assign(new Error("recvmsg EIO"), { code: "EIO", errno: ERRNO.EIO, syscall: "recvmsg" });
  const refused = Object.assign(new Error("recvmsg ECONNREFUSED"), { code: "ECONNREFUSED", errno: ERRNO.ECONNREFUSED, syscall: "recvmsg" });
  inner.emit("error", unread);
  inner.emit("error", refused);
  socket.close();
  inner.emit("error", unread);
  inner.emit("error", refused);
  expect(seen.failures).toEqual([{ errno: ERRNO.EIO, operation: "recvmsg" }]);
  expect(seen.lost).toEqual([{ errno: ERRNO.ECONNREFUSED, peer: undefined }]);
});

test("failed() tells of an error that is no errno of the OS, too", () => {
  using sockets = new DgramSockets();
  const bind = vi.spyOn(Socket.prototype, "bind");
  const { seen } = sockets.listen();
  const inner = bind.mock.contexts.at(-1) as Socket;
  vi.restoreAllMocks();
  inner.emit("error", new Error("odd"));
  expect(seen.failures).toEqual([{ errno: ERRNO.UNKNOWN, operation: "recvmsg" }]);
});

test("close() ends delivery, though Node's socket may live on for a datagram that libuv has queued", () => {
  using sockets = new DgramSockets();
  const bind = vi.spyOn(Socket.prototype, "bind");
  const { socket, seen } = sockets.listen();
  const inner = bind.mock.contexts.at(-1) as Socket;
  vi.restoreAllMocks();
  const from = { address: "127.0.0.1", family: "IPv4", port: 9, size: 1 };
  inner.emit("message", Buffer.from("1"), from);
  socket.close();
  inner.emit("message", Buffer.from("2"), from);
  expect(seen.texts).toEqual(["1"]);
});

test("close() makes everything that needs the kernel answer -EBADF", () => {
  using sockets = new DgramSockets();
  const { socket, local } = sockets.listen();
  const lo = answered(sockets.backend.network.interfaces())[0];
  socket.close();
  const outcomes = [
    socket.localAddress(),
    socket.connect(local),
    socket.disconnect(),
    sendOne(socket, "x", local),
    socket.startReading(WIDE),
    socket.setOption("broadcast", 1),
    socket.getOption("broadcast"),
    socket.setMulticastInterface(lo),
    socket.join("239.255.0.1", lo, undefined),
    socket.leave("239.255.0.1", lo, undefined),
  ];
  expect(new Set(outcomes)).toEqual(new Set([ERRNO.EBADF]));
  expect(socket.peerAddress()).toBeUndefined();
});

test("unref() lets the process end while the socket is open, also when it came before bind(); ref() undoes it", async () => {
  using sockets = new DgramSockets();
  const { socket } = sockets.open();
  socket.unref();
  accepted(socket.bind(LOOPBACK));
  await nextTurn(); // closed sockets, of earlier tests too, count until the turn ends
  expect(process.getActiveResourcesInfo()).not.toContain("UDPWrap");
  socket.ref();
  expect(process.getActiveResourcesInfo()).toContain("UDPWrap");
  socket.unref();
  expect(process.getActiveResourcesInfo()).not.toContain("UDPWrap");
});

test("ref() before bind() undoes unref() before it", async () => {
  using sockets = new DgramSockets();
  const { socket } = sockets.open();
  socket.unref();
  socket.ref();
  await nextTurn(); // closed sockets of earlier tests count until the turn ends
  expect(process.getActiveResourcesInfo()).not.toContain("UDPWrap");
  accepted(socket.bind(LOOPBACK));
  await nextTurn(); // bind() has closed a socket, too
  expect(process.getActiveResourcesInfo()).toContain("UDPWrap");
});

test("bind() returns the errno of an option that the OS refuses, also when a multicast interface was chosen before", () => {
  using sockets = new DgramSockets();
  const { socket } = sockets.open();
  const lo = answered(sockets.backend.network.interfaces()).find(({ flags }) => flags.loopback);
  accepted(socket.setOption("broadcast", 1));
  accepted(socket.setMulticastInterface(lo));
  const refused = Object.assign(new Error("setBroadcast EPERM"), { code: "EPERM", errno: ERRNO.EPERM, syscall: "setBroadcast" });
  vi.spyOn(Socket.prototype, "setBroadcast").mockImplementation(() => {
    throw refused;
  });
  expect(socket.bind(LOOPBACK)).toBe(ERRNO.EPERM);
  vi.restoreAllMocks();
  expect(socket.bind(LOOPBACK)).toBe(0);
});

test("blockSource() and unblockSource() throw UnsupportedError", () => {
  using sockets = new DgramSockets();
  const { socket } = sockets.listen();
  const lo = answered(sockets.backend.network.interfaces()).find(({ flags }) => flags.loopback)!;
  expect(() => socket.blockSource("239.255.0.1", lo, "192.0.2.1")).toThrow(UnsupportedError);
  expect(() => socket.unblockSource("239.255.0.1", lo, "192.0.2.1")).toThrow(UnsupportedError);
});

test("calls answer -EMFILE when there are no more descriptors, and go on when there are", async () => {
  expect(await runWithFewDescriptors("no-descriptors.mjs")).toEqual({
    bind: "EMFILE",
    join: "EMFILE",
    setMulticastInterface: "EMFILE",
    interfaces: "EMFILE",
    sizeBeforeBind: "EMFILE",
    afterwards: 0,
  });
});

test("bind() that throws half way leaves no socket bound, and getOption() none open", () => {
  using sockets = new DgramSockets();
  const closed = vi.spyOn(Socket.prototype, "close");
  const { socket } = sockets.open();
  accepted(socket.setOption("broadcast", 1));
  vi.spyOn(Socket.prototype, "setBroadcast").mockImplementation(refuse);
  expect(() => socket.bind(LOOPBACK)).toThrow("a bug");
  expect(closed).toHaveBeenCalledTimes(2); // the one that found a free port, and the one that was to be kept
  vi.mocked(Socket.prototype.setBroadcast).mockRestore();
  expect(socket.bind(LOOPBACK)).toBe(0);

  const { socket: other } = sockets.open();
  closed.mockClear();
  vi.spyOn(Socket.prototype, "getRecvBufferSize").mockImplementation(refuse);
  expect(() => other.getOption("receiveBufferBytes")).toThrow("a bug");
  expect(closed).toHaveBeenCalledTimes(2);
  vi.restoreAllMocks();
});

function refuse(): never {
  throw new TypeError("a bug");
}
