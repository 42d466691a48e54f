// The responder's decisions, one datagram at a time: who is answered, how long the answer is, and what a flood of forged senders can do.
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import {
  Answering,
  type AnsweringSettings,
  MOST_ADDED_BYTES,
  MOST_LEGACY_BYTES,
  type Question,
} from "../../../../packages/cli/src/ping/answering.js";
import { decodeMessage, encodeMessage, type PingMessage } from "../../../../packages/cli/src/ping/message.js";

const SETTINGS: AnsweringSettings = {
  group: "239.1.2.3",
  ttl: 64,
  clientRate: 1,
  totalRate: 20,
  maxClients: 3,
  answersLegacy: true,
  serverInformation: "groupcast test",
};
const CLIENT = { address: "192.0.2.7", port: 40_000 };
const CLIENT_ID = Buffer.from("me");

let answering: Answering;
let nowMs: number;

beforeEach(() => {
  nowMs = 1000;
  answering = new Answering(SETTINGS, nowMs);
});

function ask(message: PingMessage | Buffer, rest: Partial<Question> = {}, to: Answering = answering) {
  const data = Buffer.isBuffer(message) ? message : encodeMessage(message);
  const answer = to.answer({ data, from: CLIENT, isMulticast: false, nowMs, wallClockUs: 5, ...rest });
  return { ...answer, reply: answer.reply, message: answer.reply && decodeMessage(answer.reply) };
}

function init(rest: Partial<PingMessage> = {}): PingMessage {
  return { type: "init", version: 2, clientId: CLIENT_ID, ...rest };
}

function echo(rest: Partial<PingMessage> = {}): PingMessage {
  return { type: "echoRequest", version: 2, clientId: CLIENT_ID, sequence: 1, group: "239.1.2.3", ...rest };
}

function sessionOf(from = CLIENT, group = "239.1.2.3"): Buffer {
  const { message } = ask(init({ prefixes: [{ address: group, lengthBits: 32 }] }), { from });
  return message!.sessionId!;
}

test("Answering answers an Init message with its group and a session, and nobody but its sender", () => {
  const { kind, group, message } = ask(init());
  expect({ kind, group }).toEqual({ kind: "session", group: undefined });
  expect(message).toMatchObject({ type: "serverResponse", version: 2, clientId: CLIENT_ID, group: "239.1.2.3" });
  expect(message?.sessionId).toHaveLength(16);
  expect(message).not.toHaveProperty("serverInformation");
});

test("Answering names itself to a client that asks", () => {
  expect(ask(init({ optionRequest: [6] })).message?.serverInformation).toBe("groupcast test");
});

test("Answering gives the first group that client and responder agree on", () => {
  const prefixes = [
    { address: "238.0.0.0", lengthBits: 8 },
    { address: "232.0.0.0", lengthBits: 8 },
    { address: "239.0.0.0", lengthBits: 8 },
  ];
  expect(ask(init({ prefixes })).message?.group).toBe("232.43.211.234");
});

test("Answering declines groups that it does not serve, and says which it does", () => {
  const { refusal, message } = ask(init({ prefixes: [{ address: "238.0.0.0", lengthBits: 8 }] }));
  expect(refusal).toBe("group");
  expect(message?.prefixes).toEqual([
    { address: "239.1.2.3", lengthBits: 32 },
    { address: "232.43.211.234", lengthBits: 32 },
  ]);
  expect(message).not.toHaveProperty("group");
  expect(message).not.toHaveProperty("sessionId");
});

test("Answering offers a client of the other IP version the well-known group alone", () => {
  expect(ask(init(), { from: { address: "2001:db8::7", port: 1 } }).message?.group).toBe("ff3e::4321:1234");
});

test("Answering answers a request of a session twice: to the client and to the group", () => {
  const { kind, group, message, isNewClient } = ask(echo({ sessionId: sessionOf(), optionRequest: [12] }));
  expect({ kind, group, isNewClient }).toEqual({ kind: "echo", group: "239.1.2.3", isNewClient: true });
  expect(message).toMatchObject({ type: "echoReply", version: 2, clientId: CLIENT_ID, sequence: 1, ttl: 64, serverTimeUs: 5 });
  expect(message).not.toHaveProperty("sessionId");
  expect(ask(echo({ sessionId: sessionOf(), sequence: 2 })).isNewClient).toBe(false);
});

test.each([
  ["no session ID", () => undefined, CLIENT],
  ["an invented session ID", () => Buffer.alloc(16, 1), CLIENT],
  ["a session ID of the wrong length", () => sessionOf().subarray(1), CLIENT],
  ["the session ID of another address", () => sessionOf({ address: "192.0.2.8", port: 40_000 }), CLIENT],
  ["the session ID of another port", () => sessionOf({ address: "192.0.2.7", port: 40_001 }), CLIENT],
  ["the session ID of another group", () => sessionOf(CLIENT, "232.43.211.234"), CLIENT],
  ["the session ID of another responder", () => ask(init(), {}, new Answering(SETTINGS, 0)).message!.sessionId!, CLIENT],
])("Answering ends the session of a request with %s, and sends nothing by multicast", (_, sessionId, from) => {
  const { refusal, group, message, kind } = ask(echo({ sessionId: sessionId() }), { from });
  expect({ refusal, group, kind }).toEqual({ refusal: "session", group: undefined, kind: undefined });
  expect(message).toMatchObject({ type: "serverResponse", version: 2, clientId: CLIENT_ID, sequence: 1 });
  expect(message).not.toHaveProperty("group");
});

