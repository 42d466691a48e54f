// Responders that are late, hostile or of another kind: a ping counts what is true, and says what it ignored.
import type { MulticastPort, SocketAddress } from "groupcast";
import { beforeEach, expect, test } from "vitest";
import {
  decodeMessage,
  encodeEchoReply,
  encodeMessage,
  type PingMessage,
  type ReceivedPingMessage,
} from "../../../../packages/cli/src/ping/message.js";
import { PingSite } from "./ping-site.js";

const PORT = 9903;
const LEGACY_PORT = 4321;
const GROUP = "232.43.211.234";
const SESSION = Buffer.from("session");

let site: PingSite;

beforeEach(() => {
  site = new PingSite({ link: { delayMs: 5 } });
  for (const host of ["client", "server", "mallory"]) site.reactor(host);
});

/** Answers of a responder to a request. */
type Replies = (request: ReceivedPingMessage, send: Send) => void;
/** Sends to the client, or to the group at the client's port, `delayMs` later. */
type Send = (reply: Buffer, path: "unicast" | "multicast", delayMs?: number) => void;

/** A responder that gives sessions as the standard has it, and answers requests as `replies` says. */
function responder(replies: Replies, session: Partial<PingMessage> = {}): MulticastPort {
  return site.stranger("server", PORT, (data, from, port) => {
    const message = decodeMessage(data)!;
    if (message.type === "init") {
      const { clientId } = message;
      port.write(encodeMessage({ type: "serverResponse", version: 2, clientId, group: GROUP, sessionId: SESSION, ...session }), from);
      return;
    }
    expect(message).toMatchObject({ sessionId: SESSION, group: GROUP });
    replies(message, sender(port, from));
  });
}

function sender(port: MulticastPort, from: SocketAddress): Send {
  return (reply, path, delayMs = 0) => {
    site.network.clock.schedule(delayMs, () => port.write(reply, path === "unicast" ? from : { address: GROUP, port: from.port }));
  };
}

function echo(request: ReceivedPingMessage): Buffer {
  return encodeEchoReply(request, { ttl: 64 });
}

function ask(count: number) {
  return site.settled(site.ping("client", site.address("server"), { count, legacy: false }).report);
}

test("ping() tells multicast that never arrives from unicast that does", async () => {
  responder((request, send) => send(echo(request), "unicast"));
  const [found] = (await ask(3)).responders;
  expect(found).toMatchObject({ unicast: { received: 3, lost: 0 }, multicast: { sent: 3, received: 0, lost: 3, lostSinceFirst: 0 } });
  expect(found?.multicast).not.toHaveProperty("rttMs");
  expect(found?.multicast).not.toHaveProperty("firstSequence");
});

test("ping() tells answers that were lost before the first one from those lost after it", async () => {
  responder((request, send) => {
    send(echo(request), "unicast");
    if (request.sequence! > 2 && request.sequence !== 5) send(echo(request), "multicast");
  });
  const [found] = (await ask(6)).responders;
  expect(found?.multicast).toMatchObject({ sent: 6, received: 3, lost: 3, firstSequence: 3, lostSinceFirst: 1 });
});

test("ping() counts duplicates, reordered and late answers", async () => {
  responder((request, send) => {
    send(echo(request), "unicast");
    send(echo(request), "unicast", request.sequence === 2 ? 20 : 0);
    send(echo(request), "multicast", { 1: 1500, 2: 0, 3: 900 }[request.sequence!] ?? 0);
  });
  const { report } = site.ping("client", site.address("server"), { count: 6, intervalMs: 500, legacy: false });
  const [found] = (await site.settled(report)).responders;
  expect(found?.unicast).toMatchObject({ received: 6, duplicates: 6, reordered: 0, late: 0 });
  expect(found?.multicast).toMatchObject({
    received: 5,
    lost: 1,
    late: 1,
    reordered: 1,
    duplicates: 0,
    firstSequence: 2,
    lostSinceFirst: 0,
  });
});

