import { isIP } from "node:net";
import { familyOf, isLinkLocal, isMulticast, maxPayloadBytes, needsZone, sameInterface, withoutZone, zoneOf } from "@groupcast/backend";
import { expect, test } from "vitest";
import { ETH0, LOOPBACK } from "../../support/fake-backend.js";

test.each([
  ["223.255.255.255", { family: 4, multicast: false, linkLocal: false, zone: false }],
  ["224.0.0.0", { family: 4, multicast: true, linkLocal: false, zone: false }],
  ["239.255.255.255", { family: 4, multicast: true, linkLocal: false, zone: false }],
  ["240.0.0.0", { family: 4, multicast: false, linkLocal: false, zone: false }],
  ["255.255.255.255", { family: 4, multicast: false, linkLocal: false, zone: false }],
  ["fe7f::1", { family: 6, multicast: false, linkLocal: false, zone: false }],
  ["fe80::1", { family: 6, multicast: false, linkLocal: true, zone: true }],
  ["FEBF::1", { family: 6, multicast: false, linkLocal: true, zone: true }],
  ["fec0::1", { family: 6, multicast: false, linkLocal: false, zone: false }],
  ["ff01::1", { family: 6, multicast: true, linkLocal: false, zone: true }],
  ["ff12::1", { family: 6, multicast: true, linkLocal: false, zone: true }],
  ["ff05::1", { family: 6, multicast: true, linkLocal: false, zone: false }],
  ["ff3e::8000:1", { family: 6, multicast: true, linkLocal: false, zone: false }],
  ["ff00::1", { family: 6, multicast: true, linkLocal: false, zone: false }],
  ["::1", { family: 6, multicast: false, linkLocal: false, zone: false }],
  ["::ffff:224.0.0.1", { family: 6, multicast: false, linkLocal: false, zone: false }],
] as const)("%s is %o", (address, facts) => {
  expect(isIP(address)).toBe(facts.family);
  expect({ family: familyOf(address), multicast: isMulticast(address), linkLocal: isLinkLocal(address), zone: needsZone(address) }).toEqual(
    facts,
  );
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