test("Answering refuses a request for a group that it does not serve, whatever session it has", () => {
  const { refusal, group, message } = ask(echo({ group: "239.1.2.4", sessionId: sessionOf() }));
  expect({ refusal, group }).toEqual({ refusal: "group", group: undefined });
  expect(message?.prefixes).toHaveLength(2);
});

test.each([
  ["without a number", { sequence: undefined }],
  ["without a group", { group: undefined }],
])("Answering does not answer a request %s", (_, rest) => {
  expect(ask(echo({ sessionId: sessionOf(), ...rest }))).toMatchObject({ refusal: "incomplete", reply: undefined });
});

test.each([
  ["an answer", { type: "echoReply", version: 2 }, false],
  ["a Server Response", { type: "serverResponse", version: 2 }, false],
  ["an Echo Request by multicast", echo(), true],
  ["a request of ssmping by multicast", echo({ version: undefined }), true],
] as const)("Answering does not answer %s", (_, message, isMulticast) => {
  expect(ask(message, { isMulticast })).toMatchObject({ refusal: "unexpected", reply: undefined });
});

test("Answering answers an Init message that came by multicast: it looks for responders", () => {
  expect(ask(init(), { isMulticast: true }).kind).toBe("session");
});

test("Answering does not answer port 0, which nobody can be reached at", () => {
  expect(ask(init(), { from: { ...CLIENT, port: 0 } })).toMatchObject({ refusal: "malformed", reply: undefined });
});

test.each([1, 3])("Answering tells a client of version %i which one it speaks", (version) => {
  const { refusal, message } = ask(echo({ version }));
  expect(refusal).toBe("version");
  const { options, ...values } = message!;
  expect(values).toEqual({ type: "serverResponse", version: 2, clientId: CLIENT_ID, sequence: 1 });
  expect(options).toHaveLength(3);
});

test.each([
  [undefined, "232.43.211.234"],
  ["232.43.211.234", "232.43.211.234"],
  ["239.1.2.3", "239.1.2.3"],
  ["239.1.2.234", "239.1.2.234"], // asmping 239.1.2.3
])("Answering answers a request of ssmping 0.9 for %s as ssmpingd does", (group, expected) => {
  const { kind, group: to, message } = ask(echo({ version: undefined, group, optionRequest: [] }));
  expect({ kind, to }).toEqual({ kind: "echo", to: expected });
  expect(message).toMatchObject({ type: "echoReply", sequence: 1, serverInformation: "groupcast test" });
  expect(message).not.toHaveProperty("ttl");
  expect(message).not.toHaveProperty("version");
});

test("Answering answers a request of ssmping 0.9 on no other group, and lets it choose no length", () => {
  expect(ask(echo({ version: undefined, group: "239.9.9.234" }))).toMatchObject({ refusal: "group", reply: undefined });
  const long = Buffer.concat([encodeMessage(echo({ version: undefined })), Buffer.from("0007000205dc", "hex")]); // 1,500 bytes
  expect(ask(long).reply!.length).toBe(long.length);
});

test("Answering tells ssmping 0.9 the version where it is not to answer it", () => {
  const strict = new Answering({ ...SETTINGS, answersLegacy: false }, nowMs);
  expect(ask(echo({ version: undefined }), {}, strict)).toMatchObject({ refusal: "version", message: { version: 2 } });
});

test("Answering answers a client once a second, after ten at once", () => {
  const sessionId = sessionOf();
  const kinds = () => Array.from({ length: 15 }, () => ask(echo({ sessionId })).refusal ?? "answered");
  expect(kinds().filter((kind) => kind === "answered")).toHaveLength(10);
  nowMs += 3000;
  expect(kinds().filter((kind) => kind === "answered")).toHaveLength(3);
  expect(ask(echo({ sessionId })).refusal).toBe("clientRate");
  const another = { address: "192.0.2.8", port: 1 };
  expect(ask(echo({ sessionId: sessionOf(another) }), { from: another }).kind).toBe("echo");
});

test("Answering takes all ports of an address for one client of ssmping, since nothing proves where it is", () => {
  const refusals = Array.from(
    { length: 12 },
    (_, index) => ask(echo({ version: undefined }), { from: { ...CLIENT, port: 1 + index } }).refusal,
  );
  expect(refusals.filter((refusal) => refusal === "clientRate")).toHaveLength(2);
});