test("ping() measures round trips, of each path its own", async () => {
  responder((request, send) => {
    send(echo(request), "unicast");
    send(echo(request), "multicast", request.sequence! * 10);
  });
  const [found] = (await ask(4)).responders;
  expect(found?.unicast.rttMs).toMatchObject({ min: 10, average: 10, max: 10 });
  expect(found?.multicast.rttMs).toMatchObject({ min: 20, average: 35, max: 50, p99: 50 });
  expect(found?.multicast.rttMs?.p50).toBeCloseTo(30, 0);
});

test.each([
  ["sequence", (request: ReceivedPingMessage) => encodeMessage({ ...request, type: "echoReply", sequence: 999 })],
  ["sequence", (request: ReceivedPingMessage) => encodeMessage({ ...request, type: "echoReply", sequence: undefined })],
  ["clientId", (request: ReceivedPingMessage) => encodeMessage({ ...request, type: "echoReply", clientId: Buffer.from("x") })],
  ["clientId", (request: ReceivedPingMessage) => encodeMessage({ ...request, type: "echoReply", clientId: undefined })],
  ["group", (request: ReceivedPingMessage) => encodeMessage({ ...request, type: "echoReply", group: "239.9.9.9" })],
  ["version", (request: ReceivedPingMessage) => encodeMessage({ ...request, type: "echoReply", version: 3 })],
  ["unexpected", (request: ReceivedPingMessage) => encodeMessage({ ...request })],
  ["malformed", () => Buffer.from("410000", "hex")],
  ["malformed", () => Buffer.alloc(0)],
  ["malformed", () => Buffer.alloc(1400, "A")],
] as const)("ping() ignores forged answers, on both paths: %s", async (reason, forge) => {
  responder((request, send) => {
    for (const path of ["unicast", "multicast"] as const) {
      send(forge(request), path);
      send(echo(request), path);
    }
  });
  const { responders, ignored } = await ask(2);
  expect(responders).toMatchObject([{ unicast: { received: 2, duplicates: 0 }, multicast: { received: 2, duplicates: 0 } }]);
  expect(Object.entries(ignored).filter(([, count]) => count > 0)).toEqual([[reason, 4]]);
});

test("ping() ignores a host that answers for another, even with the right client ID", async () => {
  responder((request, send) => send(echo(request), "unicast", 10));
  site.network.trace.start();
  const { report } = site.ping("client", site.address("server"), { count: 2, legacy: false });
  const mallory = site.reactor("mallory").listenMulticast(PORT, { datagramReceived: () => {} });
  await site.network.clock.advance(12);
  const seen = site.network.trace.records.find(({ packet }) => packet.payload[0] === "Q".charCodeAt(0))!.packet;
  const client = { address: seen.source, port: seen.sourcePort };
  mallory.write(echo(decodeMessage(seen.payload)!), client);
  const { clientId } = decodeMessage(seen.payload)!;
  mallory.write(encodeMessage({ type: "serverResponse", version: 2, clientId, group: GROUP, sessionId: SESSION }), client);
  const { responders, ignored } = await site.settled(report);
  expect(responders).toMatchObject([{ address: site.address("server"), unicast: { received: 2, duplicates: 0 } }]);
  expect(ignored).toMatchObject({ sender: 2 });
});

test.each([
  ["the group of another client's network control", { group: "224.0.0.1" }],
  ["no multicast address", { group: "192.0.2.1" }],
  ["a group of the other IP version", { group: "ff3e::1" }],
])("ping() joins no group that a hostile server names: %s", async (_, session) => {
  responder(() => expect.unreachable(), session);
  const { responders, ignored, asked } = await ask(3);
  expect({ responders, group: ignored.group, asked }).toEqual({ responders: [], group: 3, asked: 3 });
});

