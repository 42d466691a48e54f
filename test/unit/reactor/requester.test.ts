import { getEventListeners } from "node:events";
import { MemoryNetwork } from "@groupcast/backend-memory";
import {
  type MulticastPort,
  type Protocol,
  Reactor,
  type ReceivedDatagram,
  Requester,
  type RequestOptions,
  type SocketAddress,
  type UDPTransport,
} from "@groupcast/reactor";
import { afterEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import { BACKENDS } from "../../support/backends.js";
import { needs, reactorOn } from "./loopback-stage.js";
import { Stage, turn } from "./stage.js";

const TO = { address: "10.0.0.2", port: 53 };
const GROUP = { address: "239.255.0.1", port: 53 };

afterEach(() => void vi.restoreAllMocks());

/** A client and servers on a network in memory. The servers answer as `answer` says. */
class Lan {
  readonly network = new MemoryNetwork();
  readonly clock = this.network.clock;
  readonly client = new Requester();
  readonly reactor: Reactor;
  readonly log: string[] = [];
  /** When each query reached the first server, in milliseconds, and what it said. */
  readonly asked: { readonly atMs: number; readonly text: string; readonly from: SocketAddress }[] = [];

  constructor() {
    this.reactor = this.#reactorOf("client");
  }

  server(answer: (transport: UDPTransport, text: string, from: SocketAddress) => void = () => {}, name = "server"): MulticastPort {
    const { asked, clock } = this;
    return this.#reactorOf(name).listenMulticast(53, {
      datagramReceived(data, from) {
        asked.push({ atMs: clock.nowMs(), text: data.toString(), from });
        answer(this.transport, data.toString(), from);
      },
    });
  }

  /** Sends a datagram to the client from a port of its own. */
  stranger(name = "stranger", port = 0, text = "forged"): void {
    const to = { address: "10.0.0.1", port: this.port.getHost().port };
    this.#reactorOf(name)
      .listenUDP(port, { datagramReceived() {} })
      .write(text, to);
  }

  port!: MulticastPort;

  connect(): this {
    this.port = this.reactor.connectUDP(TO.address, TO.port, this.client);
    return this;
  }

  listen(): this {
    this.port = this.reactor.listenMulticast(0, this.client);
    return this;
  }

  /** Outcome of a request once the clock has moved on by `ms`. */
  async outcome(request: Promise<ReceivedDatagram>, ms = 100_000): Promise<string> {
    let outcome = "pending";
    request.then(
      ({ data }) => {
        outcome = data.toString();
      },
      (error: { code?: string; errnoName?: string; message: string }) => {
        outcome = `${error.code ?? error.message}${error.errnoName === undefined ? "" : ` ${error.errnoName}`}`;
      },
    );
    await this.clock.advance(ms);
    return outcome;
  }

  #reactorOf(name: string): Reactor {
    const note = (message: string) => void this.log.push(message);
    return new Reactor({ backend: this.network.host(name), clock: this.clock, logger: { info() {}, warn: note, error: note } });
  }
}

const echo = (transport: UDPTransport, text: string, from: SocketAddress): void => void transport.write(`re: ${text}`, from);

