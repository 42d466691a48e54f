import { isIPv4 } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseIP } from "../../../packages/reactor/src/network/ip-literal.js";

const number = fc.oneof(
  fc.integer({ min: 0, max: 300 }).map(String),
  fc.constantFrom("", "00", "01", "255", "256", "1e1", "+1", " 1", "1\n"),
);
const almostIPv4 = fc.array(number, { minLength: 3, maxLength: 5 }).map((numbers) => numbers.join("."));

test("parseIP() takes for IPv4 what node:net does", () => {
  fc.assert(
    fc.property(fc.oneof(almostIPv4, fc.ipV4(), fc.string()), (text) => {
      expect(parseIP(text)?.family === 4).toBe(isIPv4(text));
    }),
    { numRuns: 3000 },
  );
});

test.each(["1.2.3.4.", ".1.2.3.4", "1.2.3", "1.2.3.4\n", "01.2.3.4", "1.2.3.256", "1.2.3.4.5", "", "localhost", ":", "1:2"])(
  "parseIP() refuses %j",
  (text) => {
    expect(parseIP(text)).toBeUndefined();
  },
);