test("ping() survives a flood of answers", async () => {
  responder((request, send) => {
    for (let index = 0; index < 500; index++)
      send(index % 2 === 0 ? echo(request) : Buffer.of(index), index % 3 === 0 ? "unicast" : "multicast");
  });
  const { report } = site.ping("client", site.address("server"), { count: 3, legacy: false });
  const { responders, ignored } = await site.settled(report);
  expect(responders).toMatchObject([{ unicast: { received: 3 }, multicast: { received: 3 } }]);
  expect(responders[0]!.multicast.duplicates).toBeGreaterThan(100);
  expect(ignored.malformed).toBeGreaterThan(100);
});

test("ping() asks for another session when the responder ends it, and goes on counting", async () => {
  let sessions = 0;
  const port = site.stranger("server", PORT, (data, from) => {
    const message = decodeMessage(data)!;
    const { clientId, sequence } = message;
    const base = { type: "serverResponse", version: 2, clientId } as const;
    if (message.type === "init") {
      sessions += 1;
      return void port.write(encodeMessage({ ...base, group: GROUP, sessionId: Buffer.of(sessions) }), from);
    }
    if (sequence === 2) return void port.write(encodeMessage({ ...base, sequence }), from);
    expect(message.sessionId).toEqual(Buffer.of(sequence === 1 ? 1 : 2));
    sender(port, from)(echo(message), "unicast");
  });
  const { report, events } = site.ping("client", site.address("server"), { count: 5, legacy: false });
  const { responders, asked } = await site.settled(report);
  expect(asked).toBe(2);
  expect(responders).toMatchObject([{ unicast: { sent: 5, received: 4, lost: 1 } }]);
  expect(events.filter(({ type }) => type === "sessionEnded")).toHaveLength(1);
});

test("ping() goes on with a responder that was started again", async () => {
  const first = site.respond("server");
  const { stop } = site.ping("client", site.address("server"), { legacy: false });
  await site.network.clock.advance(3500);
  await first.stop();
  await site.network.clock.advance(2000);
  const second = site.respond("server");
  await site.network.clock.advance(5000);
  const { responders } = await stop();
  expect(responders).toHaveLength(1);
  const { received, lost } = responders[0]!.unicast;
  expect({ received, isAnsweredAgain: received >= 8, lost }).toEqual({ received, isAnsweredAgain: true, lost: 3 });
  expect(await second.stop()).toMatchObject({ refused: { session: 1 }, sessions: 1 });
});

test("ping() says that multicast is back, when it is", async () => {
  responder((request, send) => {
    send(echo(request), "unicast");
    if (request.sequence! < 3 || request.sequence! > 8) send(echo(request), "multicast");
  });
  const { report, events } = site.ping("client", site.address("server"), { count: 12, legacy: false });
  const [found] = (await site.settled(report)).responders;
  expect(found).not.toHaveProperty("multicastStoppedAfterMs");
  expect(events.flatMap((event) => (event.type.startsWith("multicast") ? [event] : []))).toEqual([
    { type: "multicastStopped", address: "10.0.0.2", afterMs: 1010 },
    { type: "multicastResumed", address: "10.0.0.2", afterMs: 8010 },
  ]);
});

test("ping() does not blame multicast where unicast is lost as well", async () => {
  responder((request, send) => {
    if (request.sequence! > 2) return;
    send(echo(request), "unicast");
    send(echo(request), "multicast");
  });
  const { report, events } = site.ping("client", site.address("server"), { count: 8, legacy: false });
  const [found] = (await site.settled(report)).responders;
  expect(found).toMatchObject({ unicast: { lost: 6 }, multicast: { lost: 6 } });
  expect(found).not.toHaveProperty("multicastStoppedAfterMs");
  expect(events.some(({ type }) => type === "multicastStopped")).toBe(false);
});

/** As ssmpingd 0.9.1 was seen to answer: the request with another first byte, and its version behind it. */
function ssmpingd(): MulticastPort {
  const port: MulticastPort = site.stranger("server", LEGACY_PORT, (data, from) => {
    const request = decodeMessage(data)!;
    expect(request).not.toHaveProperty("version");
    const reply = encodeEchoReply(request, { serverInformation: "0.9.1 (20080418) [asm][size]" });
    port.write(reply, from);
    port.write(reply, { address: request.group ?? GROUP, port: from.port });
  });
  port.setTTL(64);
  return port;
}