describe.each(["connect", "listen"] as const)("on a port by %s(),", (way) => {
  const options: RequestOptions = way === "connect" ? {} : { to: TO };

  test("request() resolves with the answer, its sender and no arrival", async () => {
    const lan = new Lan();
    lan.server(echo);
    lan[way]();
    const request = lan.client.request("hello", options);
    expect(await lan.outcome(request)).toBe("re: hello");
    expectTypeOf(await request).toEqualTypeOf<ReceivedDatagram>();
    expect(await request).toEqual({ data: Buffer.from("re: hello"), from: expect.objectContaining(TO), arrival: undefined });
    expect(lan.client.statistics()).toMatchObject({ requests: 1, answered: 1, pending: 0, retransmissions: 0, late: 0 });
    expect(lan.clock.pendingCalls).toBe(0);
  });

  test("a request without an answer is sent after 1, 3, … seconds again, and rejects when its time is over", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const lan = new Lan();
    lan.server();
    lan[way]();
    const request = lan.client.request("hello", { ...options, attempts: 4 });
    const began = lan.clock.nowMs();
    expect(await lan.outcome(request, 14_999)).toBe("pending");
    expect(lan.asked.map(({ atMs }) => Math.round(atMs - began))).toEqual([0, 1000, 3000, 7000]);
    expect(await lan.outcome(request, 1)).toBe("ERR_NO_ANSWER ETIMEDOUT");
    await expect(request).rejects.toMatchObject({ name: "SystemError", operation: "request", ...TO });
    expect(lan.client.statistics()).toMatchObject({ requests: 1, retransmissions: 3, pending: 0, answered: 0 });
  });

  test("a lost query, or a lost answer, is made good by the next attempt", async () => {
    const lan = new Lan();
    let count = 0;
    lan.server((transport, text, from) => {
      if (++count === 3) echo(transport, text, from);
    });
    lan[way]();
    expect(await lan.outcome(lan.client.request("hello", options))).toBe("re: hello");
    expect(lan.asked.map(({ text }) => text)).toEqual(["hello", "hello", "hello"]);
    expect(lan.client.statistics()).toMatchObject({ retransmissions: 2 });
  });

  test("parallel requests each get the answer that they match, whatever the order", async () => {
    const lan = new Lan();
    const held: (() => void)[] = [];
    lan.server((transport, text, from) => {
      held.push(() => echo(transport, text, from));
      if (held.length === 200) for (const answer of held.reverse()) answer();
    });
    lan[way]();
    const requests = Array.from({ length: 200 }, (_, id) =>
      lan.client.request(`${id}`, { ...options, match: (data) => data.toString() === `re: ${id}` }),
    );
    expect(lan.client.statistics().pending).toBe(200);
    await lan.clock.advance(100);
    expect((await Promise.all(requests)).map(({ data }) => data.toString())).toEqual(requests.map((_, id) => `re: ${id}`));
    expect(lan.client.statistics()).toMatchObject({ answered: 200, unmatched: 0, pending: 0 });
  });

  test("answers to a request that is over are late: repeats, and those after the time-out", async () => {
    const lan = new Lan();
    let late = (): void => {};
    lan.server((transport, text, from) => {
      late = () => echo(transport, text, from);
      if (text === "once") for (let i = 0; i < 3; i++) late();
    });
    lan[way]();
    expect(await lan.outcome(lan.client.request("once", options))).toBe("re: once");
    expect(lan.client.statistics()).toMatchObject({ late: 2, strangers: 0 });
    expect(await lan.outcome(lan.client.request("never", { ...options, timeoutMs: 500, attempts: 1 }))).toBe("ERR_NO_ANSWER ETIMEDOUT");
    late();
    await lan.clock.advance(10);
    expect(lan.client.statistics()).toMatchObject({ late: 3, answered: 1, unmatched: 0 });
  });

  test("a match that throws, or returns no boolean, drops the datagram, and the request waits on", async () => {
    const lan = new Lan();
    lan.server((transport, _text, from) => {
      for (const answer of ["", "a", "good"]) transport.write(answer, from);
    });
    lan[way]();
    const match = (data: Buffer): boolean => (data.length === 1 ? (Promise.resolve(true) as never) : data.readUInt16BE(0) > 0);
    expect(await lan.outcome(lan.client.request("q", { ...options, match }))).toBe("good");
    expect(lan.client.statistics()).toMatchObject({ matchErrors: 2, unmatched: 2, answered: 1 });
    expect(lan.log).toEqual([]);
  });

  test("what match threw last is the cause of the time-out", async () => {
    const lan = new Lan();
    lan.server(echo);
    lan[way]();
    const thrown = new Error("a slip in match");
    const request = lan.client.request("q", {
      ...options,
      match() {
        throw thrown;
      },
    });
    expect(await lan.outcome(request)).toBe("ERR_NO_ANSWER ETIMEDOUT");
    await expect(request).rejects.toMatchObject({ cause: thrown });
    expect(lan.client.statistics()).toMatchObject({ matchErrors: 3 });
  });

  test("a match that throws for one request leaves the datagram to the others", async () => {
    const lan = new Lan();
    lan.server(echo);
    lan[way]();
    const failing = lan.client.request("one", {
      ...options,
      match() {
        throw new Error("no");
      },
    });
    failing.catch(() => {});
    expect(await lan.outcome(lan.client.request("two", options), 100)).toMatch(/^re: /);
  });

  test("an aborted request rejects with the reason at once, is not sent again, and its answer is late", async () => {
    const lan = new Lan();
    lan.server(echo);
    lan[way]();
    const aborted = new AbortController();
    const request = lan.client.request("q", { ...options, signal: aborted.signal });
    const reason = new Error("no longer needed");
    aborted.abort(reason);
    await expect(request).rejects.toBe(reason);
    await lan.clock.advance(100_000);
    expect(lan.asked).toHaveLength(1);
    expect(lan.client.statistics()).toMatchObject({ late: 1, pending: 0, retransmissions: 0 });
    expect(lan.clock.pendingCalls).toBe(0);
  });

  test("a request whose signal is aborted already sends nothing", async () => {
    const lan = new Lan();
    lan.server(echo);
    lan[way]();
    await expect(lan.client.request("q", { ...options, signal: AbortSignal.abort() })).rejects.toMatchObject({ name: "AbortError" });
    await expect(lan.outcome(lan.client.request("fence", options))).resolves.toBe("re: fence");
    expect(lan.asked.map(({ text }) => text)).toEqual(["fence"]);
    expect(lan.client.statistics().requests).toBe(1);
  });

  test("a port that stops rejects its pending requests with ERR_CLOSED, and leaves no timer", async () => {
    const lan = new Lan();
    lan.server();
    lan[way]();
    const request = lan.client.request("q", options);
    const stopped = lan.port.stopListening();
    expect(await lan.outcome(request)).toBe("ERR_CLOSED");
    await stopped;
    expect(lan.clock.pendingCalls).toBe(0);
    await expect(lan.client.request("q", options)).rejects.toMatchObject({ code: "ERR_NOT_LISTENING" });
  });

  test("a query may be changed as soon as request() has returned", async () => {
    const lan = new Lan();
    lan.server();
    lan[way]();
    const query = Buffer.from("as it was");
    const request = lan.client.request(query, options);
    query.fill("!");
    await lan.outcome(request);
    expect(lan.asked.map(({ text }) => text)).toEqual(["as it was", "as it was", "as it was"]);
  });

  test("a query that says it is longer is sent as long as it is", async () => {
    const lan = new Lan();
    lan.server();
    lan[way]();
    await lan.outcome(lan.client.request(Object.defineProperty(Buffer.from("query"), "length", { value: 100 }), options));
    expect(lan.asked[0]?.text).toBe("query");
  });

  test("a server that does not listen fails the request as soon as all attempts are refused", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const lan = new Lan();
    lan.network.host("server");
    lan[way]();
    const request = lan.client.request("q", options);
    expect(await lan.outcome(request, 2_999)).toBe("pending");
    expect(await lan.outcome(request, 10)).toBe("ERR_NO_ANSWER ECONNREFUSED");
    await expect(request).rejects.toMatchObject({ cause: { errnoName: "ECONNREFUSED" } });
    expect(lan.client.statistics()).toMatchObject({ retransmissions: 2 });
  });
});

