import { readdirSync } from "node:fs";
import { socketAddress } from "@groupcast/backend";
import { answered } from "@groupcast/backend-compliance";
import { NativeBackend } from "@groupcast/backend-native";
import { ERRNO } from "@groupcast/base";
import { expect, test } from "vitest";
import { runProgram } from "../../support/backend-native-program.js";
import { accepted, deadPeer, localOf, NativeSockets, needAddonAnd, Recorder, sendTo, WIDE } from "../../support/native-sockets.js";

needAddonAnd();

test("new NativeBackend() says to call load()", () => {
  const make = NativeBackend as unknown as new () => NativeBackend;
  expect(() => new make()).toThrow(expect.objectContaining({ name: "BackendLoadError", code: "ERR_BACKEND_LOAD" }));
  expect(() => new make()).toThrow("call NativeBackend.load()");
});

test("close() frees the port at once", () => {
  using sockets = new NativeSockets();
  const { socket, local } = sockets.listen();
  socket.close();
  expect(sockets.open().socket.bind(local)).toBe(0);
});

test("close() inside received() ends everything, and can be called again", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen();
  const other = sockets.listen();
  accepted(socket.startReading({ ...WIDE, maxDatagrams: 1 }));
  seen.onReceived = () => {
    socket.close();
    socket.close();
  };
  sendTo(other.socket, local, "1", "2", "3");
  await seen.arrivals(1);
  sendTo(other.socket, other.local, "fence");
  await other.seen.arrivals(1);
  expect(seen.texts).toEqual(["1"]);
});

test("close() of another socket that is ready in the same turn keeps it silent", async () => {
  using sockets = new NativeSockets();
  const [one, two] = [sockets.listen(), sockets.listen()];
  one.seen.onReceived = () => two.socket.close();
  two.seen.onReceived = () => one.socket.close();
  const sender = sockets.listen();
  sendTo(sender.socket, one.local, "x");
  sendTo(sender.socket, two.local, "x");
  await Promise.race([one.seen.arrivals(1), two.seen.arrivals(1)]);
  sendTo(sender.socket, sender.local, "fence");
  await sender.seen.arrivals(1);
  expect(one.seen.texts.length + two.seen.texts.length).toBe(1);
});

test("every call on a closed socket returns EBADF, and nothing happens", () => {
  using sockets = new NativeSockets();
  const { socket, local } = sockets.listen();
  const loopback = sockets.interface("lo");
  socket.close();
  const outcomes = [
    socket.bind(local),
    socket.connect(local),
    socket.disconnect(),
    socket.localAddress(),
    sendTo(socket, local, "x"),
    socket.startReading(WIDE),
    socket.setOption("broadcast", 1),
    socket.getOption("broadcast"),
    socket.setMulticastInterface(loopback),
    socket.join("239.255.43.1", loopback, undefined),
    socket.leave("239.255.43.1", loopback, undefined),
  ];
  expect(outcomes).toEqual(outcomes.map(() => ERRNO.EBADF));
  expect(socket.peerAddress()).toBeUndefined();
  for (const call of [socket.stopReading, socket.ref, socket.unref]) call.call(socket);
});

test("close() of 10,000 sockets leaves no descriptor behind", () => {
  using sockets = new NativeSockets();
  const { network } = sockets.backend;
  answered(network.interfaces());
  const count = (): number => readdirSync("/proc/self/fd").length;
  const before = count();
  for (let i = 0; i < 10_000; i++) {
    const socket = sockets.backend.openSocket(i % 2 === 0 ? 4 : 6, new Recorder());
    if (typeof socket === "number") throw new Error(`socket ${i} was refused with ${socket}`);
    accepted(socket.bind(socketAddress(i % 2 === 0 ? "127.0.0.1" : "::1", 0)));
    accepted(socket.startReading(WIDE));
    socket.close();
  }
  expect(count()).toBe(before);
});

test("an arrival has no interface, but its index, while there are no descriptors to ask for its name", async () => {
  expect(await runProgram("nameless-interface.mjs")).toEqual([
    { truncated: false, destination: "127.0.0.1", interfaceIndex: 1 },
    { truncated: false, destination: "127.0.0.1", interfaceIndex: 1, interface: "lo" },
  ]);
});

test("openSocket(), the network and a zone by name answer -EMFILE when there are no more descriptors", async () => {
  expect(await runProgram("no-descriptors.mjs")).toEqual({
    openSocket: "EMFILE",
    interfaces: "EMFILE",
    routes: ["EMFILE", "EMFILE"],
    watch: "EMFILE",
    zone: "EMFILE",
    noSuchZone: "ENODEV",
    afterwards: ["answered", "answered", "answered"],
  });
});

test("unref() lets the process end, ref() keeps it, and a socket keeps it also while it does not read", async () => {
  expect(await runProgram("references.mjs", { args: ["unref"] })).toEqual({ endedBy: "nothing left to do" });
  expect(await runProgram("references.mjs", { args: ["ref"] })).toEqual({ endedBy: "the timer" });
  expect(await runProgram("references.mjs", { args: ["paused"] })).toEqual({ endedBy: "the timer" });
  expect(await runProgram("references.mjs", { args: ["closed"] })).toEqual({ endedBy: "nothing left to do" });
});

test("sockets in use survive process.exit(), also inside received()", async () => {
  expect(await runProgram("busy-exit.mjs")).toEqual({ exitsInside: true });
});

test("sockets in worker threads are separate, and end with their thread even when it is terminated while busy", async () => {
  expect(await runProgram("worker-threads.mjs")).toEqual({ echoes: [100, 100, 100], terminated: [1, 1, 1], descriptorsLeft: 0 });
});

test("garbage collection closes a socket that was never bound, and spares one that is in use", async () => {
  expect(await runProgram("forgotten-sockets.mjs", { nodeOptions: ["--expose-gc"] })).toEqual({
    descriptorsLeft: 0,
    isInUseAlive: true,
    arrived: "still there",
    forgotten: true,
  });
});

test("an exception of the observer becomes an uncaught one, and the socket goes on", async () => {
  expect(await runProgram("throwing-observer.mjs")).toEqual({ caught: ["from received", "from sendFailed"], arrived: 2 });
});

test("localAddress() before bind() is the any address with port 0", () => {
  using sockets = new NativeSockets();
  expect(localOf(sockets.open(4).socket)).toEqual({ address: "0.0.0.0", port: 0, family: 4 });
  expect(localOf(sockets.open(6).socket)).toEqual({ address: "::", port: 0, family: 6 });
  expect(deadPeer(sockets).port).toBeGreaterThan(0);
});
