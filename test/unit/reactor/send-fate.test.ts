import { ERRNO } from "@groupcast/base";
import type { UDPPort } from "@groupcast/reactor";
import { describe, expect, test } from "vitest";
import { BACKENDS } from "../../support/backends.js";
import { needs, Received, reactorOn } from "./loopback-stage.js";
import { Stage, turn } from "./stage.js";

const TO = { address: "192.0.2.1", port: 80 };
const OTHER = { address: "192.0.2.2", port: 80 };

/** Names of promises in the order in which they settle. */
function order(promises: Readonly<Record<string, Promise<unknown>>>): string[] {
  const settled: string[] = [];
  for (const [name, promise] of Object.entries(promises))
    promise.then(
      () => settled.push(name),
      (error: { code: string }) => settled.push(`${name} ${error.code}`),
    );
  return settled;
}

/** A port whose network takes nothing, with `count` datagrams of write() in the backlog. */
async function congested(count: number) {
  const listening = new Stage().listen();
  listening.socket.sendOutcomes.push(...new Array<number>(100).fill(ERRNO.EAGAIN));
  for (let i = 0; i < count; i++) listening.port.write("w", TO);
  await turn();
  return listening;
}

test("send() resolves when the network has taken the datagram, and goes with write() in one burst, in order", async () => {
  const { port, socket, events } = new Stage().listen();
  port.write("1", TO);
  const sent = port.send("2", TO);
  port.write("3", TO);
  expect(socket.sent).toEqual([]);
  await expect(sent).resolves.toBeUndefined();
  expect(socket.texts).toEqual(["1", "2", "3"]);
  expect(socket.burstSizes).toEqual([3]);
  expect(events).toEqual([]);
  expect(port.statistics()).toMatchObject({ sent: 3, sendFailed: 0 });
});

test.each([
  ["ENETUNREACH", "ERR_SEND", "SystemError"],
  ["EMSGSIZE", "ERR_MESSAGE_TOO_LONG", "MessageLengthError"],
] as const)("send() rejects with %s of its own datagram, which is counted and is no event", async (errnoName, code, name) => {
  const { port, socket, events } = new Stage().listen();
  socket.sendOutcomes.push(2, ERRNO[errnoName]); // each peer's datagrams leave side by side: 1, 3, 2
  const fates = [port.send("1", TO), port.send("2", OTHER), port.send("3", TO)];
  const settled = await Promise.allSettled(fates);
  expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(settled[1]).toMatchObject({ reason: { code, name, errnoName, operation: "send", ...OTHER } });
  await turn();
  expect(socket.texts).toEqual(["1", "3"]);
  expect(events).toEqual([]);
  expect(port.statistics()).toMatchObject({ sent: 2, sendFailed: 1 });
});

test("send() that meets a refusal of the peer rejects, and the refusal is still reported", async () => {
  const { port, protocol, socket } = new Stage().listen();
  port.connect(TO.address, TO.port);
  socket.sendOutcomes.push(ERRNO.ECONNREFUSED);
  await expect(port.send("x")).rejects.toMatchObject({ code: "ERR_SEND", errnoName: "ECONNREFUSED", ...TO });
  await turn();
  expect(protocol.calls).toEqual(["startProtocol", "connectionRefused"]);
  expect(port.statistics()).toMatchObject({ refused: 1, sendFailed: 0 });
});

test("send() behind a backlog settles when its turn has come, in any burst", async () => {
  const { port, socket } = await congested(70);
  const settled = order({ sent: port.send("s", TO), lost: port.send("l", TO) });
  port.write("last", TO);
  await turn();
  expect(settled).toEqual([]);
  socket.sendOutcomes.length = 0;
  socket.sendOutcomes.push(64, 7, ERRNO.EPERM);
  socket.becomeWritable();
  await turn();
  expect(settled).toEqual(["sent", "lost ERR_SEND"]);
  expect(socket.texts.slice(-2)).toEqual(["s", "last"]);
});