test("requests that are over leave no listener at their signal", async () => {
  const lan = new Lan().connect();
  lan.server(echo);
  const { signal } = new AbortController();
  const requests = [lan.client.request("answered", { signal }), lan.client.request("not", { signal, match: () => false })];
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  expect(await Promise.all(requests.map((request) => lan.outcome(request)))).toEqual(["re: answered", "ERR_NO_ANSWER ETIMEDOUT"]);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("jitter makes each wait up to half as long again", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0.999_999);
  const lan = new Lan().connect();
  lan.server();
  const request = lan.client.request("q", { attempts: 4, timeoutMs: 60_000 });
  await lan.outcome(request);
  expect(lan.asked.map(({ atMs }) => Math.round(atMs))).toEqual([0, 1500, 4500, 10_500]);
});

test("a short timeoutMs has room for every attempt, and the waits still double", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0);
  const lan = new Lan().connect();
  lan.server();
  expect(await lan.outcome(lan.client.request("q", { timeoutMs: 700, attempts: 3 }), 700)).toBe("ERR_NO_ANSWER ETIMEDOUT");
  expect(lan.asked.map(({ atMs }) => Math.round(atMs))).toEqual([0, 100, 300]);
});

test("datagrams from addresses that were not asked are dropped and counted, and so is a flood of them", async () => {
  const lan = new Lan();
  lan.server();
  lan.listen();
  lan.network.host("stranger");
  const matched: string[] = [];
  const request = lan.client.request("q", { to: TO, match: (data) => matched.push(data.toString()) > 0 });
  for (let i = 0; i < 50; i++) lan.stranger();
  lan.stranger("server", 54); // the right host, another port
  expect(await lan.outcome(request)).toBe("ERR_NO_ANSWER ETIMEDOUT");
  expect(matched).toEqual([]);
  expect(lan.client.statistics()).toMatchObject({ strangers: 51, unmatched: 0, answered: 0, late: 0 });
});

