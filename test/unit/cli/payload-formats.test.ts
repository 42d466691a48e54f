import dnsPacket from "dns-packet";
import fc from "fast-check";
import { Packet as SacnPacket } from "sacn/dist/packet.js";
import { expect, test } from "vitest";
import { decodePayload, PAYLOAD_FORMATS } from "../../../packages/cli/src/payload/payload-formats.js";
import { encodeTestDatagram } from "../../../packages/cli/src/payload/test-datagram.js";

const PORTS = { source: 40_000, destination: 5000 };
const MDNS = { source: 5353, destination: 5353 };
const LONGEST_TEXT = 20_000; // of a decoded payload, whatever the datagram

const TEST = encodeTestDatagram({ stream: "0123abcd", number: 42, sentNs: 1_795_000_000_123_456_789n }, Buffer.alloc(200));
const CHANNEL = Buffer.concat([Buffer.from("PULI\x04test"), Buffer.from([0, 0, 1, 2]), Buffer.from("payload")]); // wire format of pulicast 1.0.0
const RTP = Buffer.from("8060000100000064deadbeef0102030405", "hex"); // type 96, sequence 1, timestamp 100
const OSC = Buffer.from("/synth/freq\0,fsi\0\0\0\0\x43\xdc\0\0ab\0\0\0\0\0\x07", "latin1"); // 440, "ab", 7
const BUNDLE = Buffer.concat([Buffer.from("#bundle\0\0\0\0\0\0\0\0\x01", "latin1"), sized(OSC), sized(Buffer.from("/a\0\0,T\0\0"))]);
const QUERY = dnsPacket.encode({ type: "query", id: 7, questions: [{ name: "_http._tcp.local", type: "PTR" }] });
const SACN = new SacnPacket({ universe: 7, sequence: 200, sourceName: "desk", priority: 100, payload: { 1: 100, 2: 50 } }).buffer;