test("Answering limits what all clients together are answered", () => {
  const from = (index: number) => ({ address: `192.0.2.${index}`, port: 1 });
  const sessions = Array.from({ length: 30 }, (_, index) => {
    nowMs += 1000;
    return sessionOf(from(index));
  });
  const refusals = sessions.map((sessionId, index) => ask(echo({ sessionId }), { from: from(index) }).refusal);
  expect(refusals.filter((refusal) => refusal === undefined)).toHaveLength(20);
  expect(refusals.filter((refusal) => refusal === "totalRate")).toHaveLength(10);
});

test("Answering goes on with confirmed clients under a flood of forged senders", () => {
  const sessionId = sessionOf();
  const flood = Array.from({ length: 1000 }, (_, index) => {
    const from = { address: `198.51.100.${index % 256}`, port: 1 + index };
    return ask([init(), echo(), echo({ version: 9 }), echo({ version: undefined })][index % 4]!, { from });
  });
  expect(flood.filter(({ reply }) => reply !== undefined).length).toBeLessThanOrEqual(20);
  expect(ask(echo({ sessionId })).kind).toBe("echo");
});

test("Answering calls a client new when it first answers it, not when all clients together ask too much", () => {
  const from = { address: "192.0.2.8", port: 1 };
  const others = Array.from({ length: 20 }, (_, index) => ({ address: `192.0.2.${index + 20}`, port: 1 }));
  const sessions = [...others, from].map((each) => {
    nowMs += 1000;
    return sessionOf(each);
  });
  for (const [index, each] of others.entries()) ask(echo({ sessionId: sessions[index] }), { from: each });
  const known = answering.clients.evicted;
  expect(ask(echo({ sessionId: sessions[20] }), { from })).toMatchObject({ refusal: "totalRate" });
  expect(answering.clients.evicted).toBe(known); // nobody made room for a client that was not answered
  nowMs += 1000;
  expect(ask(echo({ sessionId: sessions[20] }), { from })).toMatchObject({ kind: "echo", isNewClient: true });
  expect(ask(echo({ sessionId: sessions[20] }), { from })).toMatchObject({ kind: "echo", isNewClient: false });
});

test("Answering remembers so many clients, and forgets the one that was silent for longest", () => {
  const from = (index: number) => ({ address: `192.0.2.${index}`, port: 1 });
  const sessions = [0, 1, 2, 3].map((index) => sessionOf(from(index)));
  const send = (index: number) => ask(echo({ sessionId: sessions[index] }), { from: from(index) });
  for (const index of [0, 1, 2, 0]) send(index);
  expect(answering.clients).toMatchObject({ size: 3, evicted: 0 });
  send(3);
  expect(answering.clients).toMatchObject({ size: 3, evicted: 1 });
  expect([0, 1, 2, 3].map((index) => answering.clients.has(`192.0.2.${index} 1`))).toEqual([true, false, true, true]);
});

test("Answering takes any bytes; no answer is longer than its request and what the protocol adds, nor goes to a group of the attacker's", () => {
  const wellFormed = fc
    .record({
      type: fc.constantFrom("init", "echoRequest", "echoReply"),
      version: fc.constantFrom(undefined, 1, 2),
      clientId: fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      sequence: fc.constantFrom(undefined, 1),
      group: fc.constantFrom(undefined, "239.1.2.3", "224.0.0.1", "232.43.211.234", "ff3e::4321:1234", "239.66.6.234"),
      optionRequest: fc.constantFrom(undefined, [], [6, 12], Array<number>(500).fill(6)),
      prefixes: fc.constantFrom(undefined, [{ address: "0.0.0.0", lengthBits: 0 }], [{ address: "ff00::", lengthBits: 8 }]),
      hasSession: fc.boolean(),
    } as const)
    .map(({ hasSession, ...message }) => ({ ...message, sessionId: hasSession ? sessionOf() : undefined }));
  const anything = fc.uint8Array({ maxLength: 100 }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(fc.oneof(wellFormed.map(encodeMessage), anything), fc.boolean(), (data, isMulticast) => {
      nowMs += 60_000;
      const { reply, group, message } = ask(data, { isMulticast });
      expect(reply?.length ?? 0).toBeLessThanOrEqual(data.length + MOST_ADDED_BYTES);
      expect(["239.1.2.3", "239.1.2.234", "232.43.211.234", undefined]).toContain(group);
      if (group !== undefined) expect(message?.type).toBe("echoReply");
    }),
    { numRuns: 1000 },
  );
});

test.each([
  { bytes: MOST_LEGACY_BYTES, refusal: undefined },
  { bytes: MOST_LEGACY_BYTES + 1, refusal: "tooLong" },
])("Answering, asked without session by $bytes bytes, refuses with $refusal, and answers no long request", ({ bytes, refusal }) => {
  const short = encodeMessage({ type: "echoRequest", sequence: 1, clientId: Buffer.alloc(1) });
  const message = encodeMessage({ type: "echoRequest", sequence: 1, clientId: Buffer.alloc(1 + bytes - short.length) });
  expect(message).toHaveLength(bytes);
  const answer = ask(message);
  expect(answer.refusal).toBe(refusal);
  expect(answer.reply?.length ?? 0).toBe(refusal === undefined ? bytes : 0);
});
