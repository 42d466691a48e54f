import { ERRNO } from "@groupcast/base";
import { expect, test } from "vitest";
import { Stage, turn } from "./stage.js";

const TO = { address: "192.0.2.1", port: 80 };
const LINGER_MS = 1000;

test("stopListening() right after write() still sends", async () => {
  const { port, socket } = new Stage().listen();
  for (let i = 0; i < 20; i++) port.write(String(i), TO);
  await port.stopListening();
  expect(socket.sent).toHaveLength(20);
  expect(port.statistics()).toMatchObject({ sent: 20, dropped: 0, queued: 0 });
});

test("stopListening() waits for the network to take what is left, and no longer", async () => {
  const stage = new Stage();
  const { port, protocol, socket } = stage.listen();
  socket.sendOutcomes.push(ERRNO.EAGAIN);
  port.write("late", TO);
  const stopped = port.stopListening();
  await turn();
  expect(protocol.calls).not.toContain("stopProtocol");
  socket.becomeWritable();
  await stopped;
  expect(socket.texts).toEqual(["late"]);
  expect(stage.clock.pendingCalls).toBe(0);
  expect(stage.clock.nowMs()).toBe(0);
});

test("stopListening() gives up after a second, and counts what did not leave as dropped", async () => {
  const stage = new Stage();
  const { port, protocol, socket, events } = stage.listen();
  socket.sendOutcomes.push(ERRNO.EAGAIN);
  port.write("one", TO);
  port.write("two", TO);
  const stopped = port.stopListening();
  await stage.clock.advance(LINGER_MS - 1);
  expect(protocol.calls).not.toContain("stopProtocol");
  await stage.clock.advance(1);
  await stopped;
  expect(socket.sent).toEqual([]);
  expect(socket.isClosed).toBe(true);
  expect(port.statistics()).toMatchObject({ sent: 0, dropped: 2, queued: 0 });
  expect(events).toEqual([["closed"]]);
});

test("stopListening() tells failures of the last datagrams before it tells closed", async () => {
  const { port, socket, events } = new Stage().listen();
  socket.sendOutcomes.push(ERRNO.ENETUNREACH);
  port.write("lost", TO);
  await port.stopListening();
  expect(events.map(([event]) => event)).toEqual(["sendFailed", "closed"]);
});

test("stopListening() tells dropped before it tells closed", async () => {
  const stage = new Stage();
  const { port, socket, events } = stage.listen();
  socket.sendOutcomes.push(ERRNO.EAGAIN);
  port.write("x", TO);
  await turn();
  while (port.write("x", TO));
  const stopped = port.stopListening();
  await stage.clock.advance(LINGER_MS);
  await stopped;
  expect(events.map(([event]) => event)).toEqual(["dropped", "closed"]);
});

test("stopListening() resolves after closed was told, when the socket is closed", async () => {
  const { port, socket } = new Stage().listen();
  const order: string[] = [];
  port.on("closed", () => order.push(`closed, socket ${socket.isClosed ? "closed" : "open"}`));
  await port.stopListening().then(() => order.push("resolved"));
  expect(order).toEqual(["closed, socket closed", "resolved"]);
});

test("stopListening() resolves though the OS does not tell the address any more", async () => {
  const stage = new Stage();
  const { port, socket } = stage.listen();
  stage.backend.refuse("localAddress", "EBADF", "EBADF", "EBADF");
  await port.stopListening();
  expect(socket.isClosed).toBe(true);
  expect(port.getHost()).toEqual({ address: "0.0.0.0", port: 9999, family: 4 });
});

test("stopListening() frees the number for another port", async () => {
  const stage = new Stage();
  await stage.listen().port.stopListening();
  expect(stage.listen().port.getHost().port).toBe(9999);
});

test("closed is told once, and nothing after it", async () => {
  const stage = new Stage();
  const { port, events } = stage.listen();
  await port.stopListening();
  await stage.reactor.stop();
  await turn();
  expect(events).toEqual([["closed"]]);
});