function sized(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

test("decodePayload() reads a numbered datagram of groupcast send", () => {
  expect(decodePayload(TEST, PORTS)).toEqual({
    format: "test",
    text: "groupcast send: stream 0123abcd, number 42",
    fields: { stream: "0123abcd", number: 42, sentNs: 1_795_000_000_123_456_789n },
  });
});

test("decodePayload() reads a packet of a channel", () => {
  expect(decodePayload(CHANNEL, PORTS)).toEqual({
    format: "channel",
    text: 'channel "test", message 258, 7 bytes',
    fields: { channel: "test", sequence: 258, payloadBytes: 7 },
  });
});

test("decodePayload() reads the header of RTP", () => {
  expect(decodePayload(RTP, PORTS)).toMatchObject({
    format: "rtp",
    text: "RTP type 96, SSRC deadbeef, sequence 1, time 100, 5 bytes",
    fields: { payloadType: 96, marker: false, sequence: 1, timestamp: 100, ssrc: "deadbeef", payloadBytes: 5 },
  });
});

test("decodePayload() takes sources, extension and padding of RTP off its payload", () => {
  const header = Buffer.from("b2e00001 00000064 deadbeef 00000001 00000002 bede0001 aabbccdd".replaceAll(" ", ""), "hex");
  const packet = Buffer.concat([header, Buffer.from([1, 2, 3, 0, 2])]); // the last 2 bytes are padding
  expect(decodePayload(packet, PORTS)).toMatchObject({ format: "rtp", fields: { payloadBytes: 3, marker: true } });
});

test.each([
  ["an odd port", RTP, { ...PORTS, destination: 5001 }],
  ["a type of RTCP", Buffer.concat([Buffer.from([0x80, 200]), RTP.subarray(2)]), PORTS],
  ["version 1", Buffer.concat([Buffer.from([0x40]), RTP.subarray(1)]), PORTS],
  ["11 bytes", RTP.subarray(0, 11), PORTS],
  ["more padding than bytes", Buffer.concat([Buffer.from([0xa0]), RTP.subarray(1, -1), Buffer.from([200])]), PORTS],
  ["more sources than bytes", Buffer.concat([Buffer.from([0x8f]), RTP.subarray(1)]), PORTS],
])("decodePayload() takes nothing with %s for RTP", (_, bytes, ports) => {
  expect(decodePayload(bytes, ports)).toBeUndefined();
});

test("decodePayload() reads messages and bundles of OSC", () => {
  expect(decodePayload(OSC, PORTS)).toMatchObject({ format: "osc", text: 'OSC /synth/freq ,fsi 440 "ab" 7' });
  expect(decodePayload(BUNDLE, PORTS)).toMatchObject({ format: "osc", text: 'OSC /synth/freq ,fsi 440 "ab" 7; OSC /a ,T true' });
});

test.each([
  ["no type tags", Buffer.from("/a\0\0")],
  ["an unknown type", Buffer.from("/a\0\0,q\0\0")],
  ["an argument that is missing", Buffer.from("/a\0\0,i\0\0")],
  ["bytes behind its arguments", Buffer.from("/a\0\0,T\0\0abcd")],
  ["a blob longer than itself", Buffer.from("/a\0\0,b\0\0\x7f\xff\xff\xff", "latin1")],
  ["a path", Buffer.from("/usr/bin/env\0\0\0\0")],
  ["a bundle in a bundle, and so on", deepBundle(9)],
])("decodePayload() takes nothing with %s for OSC", (_, bytes) => {
  expect(decodePayload(bytes, PORTS)).toBeUndefined();
});

function deepBundle(depth: number): Buffer {
  const header = Buffer.from("#bundle\0\0\0\0\0\0\0\0\x01", "latin1");
  return depth === 0 ? OSC : Buffer.concat([header, sized(deepBundle(depth - 1))]);
}

test("decodePayload() reads the questions of DNS and mDNS by their ports", () => {
  expect(decodePayload(QUERY, MDNS)).toMatchObject({ format: "dns", text: "mDNS query: _http._tcp.local PTR" });
  expect(decodePayload(QUERY, { source: 40_000, destination: 53 })).toMatchObject({ text: "DNS query: _http._tcp.local PTR" });
  expect(decodePayload(QUERY, PORTS)).toBeUndefined();
});

test("decodePayload() counts the records of a response", () => {
  const response = dnsPacket.encode({ type: "response", answers: [{ name: "a.local", type: "A", data: "192.0.2.1" }] });
  expect(decodePayload(response, MDNS)).toMatchObject({ text: "mDNS response: 1 answers" });
});

test("decodePayload() follows a name that points to another, and no circle of them", () => {
  const header = Buffer.from("000000000002000000000000", "hex");
  const first = Buffer.from("\x01a\x05local\0\0\x0c\0\x01", "latin1"); // at 12; "local" is at 14
  const second = Buffer.from("\x01b\xc0\x0e\0\x01\x80\x01", "latin1");
  expect(decodePayload(Buffer.concat([header, first, second]), MDNS)).toMatchObject({
    text: "mDNS query: a.local PTR, b.local A (by unicast)",
  });
  const forward = Buffer.from("\xc0\x12\0\x01\0\x01\x01a\0\0\x01\0\x01", "latin1"); // to the second question
  expect(decodePayload(Buffer.concat([header, forward]), MDNS)).toBeUndefined();
  const circle = Buffer.from("\xc0\x0c\0\x01\0\x01", "latin1");
  expect(decodePayload(Buffer.concat([Buffer.from("000000000001000000000000", "hex"), circle]), MDNS)).toBeUndefined();
});

test("decodePayload() gives up on a chain of hundreds of pointers", () => {
  const bytes = [...Buffer.from("000000000003000000000000", "hex")];
  let previous = 8; // a zero of the header: the root
  for (let label = 0; label < 8; label++) {
    bytes.push(62); // its bytes are 31 pointers, each to the one before
    for (let n = 0; n < 31; n++) {
      bytes.push(0xc0 | (previous >> 8), previous & 0xff);
      previous = bytes.length - 2;
    }
    if (label % 4 === 3) bytes.push(0, 0, 1, 0, 1);
  }
  const to = (offset: number) => Buffer.from([...bytes, 0xc0 | (offset >> 8), offset & 0xff, 0, 1, 0, 1]);
  expect(decodePayload(to(8), MDNS)).toMatchObject({ format: "dns", text: expect.stringMatching(/, \. A$/) });
  expect(decodePayload(to(previous), MDNS)).toBeUndefined();
});

test("decodePayload() reads a data packet of sACN", () => {
  const decoded = decodePayload(SACN, { source: 5568, destination: 5568 });
  expect(decoded).toMatchObject({ format: "sacn", fields: { universe: 7, sequence: 200, sourceName: "desk", priority: 100, slots: 512 } });
  expect(decoded!.text).toMatch(/^sACN universe 7, "desk", priority 100, sequence 200, 512 slots: /);
});

test.each([
  ["extended packets of sACN", 18, 8],
  ["synchronization packets of sACN", 40, 1],
])("decodePayload() takes no %s for data", (_, at, vector) => {
  const bytes = Buffer.from(SACN);
  bytes.writeUInt32BE(vector, at);
  expect(decodePayload(bytes, { source: 5568, destination: 5568 })).toBeUndefined();
});

test.each([
  ["text", Buffer.from("hello")],
  ["nothing", Buffer.alloc(0)],
  ["one byte", Buffer.from([0x80])],
])("decodePayload() knows no format of %s", (_, bytes) => {
  expect(decodePayload(bytes, PORTS)).toBeUndefined();
});

const SAMPLES = [TEST, CHANNEL, RTP, OSC, BUNDLE, QUERY, SACN];
const PORT_PAIRS = [PORTS, MDNS, { source: 53, destination: 40_001 }];

/** Random bytes, and samples with a few bytes changed and the end cut off: most pass the first checks of a decoder. */
const HOSTILE = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
  fc
    .tuple(fc.constantFrom(...SAMPLES), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }), fc.nat(700))
    .map(([sample, changes, cut]) => {
      const bytes = Buffer.from(sample);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      return cut < 350 ? bytes.subarray(0, Math.max(0, bytes.length - (cut % bytes.length))) : bytes;
    }),
);

test("decodePayload() takes hostile bytes: it never throws, and what it returns is bounded", () => {
  fc.assert(
    fc.property(HOSTILE, fc.constantFrom(...PORT_PAIRS), (bytes, ports) => {
      const decoded = decodePayload(bytes, ports);
      expect(decoded?.text.length ?? 0).toBeLessThan(LONGEST_TEXT);
      for (const { numbering } of PAYLOAD_FORMATS) numbering?.read(bytes, ports);
    }),
    { numRuns: 3000 },
  );
});

test("PAYLOAD_FORMATS number the datagrams that they decode, with the number that they decode", () => {
  const numbers = [TEST, CHANNEL, SACN, RTP].map((bytes) => {
    const decoded = decodePayload(bytes, PORTS)!;
    const { numbering } = PAYLOAD_FORMATS.find(({ name }) => name === decoded.format)!;
    const number = decoded.fields.number ?? decoded.fields.sequence;
    return [decoded.format, numbering!.read(bytes, PORTS)!.number === number];
  });
  expect(numbers).toEqual(["test", "channel", "sacn", "rtp"].map((format) => [format, true]));
});