test("send() to many peers in turn settles each fate by its own datagram", async () => {
  const { port, socket } = new Stage().listen();
  socket.sendOutcomes.push(2, ERRNO.EACCES, 1);
  const settled = order({ a: port.send("a", TO), b: port.send("b", OTHER), c: port.send("c", TO), d: port.send("d", OTHER) });
  await turn();
  expect(settled).toEqual(["a", "c", "b ERR_SEND", "d"]); // each peer's datagrams leave side by side
  expect(socket.texts).toEqual(["a", "c", "d"]);
});

test("send() into a full queue rejects with ERR_SEND_QUEUE_FULL, is counted, and is no event", async () => {
  const { port, events } = await congested(1024);
  const filled = port.statistics().queued;
  await expect(port.send("x", TO)).rejects.toMatchObject({ code: "ERR_SEND_QUEUE_FULL", name: "StateError", ...TO });
  await turn();
  expect(port.statistics()).toMatchObject({ dropped: 1, queued: filled });
  expect(events).toEqual([]);
});

test("send() rejects with ERR_CLOSED when the port stops and the network does not take the datagram", async () => {
  const stage = new Stage();
  const { port, socket } = stage.listen();
  socket.sendOutcomes.push(...new Array<number>(10).fill(ERRNO.EAGAIN));
  const settled = order({ one: port.send("1", TO), two: port.send("2", TO) });
  await turn();
  const late = order({ late: port.send("3", TO) });
  const stopped = port.stopListening();
  await stage.clock.advance(999);
  expect([...settled, ...late]).toEqual([]);
  await stage.clock.advance(1);
  await stopped;
  expect([...settled, ...late]).toEqual(["one ERR_CLOSED", "two ERR_CLOSED", "late ERR_CLOSED"]);
  expect(port.statistics()).toMatchObject({ dropped: 3 });
});

test("send() before a stop resolves when the network still takes the datagram", async () => {
  const { port, socket } = new Stage().listen();
  const sent = port.send("x", TO);
  const stopped = port.stopListening();
  await expect(sent).resolves.toBeUndefined();
  await stopped;
  expect(socket.texts).toEqual(["x"]);
});

test("send() of multicast that reaches nobody by TTL and loopback mode resolves, and is counted", async () => {
  const { port, socket } = new Stage().listenMulticast({ ttl: 0, loopback: false });
  await expect(port.send("x", { address: "239.255.0.1", port: 1 })).resolves.toBeUndefined();
  expect(socket.sent).toEqual([]);
  expect(port.statistics().suppressed).toBe(1);
});

test("send() of multicast that cannot leave rejects with the reason, and is no event", async () => {
  const stage = new Stage({ interfaces: [] });
  const { port, events } = stage.listenMulticast({ ttl: 0 });
  await expect(port.send("x", { address: "239.255.0.1", port: 1 })).rejects.toMatchObject({ code: "ERR_SEND", errnoName: "ENODEV" });
  await turn();
  expect(events).toEqual([]);
});

test.each([
  ["no destination", ["x"], "ERR_NO_DESTINATION"],
  ["a name", ["x", { address: "localhost", port: 1 }], "ERR_ADDRESS_NOT_IP"],
  ["no payload", [5, TO], "ERR_ARGUMENT_TYPE"],
  ["an unknown option", ["x", TO, { ttl: 3 }], "ERR_OPTION_UNKNOWN"],
  ["a payload too long", ["x".repeat(65_508), TO], "ERR_MESSAGE_TOO_LONG"],
] as const)("send() with %s rejects, throws nothing, and names itself", async (_name, args, code) => {
  const { port, socket } = new Stage().listen();
  const sent = (port.send.bind(port) as (...args: readonly unknown[]) => Promise<void>)(...args);
  await expect(sent).rejects.toMatchObject({ code, operation: expect.stringMatching(/^(send|write)$/) as unknown });
  await turn();
  expect(socket.sent).toEqual([]);
});

test("a failed send() leaves the fate of the next write() alone", async () => {
  const { port, socket, events } = new Stage().listen();
  await expect(port.send("x")).rejects.toMatchObject({ code: "ERR_NO_DESTINATION" });
  socket.sendOutcomes.push(ERRNO.EPERM);
  port.write("y", TO);
  await turn();
  expect(events.map(([event]) => event)).toEqual(["sendFailed"]);
});

