import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeNatsHeader, encodeNatsHeader, NATS_HEADER_BYTES, type NatsOrigin } from "../../../packages/channels/src/nats/nats-header.js";
import { newNatsHeader } from "../../support/channels/nats-client.js";

const SOURCE = "0123456789abcdef";
const VIA = "fedcba9876543210";

/** A header as the client of NATS would send it. */
function encoded(origin: NatsOrigin): ReturnType<typeof encodeNatsHeader> {
  return encodeNatsHeader(newNatsHeader(), origin);
}

/** A header as the client hands it over, with this value. */
function header(value: string): Parameters<typeof decodeNatsHeader>[0] {
  return { get: () => value } as never;
}

test("encodeNatsHeader() writes the documented line", () => {
  expect(encoded({ source: SOURCE, sequence: 7 }).get("Groupcast")).toBe(`1 ${SOURCE} 7`);
});

test("encodeNatsHeader() writes the envelope of a relayed packet behind it", () => {
  const envelope = { origin: "site-a", source: SOURCE, sequence: 7, hops: 2, via: VIA };
  expect(encoded({ source: SOURCE, sequence: 7, envelope }).get("Groupcast")).toBe(`1 ${SOURCE} 7 2 site-a ${VIA}`);
});

test("encodeNatsHeader() needs no more than the room that is kept for it", () => {
  const envelope = { origin: "x".repeat(64), source: SOURCE, sequence: 0xffff_ffff, hops: 255, via: VIA };
  const header = encoded({ source: SOURCE, sequence: 0xffff_ffff, envelope }) as unknown as { encode(): Uint8Array };
  expect(header.encode().length).toBeLessThanOrEqual(NATS_HEADER_BYTES);
});

test("decodeNatsHeader() undoes encodeNatsHeader()", () => {
  const hex = fc.stringMatching(/^[0-9a-f]{16}$/);
  const sequences = fc.integer({ min: 0, max: 0xffff_ffff });
  fc.assert(
    fc.property(
      hex,
      sequences,
      fc.option(fc.tuple(fc.integer({ min: 1, max: 255 }), hex), { nil: undefined }),
      (source, sequence, relayed) => {
        const envelope = relayed && { origin: "a.b-c_D9", source, sequence, hops: relayed[0], via: relayed[1] };
        expect(decodeNatsHeader(encoded({ source, sequence, envelope }))).toEqual(
          envelope === undefined ? { source, sequence } : { source, sequence, envelope },
        );
      },
    ),
  );
});

test("decodeNatsHeader() is undefined for a message of a program that has none", () => {
  expect([decodeNatsHeader(undefined), decodeNatsHeader(header(""))]).toEqual([undefined, undefined]);
});

test.each([
  [`2 ${SOURCE} 7`],
  [`1 ${SOURCE}`],
  [`1 ${SOURCE} -1`],
  [`1 ${SOURCE} 4294967296`],
  [`1 ${SOURCE} 07`],
  [`1 ${SOURCE} 1e3`],
  [`1 ${SOURCE.toUpperCase()} 7`],
  [`1  ${SOURCE} 7`],
  [`1 ${SOURCE} 7 1 site`],
  [`1 ${SOURCE} 7 0 site ${VIA}`],
  [`1 ${SOURCE} 7 1 a/b ${VIA}`],
  [`1 ${SOURCE} 7 1 site ${VIA} more`],
])("decodeNatsHeader() takes %j for malformed", (value) => {
  expect(decodeNatsHeader(header(value))).toBe("malformed");
});

test("decodeNatsHeader() never throws, whatever it says", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 80 }), (value) => {
      decodeNatsHeader(header(`1 ${value}`));
    }),
  );
});
