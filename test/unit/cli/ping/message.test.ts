// Messages of multicast ping: what this side writes, what ssmping 0.9.1 was seen to write, and bytes that nobody should write.
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeMessage, encodeEchoReply, encodeMessage, type PingMessage } from "../../../../packages/cli/src/ping/message.js";

/** Captured from Debian's ssmping 0.9.1: a request, and the answer of ssmpingd. */
const SSMPING_REQUEST = Buffer.from(
  "5100010004 0000280e 000200040000000100030008 6b0268fd0008d54f 00050000 00040005 01e82bd3ea".replaceAll(" ", ""),
  "hex",
);
const SSMPINGD_INFORMATION = "0.9.1 (20080418) [asm][size]";

const bytes = (minLength: number) => fc.uint8Array({ minLength, maxLength: 40 }).map((array) => Buffer.from(array));
const timeUs = fc.integer({ min: 0, max: 2 ** 32 * 1_000_000 - 1 });
const group = fc.constantFrom("224.0.0.1", "232.43.211.234", "239.255.255.255", "ff02::1", "ff3e::4321:1234", "ff15::1:0:0:2");
const prefix = fc.oneof(
  fc.record({ address: fc.constantFrom("232.0.0.0", "239.1.2.3", "0.0.0.0"), lengthBits: fc.integer({ min: 0, max: 32 }) }),
  fc.record({ address: fc.constantFrom("ff3e::", "::", "::ffff:192.0.2.1"), lengthBits: fc.integer({ min: 0, max: 128 }) }),
);
const message: fc.Arbitrary<PingMessage> = fc.record(
  {
    type: fc.constantFrom("echoRequest", "echoReply", "init", "serverResponse"),
    version: fc.constantFrom(1, 2, 255),
    clientId: bytes(1),
    sequence: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    clientTimeUs: timeUs,
    group,
    optionRequest: fc.array(fc.integer({ min: 0, max: 65_535 }), { maxLength: 5 }),
    serverInformation: fc.string({ minLength: 1, unit: "grapheme" }),
    ttl: fc.integer({ min: 0, max: 255 }),
    prefixes: fc.array(prefix, { minLength: 1, maxLength: 4 }),
    sessionId: bytes(1),
    serverTimeUs: timeUs,
  } as const,
  { requiredKeys: ["type"] },
);

test("encodeMessage() lays out a request of version 2 as RFC 6450 has it", () => {
  const request = encodeMessage({
    type: "echoRequest",
    version: 2,
    clientId: Buffer.from("abcd"),
    sequence: 7,
    clientTimeUs: 1_000_002,
    group: "239.1.2.3",
    optionRequest: [12],
    sessionId: Buffer.of(9),
  });
  expect(request.toString("hex")).toBe(
    "51" + // Q
      "0000000102" + // version 2
      "0001000461626364" + // client ID
      "0002000400000007" + // sequence number
      "000300080000000100000002" + // client timestamp
      "00050002000c" + // option request: server timestamp
      "000400060001ef010203" + // group, its family in two bytes
      "000b000109", // session ID
  );
});

test("encodeMessage() lays out a request without a version as ssmping 0.9.1 does", () => {
  const { type, clientId, sequence, clientTimeUs, group: asked, optionRequest } = decodeMessage(SSMPING_REQUEST)!;
  expect(encodeMessage({ type, clientId, sequence, clientTimeUs, group: asked, optionRequest })).toEqual(SSMPING_REQUEST);
});

test("decodeMessage() reads a request of ssmping 0.9.1", () => {
  expect(decodeMessage(SSMPING_REQUEST)).toMatchObject({
    type: "echoRequest",
    clientId: Buffer.from("0000280e", "hex"),
    sequence: 1,
    clientTimeUs: 0x6b0268fd * 1_000_000 + 0x8d54f,
    optionRequest: [],
    group: "232.43.211.234",
  });
  expect(decodeMessage(SSMPING_REQUEST)).not.toHaveProperty("version");
});

test("decodeMessage() reads what encodeMessage() wrote, whatever options there are", () => {
  fc.assert(
    fc.property(message, (written) => {
      const { options, ...read } = decodeMessage(encodeMessage(written))!;
      expect(read).toEqual(written);
      expect(options.length).toBe(Object.keys(written).length - 1 + Math.max(0, (written.prefixes?.length ?? 1) - 1));
    }),
  );
});