test("send() whose arguments send from their getters settles each by its own datagram", async () => {
  const { port, socket } = new Stage().listen();
  const inner: Promise<void>[] = [];
  const to = {
    port: 80,
    get address() {
      if (inner.length < 2) inner.push(port.send("inner", OTHER));
      port.write("written", OTHER);
      return TO.address;
    },
  };
  const options = {
    get interface() {
      inner.push(port.send("late", OTHER));
      return undefined;
    },
  };
  socket.sendOutcomes.push(1, 1, 1, ERRNO.EPERM);
  const outer = port.send("outer", to, options);
  const outcomes = await Promise.allSettled([outer, ...inner]);
  expect(socket.texts).toEqual(["inner", "written", "late"]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
});

describe("drained()", () => {
  test("resolves although a listener of drain writes more", async () => {
    const { port, socket } = await congested(1100);
    port.once("drain", () => void port.write("more", TO));
    const drained = port.drained();
    socket.sendOutcomes.length = 0;
    socket.becomeWritable();
    await expect(drained).resolves.toBeUndefined();
    await turn();
    expect(socket.texts.at(-1)).toBe("more");
  });

  test("resolves when all that was written has left, and at once when nothing waits", async () => {
    const { port, socket } = new Stage().listen();
    await port.drained();
    port.write("x", TO);
    await port.drained();
    expect(socket.texts).toEqual(["x"]);
  });

  test("waits for the backlog", async () => {
    const { port, socket } = await congested(3);
    const settled = order({ drained: port.drained(), too: port.drained() });
    await turn();
    expect(settled).toEqual([]);
    socket.sendOutcomes.length = 0;
    socket.becomeWritable();
    await turn();
    expect(settled).toEqual(["drained", "too"]);
    expect(port.statistics().queued).toBe(0);
  });

  test("resolves when the network refuses what is left", async () => {
    const { port, socket } = await congested(1);
    const drained = port.drained();
    socket.sendOutcomes.length = 0;
    socket.sendOutcomes.push(ERRNO.EPERM);
    socket.becomeWritable();
    await expect(drained).resolves.toBeUndefined();
  });

  test("rejects with ERR_CLOSED when the port stops with datagrams left, and resolves when they leave in time", async () => {
    const stage = new Stage();
    const { port, socket } = stage.listen();
    socket.sendOutcomes.push(...new Array<number>(10).fill(ERRNO.EAGAIN));
    port.write("x", TO);
    const drained = order({ drained: port.drained() });
    const stopped = port.stopListening();
    await stage.clock.advance(1000);
    await stopped;
    expect(drained).toEqual(["drained ERR_CLOSED"]);
  });
});

describe.each(BACKENDS)("on %s", (backend) => {
  needs(backend);

  async function withPorts(use: (port: UDPPort, received: Received) => Promise<void>): Promise<void> {
    await using reactor = reactorOn(backend);
    const received = new Received();
    reactor.listenUDP(0, received, { interface: "127.0.0.1" });
    await use(reactor.listenUDP(0, { datagramReceived() {} }, { interface: "127.0.0.1" }), received);
  }

  test("send() resolves for each datagram that arrives, also between others", async () => {
    await withPorts(async (port, received) => {
      const to = received.transport.getHost();
      port.write("1", to);
      await Promise.all([port.send("2", to), port.send("3", to)]);
      await port.drained();
      await received.arrivals(3);
      expect(received.texts).toEqual(["1", "2", "3"]);
    });
  });

  test("send() rejects with what the OS refused, and its neighbours resolve", async () => {
    await withPorts(async (port, received) => {
      const to = received.transport.getHost();
      const failures: unknown[] = [];
      port.on("sendFailed", (failure) => failures.push(failure));
      const broadcast = { address: "255.255.255.255", port: 9 };
      const settled = await Promise.allSettled([port.send("1", to), port.send("no", broadcast), port.send("2", to)]);
      expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      expect(settled[1]).toMatchObject({ reason: { code: "ERR_SEND", errnoName: "EACCES", ...broadcast } });
      await received.arrivals(2);
      expect(failures).toEqual([]);
      expect(port.statistics().sendFailed).toBe(1);
    });
  });
});