test("anySource takes an answer from another port, as TFTP's", async () => {
  const lan = new Lan();
  lan.server((_transport, _text, from) => lan.stranger("server", 0, `to ${from.port}`));
  lan.listen();
  expect(await lan.outcome(lan.client.request("q", { to: TO, anySource: true }))).toBe(`to ${lan.port.getHost().port}`);
});

test.each(["connect", "listen"] as const)(
  "a request to a group takes the first answer of any member, and the others are late: %s",
  async (way) => {
    const lan = new Lan();
    for (const name of ["one", "two", "three"])
      lan.server((transport, _text, from) => transport.write(name, from), name).joinGroup(GROUP.address);
    if (way === "listen") lan.listen();
    else lan.port = lan.reactor.connectUDP(GROUP.address, GROUP.port, lan.client);
    expect(await lan.outcome(lan.client.request("q", way === "listen" ? { to: GROUP } : {}))).toMatch(/^(one|two|three)$/);
    expect(lan.client.statistics()).toMatchObject({ answered: 1, late: 2 });
  },
);

test("a datagram that no match takes is counted as unmatched", async () => {
  const lan = new Lan().connect();
  lan.server(echo);
  const request = lan.client.request("q", { match: () => false, attempts: 1 });
  expect(await lan.outcome(request)).toBe("ERR_NO_ANSWER ETIMEDOUT");
  expect(lan.client.statistics()).toMatchObject({ unmatched: 1, late: 0 });
});

test("addresses are compared as what they are, not as text", async () => {
  const stage = new Stage();
  const client = new Requester();
  stage.reactor.listenUDP(0, client, { interface: "::" });
  const request = client.request("q", { to: { address: "2001:DB8:0::1", port: 53 } });
  await turn();
  stage.backend.last.deliver({ bytes: "a", from: { address: "2001:db8::1", port: 53, family: 6 } });
  expect((await request).data.toString()).toBe("a");
});

test("an attempt that the network refuses is followed by the next, and all of them fail the request with their reason", async () => {
  const stage = new Stage();
  const client = new Requester();
  const port = stage.reactor.listenUDP(0, client);
  const failures: unknown[] = [];
  port.on("sendFailed", (failure) => failures.push(failure));
  stage.backend.last.sendOutcomes.push(-101);
  const request = client.request("q", { to: TO });
  await stage.clock.advance(5000);
  stage.backend.last.deliver({ bytes: "a", from: { ...TO, family: 4 } });
  expect((await request).data.toString()).toBe("a");
  stage.backend.last.sendOutcomes.push(-101, -101);
  const hopeless = expect(client.request("q", { to: TO, attempts: 2 })).rejects.toMatchObject({
    code: "ERR_NO_ANSWER",
    errnoName: "ENETUNREACH",
    cause: { code: "ERR_SEND", errnoName: "ENETUNREACH" },
  });
  await stage.clock.advance(1500);
  await hopeless;
  expect(failures).toEqual([]);
});

test("a clock that throws rejects the request, and leaves none pending", async () => {
  const thrown = new Error("no time");
  const clock = {
    nowMs: () => 0,
    hold: () => () => {},
    schedule() {
      throw thrown;
    },
  };
  const { reactor } = new Stage({}, { clock });
  const client = new Requester();
  reactor.connectUDP("192.0.2.1", 9, client);
  await expect(client.request("q")).rejects.toBe(thrown);
  expect(client.statistics().pending).toBe(0);
});

test("a clock that throws when a call is taken back is an error event, and the answer arrives", async () => {
  const thrown = new Error("no way back");
  const clock = {
    nowMs: () => 0,
    hold: () => () => {},
    schedule: () => ({
      cancel() {
        throw thrown;
      },
    }),
  };
  const { reactor, backend } = new Stage({}, { clock });
  const client = new Requester();
  const port = reactor.connectUDP("192.0.2.1", 9, client);
  const errors: unknown[] = [];
  port.on("error", (error) => errors.push(error));
  const request = client.request("q");
  backend.last.deliver({ bytes: "a", from: { address: "192.0.2.1", port: 9, family: 4 } });
  expect((await request).data.toString()).toBe("a");
  expect(errors).toEqual([thrown, thrown]);
});

