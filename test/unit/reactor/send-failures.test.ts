import { socketAddress } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { MessageLengthError } from "groupcast";
import { expect, test } from "vitest";
import { errnoOf } from "../../support/errno-of.js";
import { Stage, turn } from "./stage.js";

const TO = { address: "192.0.2.1", port: 80 };
const PEER = socketAddress("192.0.2.1", 80);

test.each(["ENETUNREACH", "EHOSTUNREACH", "ENOBUFS", "EPERM", "EACCES", "EINVAL"])(
  "%s from send is told by sendFailed",
  async (errnoName) => {
    const { port, socket, events } = new Stage().listen();
    socket.sendOutcomes.push(errnoOf(errnoName));
    expect(port.write("lost", TO)).toBe(true);
    await turn();
    const error = expect.objectContaining({ code: "ERR_SEND", name: "SystemError", operation: "write", errnoName, ...TO });
    expect(events).toEqual([["sendFailed", { error, to: PEER }]]);
    expect(port.statistics()).toMatchObject({ sendFailed: 1, sent: 0, queued: 0 });
  },
);

test("a failure in the middle of a burst does not lose the rest", async () => {
  const { port, socket, events } = new Stage().listen();
  socket.sendOutcomes.push(1, ERRNO.ENETUNREACH, ERRNO.EACCES);
  for (const text of ["1", "2", "3", "4", "5"]) port.write(text, TO);
  await turn();
  expect(socket.texts).toEqual(["1", "4", "5"]);
  expect(events.map(([event]) => event)).toEqual(["sendFailed", "sendFailed"]);
  expect(port.statistics()).toMatchObject({ sent: 3, sendFailed: 2 });
});

test("failures of one turn are told once, and those of the next turn are told, too", async () => {
  const { port, socket, events } = new Stage().listen();
  for (const errno of [ERRNO.ENETUNREACH, ERRNO.EACCES, ERRNO.EPERM]) {
    socket.sendOutcomes.push(errno);
    port.write("x", TO);
    await turn();
  }
  const names = events.map(([, failure]) => (failure as { error: { errnoName: string } }).error.errnoName);
  expect(names).toEqual(["ENETUNREACH", "EACCES", "EPERM"]);
});

test("a failure found while write() flushes a full burst is told later, never inside it", async () => {
  const { port, socket, events } = new Stage().listen();
  socket.sendOutcomes.push(ERRNO.ENETUNREACH);
  for (let i = 0; i < 65; i++) port.write("x", TO);
  expect(socket.sent).toHaveLength(63);
  expect(events).toEqual([]);
  await turn();
  expect(events).toHaveLength(1);
});

test("EMSGSIZE from the network is a MessageLengthError with the length", async () => {
  const { port, socket, events } = new Stage().listen();
  socket.sendOutcomes.push(ERRNO.EMSGSIZE);
  port.write("x".repeat(2000), TO);
  await turn();
  const [event, failure] = events[0] as [string, { error: MessageLengthError }];
  expect(event).toBe("sendFailed");
  expect(failure.error).toBeInstanceOf(MessageLengthError);
  expect(failure.error).toMatchObject({ code: "ERR_MESSAGE_TOO_LONG", lengthBytes: 2000, ...TO });
});

test("sendFailed() of the backend is told with the peer that the ICMP error came from", () => {
  const { port, socket, events } = new Stage().listen();
  socket.loseDatagram("EHOSTUNREACH", PEER);
  expect(events).toMatchObject([["sendFailed", { error: { code: "ERR_SEND", errnoName: "EHOSTUNREACH", ...TO }, to: PEER }]]);
  expect(port.statistics().sendFailed).toBe(1);
});

test("sendFailed() of the backend without a peer is told without one", () => {
  const { socket, events } = new Stage().listen();
  socket.loseDatagram("EHOSTUNREACH");
  expect(events).toMatchObject([["sendFailed", { error: { errnoName: "EHOSTUNREACH" }, to: undefined }]]);
  expect(events).not.toMatchObject([["sendFailed", { error: { address: expect.anything() } }]]);
});

