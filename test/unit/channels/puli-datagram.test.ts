import fc from "fast-check";
import { expect, test } from "vitest";
import {
  maxPuliPayloadBytes,
  puliOverheadBytes,
  readPuliHeader,
  writePuliHeader,
} from "../../../packages/channels/src/udp/puli-datagram.js";

/** The datagram as bytes; the reader's counterpart. */
function datagram(channel: string, sequence: number, payload: Uint8Array): Buffer {
  const whole = Buffer.alloc(puliOverheadBytes(channel) + payload.length);
  whole.set(payload, writePuliHeader(whole, channel, sequence));
  return whole;
}

const names = fc.string({ unit: fc.integer({ min: 0, max: 127 }).map((code) => String.fromCharCode(code)), maxLength: 255 });

test("writePuliHeader() makes the first message on channel test, byte for byte", () => {
  expect(datagram("test", 0, Buffer.from("payload")).toString("hex")).toBe("50554c490474657374000000007061796c6f6164");
});

test("writePuliHeader() writes the sequence number big-endian", () => {
  expect(datagram("a", 0x01020304, Buffer.alloc(0)).toString("hex")).toBe("50554c49016101020304");
});

test("readPuliHeader() reads what writePuliHeader() wrote, for every name, number and payload", () => {
  fc.assert(
    fc.property(names, fc.integer({ min: 0, max: 0xffff_ffff }), fc.uint8Array({ maxLength: 64 }), (channel, sequence, payload) => {
      const bytes = datagram(channel, sequence, payload);
      const header = readPuliHeader(bytes)!;
      expect(header).toMatchObject({ channel, sequence });
      expect(bytes.subarray(header.payloadOffset)).toEqual(Buffer.from(payload));
    }),
  );
});

test("readPuliHeader() takes an empty payload, and an empty name", () => {
  expect(readPuliHeader(Buffer.from("50554c490000000000", "hex"))).toEqual({ channel: "", sequence: 0, payloadOffset: 9 });
});

test.each([
  ["nothing", ""],
  ["the magic alone", "50554c49"],
  ["another magic", "50554c4a0474657374000000007061"],
  ["lower case", "70756c690474657374000000007061"],
  ["a name that is longer than the datagram", "50554c49ff7465737400000000"],
  ["half a sequence number", "50554c4904746573740000"],
])("readPuliHeader() refuses %s", (_, hex) => {
  expect(readPuliHeader(Buffer.from(hex, "hex"))).toBeUndefined();
});

test("readPuliHeader() never throws, and never reads past the end, whatever comes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, hasMagic) => {
      const input = Buffer.from(bytes);
      if (hasMagic && input.length >= 4) input.write("PULI", "latin1");
      const header = readPuliHeader(input);
      if (header !== undefined) expect(header.payloadOffset).toBeLessThanOrEqual(input.length);
    }),
    { numRuns: 2000 },
  );
});

test("maxPuliPayloadBytes() leaves room for the name in the largest datagram", () => {
  expect(maxPuliPayloadBytes("test") + puliOverheadBytes("test")).toBe(65_507);
});