test("ping() speaks as ssmping 0.9 to a host that has nothing on port 9903, at once", async () => {
  ssmpingd();
  const { responders, refused, durationMs } = await site.settled(site.ping("client", site.address("server"), { count: 3 }).report);
  expect(responders).toMatchObject([
    { protocol: "ssmping", group: GROUP, unicast: { sent: 3, received: 3, hops: 0 }, multicast: { sent: 3, received: 3, hops: 0 } },
  ]);
  expect(refused).toBe(1);
  expect(durationMs).toBe(2020);
});

test("ping() speaks as ssmping 0.9 after a second to a host that leaves port 9903 unanswered", async () => {
  ssmpingd();
  site.stranger("server", PORT, () => {});
  const { responders } = await site.settled(site.ping("client", site.address("server"), { count: 4 }).report);
  expect(responders).toMatchObject([{ protocol: "ssmping", unicast: { sent: 3, received: 3 }, multicast: { received: 3 } }]);
});

test("ping() asks ssmpingd for a group in the form that it takes", async () => {
  ssmpingd();
  const { report } = site.ping("client", site.address("server"), { count: 2, group: "239.1.2.3" });
  expect((await site.settled(report)).responders).toMatchObject([{ group: "239.1.2.234", multicast: { received: 2 } }]);
});

test("ping() prefers the standard where a host comes to speak both, and counts anew", async () => {
  site.stranger("server", LEGACY_PORT, () => {});
  const { stop, events } = site.ping("client", site.address("server"));
  await site.network.clock.advance(2500);
  expect(events).toEqual([]); // nobody is known yet who could lose an answer
  responder((request, send) => send(echo(request), "unicast"));
  await site.network.clock.advance(3000);
  expect((await stop()).responders).toMatchObject([{ protocol: "rfc6450", unicast: { sent: 3, received: 3, lost: 0 } }]);
});

test("ping() knows no hops where a responder says a TTL that cannot be", async () => {
  responder((request, send) => {
    for (const path of ["unicast", "multicast"] as const) send(encodeEchoReply(request, { ttl: 0 }), path);
  });
  const [found] = (await ask(1)).responders;
  expect([found?.unicast, found?.multicast]).toMatchObject([{ received: 1 }, { received: 1 }]);
  expect(found?.unicast).not.toHaveProperty("hops");
  expect(found?.multicast).not.toHaveProperty("hops");
});

test("ping() forgets a request eleven seconds after it was sent", async () => {
  responder((request, send) => {
    send(echo(request), "unicast");
    if (request.sequence === 1) send(echo(request), "multicast", 10_500);
    if (request.sequence === 2) send(echo(request), "multicast", 12_500);
  });
  const { stop } = site.ping("client", site.address("server"), { legacy: false });
  await site.network.clock.advance(15_000);
  const { responders, ignored } = await stop();
  expect(responders[0]?.multicast).toMatchObject({ late: 1, received: 0 });
  expect(ignored).toMatchObject({ sequence: 1 });
});

test("ping() sends one request a second, whatever sessions a hostile responder ends and gives", async () => {
  let requests = 0;
  const port = site.stranger("server", PORT, (data, from) => {
    const { clientId, type } = decodeMessage(data)!;
    const base = { type: "serverResponse", version: 2, clientId } as const;
    if (type === "echoRequest") requests += 1;
    for (let index = 0; index < 20; index++) {
      port.write(encodeMessage(base), from);
      port.write(encodeMessage({ ...base, group: GROUP, sessionId: Buffer.of(index) }), from);
    }
  });
  const { stop } = site.ping("client", site.address("server"), { legacy: false });
  await site.network.clock.advance(5500);
  await stop();
  expect(requests).toBe(6);
});

