import { expect, test } from "vitest";
import { isSourceSpecific, isWithinPrefix, legacyForm, prefixOf, staysOnLink } from "../../../../packages/cli/src/ping/group-prefix.js";

test.each([
  ["239.1.2.3", "239.0.0.0", 8, true],
  ["239.1.2.3", "232.0.0.0", 8, false],
  ["239.1.2.3", "239.1.2.3", 32, true],
  ["239.1.2.2", "239.1.2.3", 32, false],
  ["239.1.2.2", "239.1.2.3", 31, true],
  ["239.127.0.1", "239.128.0.0", 9, false],
  ["239.1.2.3", "0.0.0.0", 0, true],
  ["ff15::1", "0.0.0.0", 0, false],
  ["ff15::1", "ff10::", 12, true],
  ["ff25::1", "ff10::", 12, false],
  ["ff15::1", "ff15::", 127, true],
  ["ff15::2", "ff15::", 127, false],
  ["ff15::1", "::", 0, true],
])("isWithinPrefix() of %s in %s/%i is %s", (group, address, lengthBits, expected) => {
  expect(isWithinPrefix(group, { address, lengthBits })).toBe(expected);
});

test("prefixOf() is the group alone", () => {
  expect(prefixOf("239.1.2.3")).toEqual({ address: "239.1.2.3", lengthBits: 32 });
  expect(prefixOf("ff15::1")).toEqual({ address: "ff15::1", lengthBits: 128 });
});

test.each([
  ["232.0.0.1", true],
  ["231.255.255.255", false],
  ["239.232.0.1", false],
  ["ff3e::4321:1234", true],
  ["ff35::1", true],
  ["ff3e:30:2001:db8::1", false], // a unicast-prefix-based group (RFC 3306)
  ["ff1e::1", false],
])("isSourceSpecific() of %s is %s", (group, expected) => {
  expect(isSourceSpecific(group)).toBe(expected);
});

test.each([
  ["224.0.0.251", true],
  ["224.0.1.1", false],
  ["239.0.0.1", false],
  ["ff02::fb", true],
  ["ff01::1", true],
  ["ff05::1", false],
])("staysOnLink() of %s is %s", (group, expected) => {
  expect(staysOnLink(group)).toBe(expected);
});

test("legacyForm() has the ending that ssmpingd 0.9.1 asks for", () => {
  expect(legacyForm("239.1.2.3")).toBe("239.1.2.234");
  expect(legacyForm("ff15::77")).toBe("ff15::4321:1234");
});