test("ECONNREFUSED of a port that is not connected is told by refused, not to the protocol", () => {
  const { port, protocol, socket, events } = new Stage().listen();
  socket.loseDatagram("ECONNREFUSED", PEER);
  expect(events).toEqual([["refused", { peer: PEER }]]);
  expect(protocol.calls).toEqual(["startProtocol"]);
  expect(port.statistics()).toMatchObject({ refused: 1, sendFailed: 0 });
});

test("ECONNREFUSED of a connected port calls connectionRefused(), tells no event, and the port stays open", () => {
  const { port, protocol, socket, events } = new Stage().listen();
  port.connect("192.0.2.1", 80);
  socket.loseDatagram("ECONNREFUSED", PEER);
  socket.loseDatagram("ECONNREFUSED", PEER);
  expect(protocol.calls).toEqual(["startProtocol", "connectionRefused", "connectionRefused"]);
  expect(events).toEqual([]);
  expect(socket.isClosed).toBe(false);
  expect(port.statistics()).toMatchObject({ refused: 2, sendFailed: 0 });
});

test("ECONNREFUSED of another destination than the peer is told by refused: the datagram left before the port was connected", () => {
  const { port, protocol, socket, events } = new Stage().listen();
  port.connect("192.0.2.9", 80);
  socket.loseDatagram("ECONNREFUSED", PEER);
  expect(protocol.calls).toEqual(["startProtocol"]);
  expect(events).toEqual([["refused", { peer: PEER }]]);
});

test("ECONNREFUSED from send itself calls connectionRefused() from the loop, and the next datagram is sent", async () => {
  const { port, protocol, socket } = new Stage().listen();
  port.connect("192.0.2.1", 80);
  socket.sendOutcomes.push(ERRNO.ECONNREFUSED);
  port.write("refused");
  port.write("sent");
  expect(protocol.calls).toEqual(["startProtocol"]);
  await turn();
  expect(protocol.calls).toEqual(["startProtocol", "connectionRefused"]);
  expect(socket.texts).toEqual(["sent"]);
});

test("ECONNREFUSED of a port connected to a group is told by refused: no single member is its peer", () => {
  const { port, protocol, socket, events } = new Stage().listen();
  port.connect("239.255.0.1", 80);
  socket.loseDatagram("ECONNREFUSED", PEER);
  expect(protocol.calls).toEqual(["startProtocol"]);
  expect(events).toEqual([["refused", { peer: PEER }]]);
});

test("connectionRefused() that throws is told, and the port stays open", () => {
  const { port, protocol, socket, events } = new Stage().listen();
  port.connect("192.0.2.1", 80);
  const thrown = new Error("spam");
  protocol.onRefused = () => {
    throw thrown;
  };
  socket.loseDatagram("ECONNREFUSED", PEER);
  expect(events).toEqual([["error", thrown]]);
  expect(socket.isClosed).toBe(false);
  expect(port.statistics().protocolErrors).toBe(1);
});

test("connectionRefused() is not called after stopListening(), but the refusal is counted", async () => {
  const { port, protocol, socket } = new Stage().listen();
  port.connect("192.0.2.1", 80);
  const stopped = port.stopListening();
  socket.loseDatagram("ECONNREFUSED", PEER);
  await stopped;
  expect(protocol.calls).toEqual(["startProtocol", "stopProtocol"]);
  expect(port.statistics().refused).toBe(1);
});

test("stopListening() inside connectionRefused() stops the port", async () => {
  const { port, protocol, socket } = new Stage().listen();
  port.connect("192.0.2.1", 80);
  protocol.onRefused = () => void port.stopListening();
  socket.loseDatagram("ECONNREFUSED", PEER);
  await turn();
  expect(socket.isClosed).toBe(true);
});
