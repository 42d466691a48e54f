import { socketAddress } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { expect, test } from "vitest";
import { Notes, Stage, turn } from "./stage.js";

const PEER = socketAddress("192.0.2.1", 80);

test("connectUDP() is connected before startProtocol() runs, and getPeer() tells the peer", () => {
  const { backend, reactor } = new Stage();
  const protocol = new Notes();
  const seen: unknown[] = [];
  protocol.onStart = () => seen.push(protocol.transport.getPeer());
  const port = reactor.connectUDP("192.0.2.1", 80, protocol);
  expect(seen).toEqual([PEER]);
  expect(port.getPeer()).toEqual(PEER);
  expect(backend.last.peerAddress()).toEqual(PEER);
});

test.each([
  ["192.0.2.1", undefined, "0.0.0.0", 4],
  ["2001:db8::1", undefined, "::", 6],
  ["192.0.2.1", { interface: "127.0.0.1" }, "127.0.0.1", 4],
  ["192.0.2.1", {}, "0.0.0.0", 4],
] as const)("connectUDP() to %s with options %o binds to %s", (address, options, local, family) => {
  const { backend, reactor } = new Stage();
  reactor.connectUDP(address, 80, new Notes(), options);
  expect(backend.last.family).toBe(family);
  expect(backend.last.boundTo?.address).toBe(local);
});

test("connectUDP() binds to localPort", () => {
  const { reactor } = new Stage();
  expect(reactor.connectUDP("192.0.2.1", 80, new Notes(), { localPort: 4242 }).getHost().port).toBe(4242);
});

test("connectUDP() throws ERR_CONNECT and leaves nothing open when the backend refuses", () => {
  const { backend, reactor } = new Stage();
  const protocol = new Notes();
  backend.refuse("connect", "ENETUNREACH");
  expect(() => reactor.connectUDP("192.0.2.1", 80, protocol)).toThrow(
    expect.objectContaining({ code: "ERR_CONNECT", errnoName: "ENETUNREACH", address: "192.0.2.1", port: 80 }),
  );
  expect(backend.openSockets).toEqual([]);
  expect(protocol.calls).toEqual([]);
});

test("connect() makes write() need no destination, and accept the peer's", async () => {
  const { port, socket } = new Stage().listen();
  port.connect("192.0.2.1", 80);
  port.write("a");
  port.write("b", undefined);
  port.write("c", { address: "192.0.2.1", port: 80 });
  port.write("d", PEER);
  await turn();
  expect(socket.sent.map(({ text, to }) => [text, to])).toEqual([
    ["a", undefined],
    ["b", undefined],
    ["c", undefined],
    ["d", undefined],
  ]);
});

test.each([
  { address: "192.0.2.2", port: 80 },
  { address: "192.0.2.1", port: 81 },
])("write() of a connected port to %o throws ERR_DESTINATION_FIXED", (to) => {
  const { port } = new Stage().listen();
  port.connect("192.0.2.1", 80);
  expect(() => port.write("x", to)).toThrow(
    expect.objectContaining({ code: "ERR_DESTINATION_FIXED", argument: "to", value: to, operation: "write" }),
  );
});

test("connect() throws ERR_ALREADY_CONNECTED when the port is connected, and keeps its peer", () => {
  const { port } = new Stage().listen();
  port.connect("192.0.2.1", 80);
  expect(() => port.connect("192.0.2.2", 80)).toThrow(
    expect.objectContaining({ code: "ERR_ALREADY_CONNECTED", name: "StateError", address: "192.0.2.2", port: 80 }),
  );
  expect(port.getPeer()).toEqual(PEER);
});