test("decodeMessage() takes any bytes, and gives nothing or a message that encodeMessage() takes", () => {
  const shaken = fc
    .tuple(message, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.option(fc.nat()))
    .map(([written, changes, cut]) => {
      const altered = encodeMessage(written);
      for (const [at, value] of changes) altered[at % altered.length] = value;
      return cut === null ? altered : altered.subarray(0, cut % (altered.length + 1));
    });
  const anything = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(fc.oneof(anything, shaken), (hostile) => {
      const read = decodeMessage(hostile);
      if (read !== undefined) expect(decodeMessage(encodeMessage(read))?.type).toBe(read.type);
    }),
    { numRuns: 1000 },
  );
});

test("decodeMessage() skips options that it does not know, and keeps them", () => {
  const strange = Buffer.concat([encodeMessage({ type: "init", version: 2 }), Buffer.from("7777000401020304", "hex")]);
  expect(decodeMessage(strange)).toMatchObject({ type: "init", version: 2, options: [{ code: 0 }, { code: 0x7777 }] });
});

test.each([
  ["no bytes", ""],
  ["a type that does not exist", "5a"],
  ["half a header of an option", "510000"],
  ["an option that is longer than the message", "5100000002"],
  ["an option whose last byte is missing", "51000200040000 00".replaceAll(" ", "")],
])("decodeMessage() reads nothing from %s", (_, hex) => {
  expect(decodeMessage(Buffer.from(hex, "hex"))).toBeUndefined();
});

test.each([
  ["version of two bytes", "version", "000000020002"],
  ["client ID of none", "clientId", "00010000"],
  ["sequence number of three bytes", "sequence", "00020003000001"],
  ["timestamp of seven bytes", "clientTimeUs", "0003000700000001000000"],
  ["group of family 3", "group", "000400060003ef010203"],
  ["group of three bytes of address", "group", "000400050001ef0102"],
  ["option request of three bytes", "optionRequest", "00050003000c00"],
  ["TTL of two bytes", "ttl", "000900020040"],
  ["prefix of 33 bits", "prefixes", "000a0007000121ef010203"],
  ["prefix of 24 bits in two bytes", "prefixes", "000a0005000118ef01"],
  ["prefix of five bytes", "prefixes", "000a0008000118ef01020304"],
  ["session ID of none", "sessionId", "000b0000"],
])("decodeMessage() takes a %s for absent", (_, name, hex) => {
  const read = decodeMessage(Buffer.from(`51${hex}`, "hex"));
  expect(read).toMatchObject({ type: "echoRequest" });
  expect(read).not.toHaveProperty(name);
});

test("decodeMessage() reads a prefix that is as short as its length in bits", () => {
  expect(decodeMessage(Buffer.from("49000a0004000108e8", "hex"))?.prefixes).toEqual([{ address: "232.0.0.0", lengthBits: 8 }]);
  expect(decodeMessage(Buffer.from("49000a0003000100", "hex"))?.prefixes).toEqual([{ address: "0.0.0.0", lengthBits: 0 }]);
});

test("decodeMessage() takes the first of two equal options", () => {
  expect(decodeMessage(Buffer.from("5100020004000000010002000400000002", "hex"))?.sequence).toBe(1);
});

test("encodeEchoReply() answers ssmping 0.9.1 as ssmpingd does", () => {
  const reply = encodeEchoReply(decodeMessage(SSMPING_REQUEST)!, { serverInformation: SSMPINGD_INFORMATION });
  const information = Buffer.concat([Buffer.from("0006001c", "hex"), Buffer.from(SSMPINGD_INFORMATION)]);
  expect(reply).toEqual(Buffer.concat([Buffer.from("A"), SSMPING_REQUEST.subarray(1), information]));
});

test("encodeEchoReply() repeats a request without the options of servers, the session ID above all", () => {
  const request = encodeMessage({
    type: "echoRequest",
    version: 2,
    sequence: 3,
    group: "239.1.2.3",
    sessionId: Buffer.from("secret"),
    ttl: 1,
    serverInformation: "x",
    serverTimeUs: 1,
    prefixes: [{ address: "239.0.0.0", lengthBits: 8 }],
  });
  const reply = decodeMessage(encodeEchoReply(decodeMessage(request)!, { ttl: 64, serverTimeUs: 5 }));
  const { options, ...values } = reply!;
  expect(values).toEqual({ type: "echoReply", version: 2, sequence: 3, group: "239.1.2.3", ttl: 64, serverTimeUs: 5 });
  expect(options.map(({ code }) => code)).toEqual([0, 2, 4, 9, 12]);
});
