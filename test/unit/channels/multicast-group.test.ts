import { multicastGroupForChannel } from "@groupcast/channels";
import fc from "fast-check";
import { expect, test } from "vitest";

test.each([
  ["__nodes", "239.15.21.49"],
  ["test", "239.69.209.50"],
  ["ping_channel", "239.31.142.118"],
  ["a", "239.0.0.97"],
  ["", "239.0.0.0"],
  ["my_pulicast_channel", "239.110.74.152"],
  ["robot/pose", "239.72.2.118"],
  ["Hello World", "239.8.244.132"],
])("multicastGroupForChannel(%j) is %s", (name, group) => {
  expect(multicastGroupForChannel(name)).toBe(group);
});

const asciiNames = fc.string({ unit: fc.integer({ min: 0, max: 127 }).map((code) => String.fromCharCode(code)), maxLength: 255 });

/** The hash as it is defined, without a bound on its size. */
function groupByDefinition(name: string): string {
  let hash = 0n;
  for (const byte of Buffer.from(name, "latin1")) hash = BigInt(byte) + (hash << 6n) + (hash << 16n) - hash;
  const low = Number(BigInt.asUintN(64, hash) & 0x7f_ffffn);
  return `239.${low >> 16}.${(low >> 8) & 255}.${low & 255}`;
}

test("multicastGroupForChannel() is what unbounded arithmetic says, for every name", () => {
  fc.assert(
    fc.property(asciiNames, (name) => {
      expect(multicastGroupForChannel(name)).toBe(groupByDefinition(name));
    }),
  );
});

test.each([["ü"], ["x".repeat(256)], ["\u{1f600}"]])("multicastGroupForChannel(%j) is refused: no peer could have it", (name) => {
  expect(() => multicastGroupForChannel(name)).toThrow(expect.objectContaining({ code: "ERR_CHANNEL_NAME", argument: "name" }));
});

test("multicastGroupForChannel() refuses what is no string", () => {
  expect(() => multicastGroupForChannel(7 as never)).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_TYPE" }));
});
