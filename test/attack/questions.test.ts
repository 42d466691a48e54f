// Requests, waits and streams against hostile signals, matches and floods.
import { getEventListeners } from "node:events";
import { DatagramStream, Requester, type SocketAddress } from "@groupcast/reactor";
import { describe, expect, onTestFinished, test } from "vitest";
import { BACKENDS, canLoad } from "../support/backends.js";
import { skipUnless } from "../support/probe.js";
import { Attacked, fakeReactor, strayFailures } from "./support/attacked.js";
import { assertArrivalsCounted } from "./support/audit.js";
import { bite } from "./support/hostile-values.js";
import { until } from "./support/until.js";

const LOOPBACK = { interface: "127.0.0.1" } as const;
const PROPERTIES = ["aborted", "reason", "addEventListener", "removeEventListener", "throwIfAborted"] as const;

/** A signal of a program that has defined a property of its own on it. */
function poisoned(property: (typeof PROPERTIES)[number]): AbortController {
  const controller = new AbortController();
  Object.defineProperty(controller.signal, property, { get: bite });
  return controller;
}

describe.each(BACKENDS)("%s:", (backend) => {
  test.for(PROPERTIES)(
    "a signal whose %s throws aborts request(), deferLater(), resolve() and a port all the same",
    async (property, context) => {
      await skipUnless(context, canLoad(backend));
      const strays = strayFailures();
      await using attacked = new Attacked(backend, { resolver: () => new Promise(() => {}) });
      const { reactor } = attacked;
      const client = new Requester();
      const silent = reactor.listenUDP(0, { datagramReceived() {} }, LOOPBACK);
      reactor.connectUDP("127.0.0.1", silent.getHost().port, client);
      const controller = poisoned(property);
      const { signal } = controller;
      const stopping = reactor.listenUDP(0, { datagramReceived() {} }, { ...LOOPBACK, signal });
      const waits = [client.request("q", { signal }), reactor.deferLater(1e6, { signal }), reactor.resolve("name", { signal })];
      const reason = new Error("enough");
      controller.abort(reason);
      const outcomes = await Promise.allSettled(waits);
      expect(outcomes).toEqual(waits.map(() => ({ status: "rejected", reason })));
      await until("the port to stop", () => !reactor.ports.includes(stopping));
      expect([client.statistics().pending, reactor.getDelayedCalls(), getEventListeners(signal, "abort")]).toEqual([0, [], []]);
      expect([attacked.errors, strays]).toEqual([[], []]);
    },
  );

  test("a match that asks again at each datagram is never offered the datagram for its new question", async (context) => {
    await skipUnless(context, canLoad(backend));
    await using attacked = new Attacked(backend);
    const { reactor } = attacked;
    const server = reactor.listenUDP(
      0,
      {
        datagramReceived(data, from) {
          if (data.toString() === "first") this.transport.write("answer", from);
        },
      },
      LOOPBACK,
    );
    const client = new Requester();
    reactor.connectUDP("127.0.0.1", server.getHost().port, client);
    const asked: Promise<unknown>[] = [];
    const stop = new AbortController();
    const match = (): boolean => {
      if (asked.length < 100) asked.push(client.request("again", { match, signal: stop.signal }).catch(() => {}));
      return false;
    };
    const first = client.request("first", { match, signal: stop.signal });
    await until("an answer that nobody takes", () => client.statistics().unmatched > 0);
    expect(asked.length).toBe(1);
    stop.abort();
    await expect(first).rejects.toThrow("abort");
    await Promise.all(asked);
    expect(client.statistics().pending).toBe(0);
  });

  test("a stream keeps its bound when the program resumes the port under a flood, and each datagram is read or counted", async (context) => {
    await skipUnless(context, canLoad(backend));
    await using attacked = new Attacked(backend);
    const { reactor } = attacked;
    const inbox = new DatagramStream({ maxDatagrams: 8 });
    const port = reactor.listenUDP(0, inbox, LOOPBACK);
    const flood = reactor.listenUDP(0, { datagramReceived() {} }, LOOPBACK);
    let longest = 0;
    for (let round = 0; round < 50; round++) {
      for (let i = 0; i < 20; i++) await flood.send(String(i), port.getHost());
      port.resumeReading();
      await new Promise((resolve) => setImmediate(resolve));
      longest = Math.max(longest, inbox.length);
    }
    expect(longest).toBe(8);
    let read = 0;
    const reading = (async () => {
      for await (const _ of inbox) read++;
    })();
    const arrived = (): number => {
      const { received, kernelDrops, unreadDrops } = port.statistics();
      return received + kernelDrops + unreadDrops;
    };
    await until("every datagram to be read or counted", () => arrived() === 1_000);
    await port.stopListening();
    await reading;
    assertArrivalsCounted(port.statistics(), 1_000);
    expect(read).toBe(port.statistics().received);
  });

  test("ten thousand requests of one signal that are answered, forged at and aborted leave nothing behind", async (context) => {
    await skipUnless(context, canLoad(backend));
    const strays = strayFailures();
    const warnings: Error[] = [];
    const warned = (warning: Error): unknown => warnings.push(warning);
    process.on("warning", warned);
    onTestFinished(() => void process.off("warning", warned));
    await using attacked = new Attacked(backend);
    const { reactor } = attacked;
    const client = new Requester();
    const port = reactor.listenUDP(0, client, LOOPBACK);
    const forger = reactor.listenUDP(0, { datagramReceived() {} }, LOOPBACK);
    const server = reactor.listenUDP(
      0,
      {
        datagramReceived(data, from: SocketAddress) {
          if (data.readUInt32BE(0) % 2 === 0) this.transport.write(data, from);
          if (data.readUInt32BE(0) % 100 === 0) forger.write(data, from);
        },
      },
      LOOPBACK,
    );
    const stop = new AbortController();
    const outcomes = { answered: 0, aborted: 0, other: 0 };
    const ended: Promise<unknown>[] = [];
    const ask = (id: number): void => {
      const query = Buffer.alloc(4);
      query.writeUInt32BE(id);
      const match = (data: Buffer): boolean => data.readUInt32BE(0) === id;
      const request = client.request(query, { to: server.getHost(), match, signal: stop.signal, timeoutMs: 600_000, attempts: 8 });
      ended.push(
        request.then(
          () => outcomes.answered++,
          (error) => (error === stop.signal.reason ? outcomes.aborted++ : outcomes.other++),
        ),
      );
    };
    for (let id = 0; id < 10_000; id += 50) {
      for (let i = id; i < id + 50; i++) ask(i);
      await until("half of the answers", () => outcomes.answered === (id + 50) / 2); // so that no buffer overflows
    }
    await until("the forged answers", () => client.statistics().strangers > 0);
    stop.abort();
    await Promise.all(ended);
    expect(outcomes).toEqual({ answered: 5_000, aborted: 5_000, other: 0 });
    expect(getEventListeners(stop.signal, "abort")).toEqual([]);
    expect(client.statistics()).toMatchObject({ requests: 10_000, pending: 0, answered: 5_000, matchErrors: 0 });
    await port.stopListening();
    expect([attacked.errors, strays, warnings]).toEqual([[], [], []]);
  });

  test("an answer from this host to a question to no address is an answer", async (context) => {
    await skipUnless(context, canLoad(backend));
    await using attacked = new Attacked(backend);
    const { reactor } = attacked;
    const server = reactor.listenUDP(0, {
      datagramReceived(data, from) {
        this.transport.write(`re: ${data}`, from);
      },
    });
    const client = new Requester();
    reactor.listenUDP(0, client);
    const { data } = await client.request("q", { to: { address: "0.0.0.0", port: server.getHost().port } });
    expect(data.toString()).toBe("re: q");
  });
});

test("what only looks like a signal is refused with a typed error by all that take one", async () => {
  const strays = strayFailures();
  const { reactor } = fakeReactor();
  const client = new Requester();
  reactor.connectUDP("192.0.2.1", 9, client);
  const signal = Object.create(AbortSignal.prototype) as AbortSignal;
  const refused = { code: "ERR_ARGUMENT_TYPE", argument: "signal" };
  await expect(client.request("q", { signal })).rejects.toMatchObject(refused);
  await expect(reactor.deferLater(1, { signal })).rejects.toMatchObject(refused);
  await expect(reactor.resolve("name", { signal })).rejects.toMatchObject(refused);
  expect(() => reactor.listenUDP(0, {}, { signal })).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_TYPE" }));
  expect([client.statistics().requests, reactor.getDelayedCalls(), strays]).toEqual([0, [], []]);
});
