import { once as nodeOnce, on } from "node:events";
import { once, type SendFailure, type SystemError, type UDPPort } from "groupcast";
import { expect, expectTypeOf, test } from "vitest";
import { Stage } from "../reactor/stage.js";

const LOST: unknown = expect.objectContaining({
  error: expect.objectContaining({ errnoName: "ENETUNREACH" }),
});

test("once() waits for an event of a port, and types it", async () => {
  const { port, socket } = new Stage().listen();
  const waiting = once(port as UDPPort, "sendFailed");
  socket.loseDatagram("ENETUNREACH");
  const [failure] = await waiting;
  expectTypeOf(failure).toEqualTypeOf<SendFailure>();
  expectTypeOf(failure.error).toEqualTypeOf<SystemError>();
  expect(failure).toEqual(LOST);
});

test("once() of a reactor resolves with the port that has closed", async () => {
  const { reactor } = new Stage();
  const port = reactor.listenUDP(0, { datagramReceived() {} });
  const waiting = once(reactor, "closed");
  await port.stopListening();
  const [closed] = await waiting;
  expectTypeOf(closed).toEqualTypeOf<UDPPort>();
  expect(closed).toBe(port);
});

test("once() rejects when an error comes first, when its signal aborts, and for an event that does not exist", async () => {
  const { port, socket } = new Stage().listen();
  const failed = once(port, "sendFailed");
  socket.failReading("EIO");
  await expect(failed).rejects.toMatchObject({ code: "ERR_RECEIVE" });
  const aborted = new AbortController();
  const waiting = once(port, "closed", { signal: aborted.signal });
  aborted.abort();
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
  // @ts-expect-error: there is no such event
  await expect(once(port, "message")).rejects.toMatchObject({ code: "ERR_NAME_UNKNOWN", argument: "event" });
});

test("once() of node:events waits for an event of a port, and takes its listeners away", async () => {
  const { port, socket } = new Stage().listen();
  const waiting = nodeOnce(port as never, "sendFailed");
  socket.loseDatagram("ENETUNREACH");
  expect(await waiting).toEqual([LOST]);
  socket.failReading("EIO");
  expect(await nodeOnce(port as never, "closed", { signal: AbortSignal.abort() }).catch(({ name }: Error) => name)).toBe("AbortError");
});

test("on() of node:events iterates the events of a port, and ends with it", async () => {
  const { port, socket } = new Stage().listen();
  const failures = on(port as never, "sendFailed", { close: ["closed"] });
  socket.loseDatagram("ENETUNREACH");
  socket.loseDatagram("ENETUNREACH");
  void port.stopListening();
  const seen: unknown[] = [];
  for await (const [failure] of failures) seen.push(failure);
  expect(seen).toEqual([LOST, LOST]);
});

test("await using stops a port at the end of its block", async () => {
  const { reactor, backend } = new Stage();
  {
    await using port = reactor.listenUDP(0, { datagramReceived() {} });
    expect(reactor.ports).toEqual([port]);
  }
  expect(reactor.ports).toEqual([]);
  expect(backend.openSockets).toEqual([]);
});