test("addresses of requests that are over are remembered within bounds", async () => {
  const stage = new Stage();
  const client = new Requester();
  stage.reactor.listenUDP(0, client);
  for (let port = 1; port <= 1100; port++) {
    const request = client.request("q", { to: { address: "192.0.2.1", port }, attempts: 1 });
    if (port % 50 === 0) await turn();
    stage.backend.last.deliver({ bytes: "a", from: { address: "192.0.2.1", port, family: 4 } });
    await request;
  }
  for (const port of [1, 1100]) stage.backend.last.deliver({ bytes: "again", from: { address: "192.0.2.1", port, family: 4 } });
  expect(client.statistics()).toMatchObject({ answered: 1100, late: 1, strangers: 1 });
});

test.each([
  ["ERR_ARGUMENT_TYPE", "query", 5, {}],
  ["ERR_ARGUMENT_TYPE", "options", "q", null],
  ["ERR_OPTION_UNKNOWN", "option", "q", { timeout: 5 }],
  ["ERR_ARGUMENT_TYPE", "match", "q", { match: /x/ }],
  ["ERR_ARGUMENT_RANGE", "timeoutMs", "q", { timeoutMs: 0 }],
  ["ERR_ARGUMENT_RANGE", "timeoutMs", "q", { timeoutMs: 2 ** 31 }],
  ["ERR_ARGUMENT_TYPE", "timeoutMs", "q", { timeoutMs: "2s" }],
  ["ERR_ARGUMENT_RANGE", "attempts", "q", { attempts: 0 }],
  ["ERR_ARGUMENT_RANGE", "attempts", "q", { attempts: 17 }],
  ["ERR_ARGUMENT_TYPE", "attempts", "q", { attempts: "3" }],
  ["ERR_ARGUMENT_TYPE", "anySource", "q", { anySource: 1 }],
  ["ERR_ARGUMENT_TYPE", "signal", "q", { signal: {} }],
  ["ERR_ADDRESS_NOT_IP", "address", "q", { to: { address: "localhost", port: 1 } }],
  ["ERR_PORT_RANGE", "port", "q", { to: { address: "192.0.2.1", port: 0 } }],
  ["ERR_FAMILY_MISMATCH", "address", "q", { to: { address: "::1", port: 1 } }],
  ["ERR_NO_DESTINATION", "to", "q", {}],
] as const)("request() rejects with %s for %s before anything is sent", async (code, argument, query, options) => {
  const { reactor, backend, clock } = new Stage();
  const client = new Requester();
  reactor.listenUDP(0, client);
  await expect(client.request(query as string, options as unknown as RequestOptions)).rejects.toMatchObject({
    code,
    argument,
    operation: "request",
  });
  await turn();
  expect(backend.last.sent).toEqual([]);
  expect([clock.pendingCalls, client.statistics().requests]).toEqual([0, 0]);
});

test("request() of a payload too long rejects with MessageLengthError at once", async () => {
  const { reactor } = new Stage();
  const client = new Requester();
  reactor.connectUDP("192.0.2.1", 9, client);
  await expect(client.request("x".repeat(65_508))).rejects.toMatchObject({ code: "ERR_MESSAGE_TOO_LONG" });
  expect(client.statistics().pending).toBe(0);
});

test("request() before the port rejects with ERR_NOT_LISTENING; options that are undefined are options not given", async () => {
  const lan = new Lan();
  await expect(lan.client.request("q")).rejects.toMatchObject({ code: "ERR_NOT_LISTENING", operation: "request" });
  lan.server(echo);
  lan.connect();
  const options = { to: undefined, match: undefined, timeoutMs: undefined, attempts: undefined, anySource: undefined, signal: undefined };
  expect(await lan.outcome(lan.client.request("q", options))).toBe("re: q");
});

describe.each(BACKENDS)("on %s", (backend) => {
  needs(backend);

  test("a hundred parallel requests are answered, on a connected port and on another", async () => {
    await using reactor = reactorOn(backend);
    const server: Protocol & ThisType<{ transport: UDPTransport }> = {
      datagramReceived(data, from) {
        this.transport.write(data, from);
      },
    };
    const to = reactor.listenUDP(0, server, { interface: "127.0.0.1" }).getHost();
    const [connected, free] = [new Requester(), new Requester()];
    reactor.connectUDP(to.address, to.port, connected);
    reactor.listenUDP(0, free, { interface: "127.0.0.1" });
    const ids = Array.from({ length: 100 }, (_, id) => `${id}`);
    const match = (id: string) => (data: Buffer) => data.toString() === id;
    const answers = await Promise.all([
      ...ids.map((id) => connected.request(id, { match: match(id) })),
      ...ids.map((id) => free.request(id, { to, match: match(id) })),
    ]);
    expect(answers.map(({ data }) => data.toString())).toEqual([...ids, ...ids]);
  });
});
