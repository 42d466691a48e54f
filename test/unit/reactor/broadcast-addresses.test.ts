import { expect, test } from "vitest";
import { BroadcastAddresses } from "../../../packages/reactor/src/network/broadcast-addresses.js";
import { fakeInterface } from "../../support/fake-backend.js";

function withAddress(address: string, prefixLength: number, broadcast?: string): ReturnType<typeof fakeInterface>[] {
  return [fakeInterface("eth0", 2, { addresses: [{ address, family: 4, prefixLength, ...(broadcast && { broadcast }) }] })];
}

test.each([
  [
    "10.1.2.3",
    24,
    undefined,
    [
      ["10.1.2.255", "10.1.2.0", "255.255.255.255", "::ffff:10.1.2.255"],
      ["10.1.2.3", "10.1.3.255"],
    ],
  ],
  ["10.1.2.3", 24, "10.1.255.255", [["10.1.2.255", "10.1.255.255"], ["10.1.2.1"]]],
  ["127.0.0.1", 8, undefined, [["127.255.255.255", "127.0.0.0"], ["127.0.0.2"]]],
  ["200.1.2.129", 25, undefined, [["200.1.2.255", "200.1.2.128"], ["200.1.2.127"]]],
  ["10.1.2.1", 30, undefined, [["10.1.2.3", "10.1.2.0"], ["10.1.2.2"]]],
  ["10.1.2.0", 31, undefined, [["255.255.255.255"], ["10.1.2.1", "10.1.2.0"]]],
  ["10.1.2.3", 32, "10.9.9.9", [["10.9.9.9"], ["10.1.2.3"]]],
  ["10.1.2.0", 24, undefined, [["10.1.2.255"], ["10.1.2.0"]]], // Linux 5.14: the first address may be a host's
  ["10.1.2.3", 0, undefined, [["255.255.255.255", "0.0.0.0"], ["10.1.2.255"]]],
] as const)("broadcasts of %s/%i, given %s, are, and are not: %j", (address, prefixLength, given, [broadcasts, others]) => {
  const interfaces = withAddress(address, prefixLength, given);
  const addresses = new BroadcastAddresses();
  for (const broadcast of broadcasts) expect([broadcast, addresses.has(broadcast, interfaces)]).toEqual([broadcast, true]);
  for (const other of [...others, "ff02::1", ""]) expect([other, addresses.has(other, interfaces)]).toEqual([other, false]);
});

test("has() follows the interfaces", () => {
  const addresses = new BroadcastAddresses();
  expect(addresses.has("10.1.2.255", withAddress("10.1.2.3", 24))).toBe(true);
  expect(addresses.has("10.1.2.255", withAddress("10.1.3.3", 24))).toBe(false);
  expect(addresses.has("10.1.3.255", withAddress("10.1.3.3", 24))).toBe(true);
});