test.each([
  ["localhost", 80, "ERR_ADDRESS_NOT_IP"],
  ["::1", 80, "ERR_FAMILY_MISMATCH"],
  ["192.0.2.1", 0, "ERR_PORT_RANGE"],
  ["192.0.2.1", 65_536, "ERR_PORT_RANGE"],
])("connect(%o, %o) throws %s, and the port can still be connected", (address, number, code) => {
  const stage = new Stage();
  const { port } = stage.listen();
  stage.backend.calls.length = 0;
  expect(() => port.connect(address, number)).toThrow(expect.objectContaining({ code, operation: "connect" }));
  expect(stage.backend.calls).toEqual([]);
  expect(port.getPeer()).toBeUndefined();
  port.connect("192.0.2.1", 80);
  expect(port.getPeer()).toEqual(PEER);
});

test("connect() that the backend refuses throws ERR_CONNECT, and leaves the port as it was", () => {
  const stage = new Stage();
  const { port } = stage.listen();
  stage.backend.refuse("connect", "ENETUNREACH");
  expect(() => port.connect("192.0.2.1", 80)).toThrow(expect.objectContaining({ code: "ERR_CONNECT" }));
  expect(port.getPeer()).toBeUndefined();
  expect(() => port.write("x")).toThrow(expect.objectContaining({ code: "ERR_NO_DESTINATION" }));
  port.connect("192.0.2.1", 80);
});

test("connect() sends first what was written before, to where it was meant to go", async () => {
  const { port, socket } = new Stage().listen();
  port.write("before", { address: "192.0.2.9", port: 9 });
  port.connect("192.0.2.1", 80);
  expect(socket.sent).toMatchObject([{ text: "before", to: { address: "192.0.2.9", port: 9 } }]);
  expect(socket.peerAddress()).toEqual(PEER);
});

test("disconnect() lets the port be connected again, to another peer", async () => {
  const { port, socket } = new Stage().listen();
  port.connect("192.0.2.1", 80);
  port.write("to the first");
  port.disconnect();
  expect(socket.texts).toEqual(["to the first"]);
  expect(port.getPeer()).toBeUndefined();
  expect(socket.peerAddress()).toBeUndefined();
  port.connect("192.0.2.2", 81);
  expect(port.getPeer()).toEqual(socketAddress("192.0.2.2", 81));
});

test("disconnect() leaves what the network has not taken to the peer it was written to", async () => {
  const { port, socket } = new Stage().listen();
  port.connect("192.0.2.1", 80);
  socket.sendOutcomes.push(ERRNO.EAGAIN, ERRNO.EAGAIN);
  port.write("waits");
  port.disconnect();
  socket.becomeWritable();
  socket.becomeWritable();
  expect(socket.sent).toMatchObject([{ text: "waits", to: PEER }]);
});

test("disconnect() throws ERR_NOT_CONNECTED when the port is not connected", () => {
  const { port } = new Stage().listen();
  expect(() => port.disconnect()).toThrow(expect.objectContaining({ code: "ERR_NOT_CONNECTED", operation: "disconnect" }));
});

test("disconnect() that the backend refuses throws ERR_CONNECT, and the port stays connected", () => {
  const stage = new Stage();
  const { port } = stage.listen();
  port.connect("192.0.2.1", 80);
  stage.backend.refuse("disconnect", "ENOBUFS");
  expect(() => port.disconnect()).toThrow(expect.objectContaining({ code: "ERR_CONNECT", operation: "disconnect" }));
  expect(port.getPeer()).toEqual(PEER);
});

test("connect() to a group fixes the destination and leaves the socket alone, so that answers are let in", async () => {
  const stage = new Stage();
  const { port, socket } = stage.listen();
  port.connect("239.255.0.1", 80);
  expect(stage.backend.calls).not.toContain("connect");
  expect(port.getPeer()).toEqual(socketAddress("239.255.0.1", 80));
  port.write("to all");
  await turn();
  expect(socket.sent).toMatchObject([{ text: "to all", to: { address: "239.255.0.1", port: 80 } }]);
  port.disconnect();
  expect(stage.backend.calls).not.toContain("disconnect");
  expect(port.getPeer()).toBeUndefined();
});
