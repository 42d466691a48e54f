import { isIP } from "node:net";
import { familyOf, isLinkLocal, isMulticast, maxPayloadBytes, needsZone, sameInterface, withoutZone, zoneOf } from "@groupcast/backend";
import { expect, test } from "vitest";
import { ETH0, LOOPBACK } from "../../support/fake-backend.js";

test.each([
  ["223.255.255.255", 4, false, false, false],
  ["224.0.0.0", 4, true, false, false],
  ["239.255.255.255", 4, true, false, false],
  ["240.0.0.0", 4, false, false, false],
  ["255.255.255.255", 4, false, false, false],
  ["fe7f::1", 6, false, false, false],
  ["fe80::1", 6, false, true, true],
  ["FEBF::1", 6, false, true, true],
  ["fec0::1", 6, false, false, false],
  ["ff01::1", 6, true, false, true],
  ["ff12::1", 6, true, false, true],
  ["ff05::1", 6, true, false, false],
  ["ff3e::8000:1", 6, true, false, false],
  ["ff00::1", 6, true, false, false],
  ["::1", 6, false, false, false],
  ["::ffff:224.0.0.1", 6, false, false, false],
] as const)("%s: family %i, multicast %s, link-local %s, needs a zone %s", (address, family, multicast, linkLocal, zone) => {
  expect(isIP(address)).toBe(family);
  expect([familyOf(address), isMulticast(address), isLinkLocal(address), needsZone(address)]).toEqual([family, multicast, linkLocal, zone]);
});

test("withoutZone() and zoneOf() take a literal apart", () => {
  expect([withoutZone("fe80::1%eth0"), zoneOf("fe80::1%eth0")]).toEqual(["fe80::1", "eth0"]);
  expect([withoutZone("192.0.2.1"), zoneOf("192.0.2.1")]).toEqual(["192.0.2.1", undefined]);
});

test("maxPayloadBytes() is what the headers leave of 65,535 bytes", () => {
  expect([maxPayloadBytes(4), maxPayloadBytes(6)]).toEqual([65_535 - 20 - 8, 65_535 - 8]);
});

test("sameInterface() tells an interface from one that was made again under its name, or renamed", () => {
  expect(sameInterface(ETH0, { ...ETH0, addresses: [] })).toBe(true);
  expect(sameInterface(ETH0, { ...ETH0, index: ETH0.index + 1 })).toBe(false);
  expect(sameInterface(ETH0, { ...ETH0, name: "eth1" })).toBe(false);
  expect(sameInterface(ETH0, LOOPBACK)).toBe(false);
});