test("ping() ignores answers from another port of the responder, and sessions that come by multicast", async () => {
  const elsewhere = site.stranger("server", 5000, () => {});
  const port = responder((request, send) => {
    send(echo(request), "unicast");
    send(
      encodeMessage({ type: "serverResponse", version: 2, clientId: request.clientId, group: GROUP, sessionId: Buffer.of(1) }),
      "multicast",
    );
  });
  site.network.trace.start();
  const { report } = site.ping("client", site.address("server"), { count: 1, legacy: false });
  await site.network.clock.advance(12);
  const { payload, source, sourcePort } = site.network.trace.records.find(({ packet }) => packet.payload[0] === "Q".charCodeAt(0))!.packet;
  for (const from of [elsewhere, port]) from.write(echo(decodeMessage(payload)!), { address: source, port: sourcePort });
  const { responders, ignored } = await site.settled(report);
  expect(ignored).toMatchObject({ sender: 1, unexpected: 1 });
  expect(responders).toMatchObject([{ unicast: { received: 1, duplicates: 1 } }]);
});

test("ping() receives a source-specific group from the responder alone", async () => {
  responder((request, send) => send(echo(request), "multicast"));
  site.network.trace.start();
  const { stop } = site.ping("client", site.address("server"), { legacy: false });
  await site.network.clock.advance(12);
  const { source, sourcePort } = site.network.trace.records.find(({ packet }) => packet.payload[0] === "Q".charCodeAt(0))!.packet;
  const mallory = site.reactor("mallory").listenMulticast(PORT, { datagramReceived: () => {} });
  mallory.write("to the group", { address: GROUP, port: sourcePort });
  mallory.write("fence", { address: source, port: sourcePort });
  await site.network.clock.advance(100);
  expect((await stop()).ignored).toMatchObject({ malformed: 1 });
});

test("ping() keeps a thousand responders, and counts answers of others as surplus", async () => {
  const group = "ff15::9903:1";
  const addresses = Array.from({ length: 1010 }, (_, index) => `fd00::bad:${(index + 1).toString(16)}`);
  for (const address of addresses) site.network.host("mallory").addAddress("eth0", `${address}/64`);
  const port = site.reactor("mallory").listenMulticast(
    PORT,
    {
      datagramReceived(data, from) {
        const { clientId, type } = decodeMessage(data)!;
        if (type !== "init") return;
        const reply = encodeMessage({ type: "serverResponse", version: 2, clientId, group, sessionId: SESSION });
        for (const [index, source] of addresses.entries()) {
          site.network.clock.schedule(index / 10, () => port.write(reply, from, { source })); // all at once, buffers would overflow
        }
      },
    },
    { interface: "::", ipv6Only: true },
  );
  port.joinGroup(group);
  const { responders, ignored } = await site.settled(site.ping("client", group, { count: 1, intervalMs: 500 }).report);
  expect(new Set(responders.map(({ address }) => address)).size).toBe(1000);
  expect(ignored.surplus).toBe(10);
});

test("ping() receives sixteen groups of a host that names another one each time, and goes on with it", async () => {
  const port = site.stranger("server", PORT, (data, from) => {
    const { clientId } = decodeMessage(data)!;
    for (let index = 0; index < 50; index++) {
      port.write(encodeMessage({ type: "serverResponse", version: 2, clientId, group: `239.7.7.${index}`, sessionId: SESSION }), from);
    }
  });
  const { stop } = site.ping("client", site.address("server"), { legacy: false });
  await site.network.clock.advance(100);
  expect(site.reactor("client").ports).toHaveLength(1 + 16);
  const { responders, ignored } = await stop();
  expect(responders).toHaveLength(1);
  expect(ignored.surplus).toBeGreaterThanOrEqual(34);
});

test("ping() keeps 256 bytes of what a hostile responder calls itself", async () => {
  responder(() => {}, { serverInformation: "x".repeat(60_000) });
  const { responders } = await ask(1);
  expect(responders[0]?.serverInformation).toBe("x".repeat(256));
});
