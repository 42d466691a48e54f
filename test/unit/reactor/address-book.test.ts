import { expect, test, vi } from "vitest";
import { selectInterfaces } from "../../../packages/reactor/src/network/interface-selector.js";
import { AddressBook } from "../../../packages/reactor/src/sending/address-book.js";
import { ETH0, LOOPBACK } from "../../support/fake-backend.js";

const MAX_CONTACTS = 4096;

function bookOf(): { readonly book: AddressBook; readonly select: ReturnType<typeof vi.fn> } {
  const select = vi.fn((wish) => selectInterfaces(wish, [LOOPBACK, ETH0]));
  return { book: new AddressBook({ select, current: () => [LOOPBACK, ETH0] }), select };
}

test("find() checks a destination once, and returns the same frozen contact again", () => {
  const { book, select } = bookOf();
  const first = book.find("write", "fe80::1%eth0", 80);
  const looks = select.mock.calls.length;
  expect(book.find("write", "fe80::1%eth0", 80)).toBe(first);
  expect(select.mock.calls).toHaveLength(looks);
  expect(first.address).toEqual({ address: "fe80::1%eth0", port: 80, family: 6, scope: "eth0" });
  expect(Object.isFrozen(first.address)).toBe(true);
});

test("find() tells ports of one address apart", () => {
  const { book } = bookOf();
  expect(book.find("write", "192.0.2.1", 80).address.port).toBe(80);
  expect(book.find("write", "192.0.2.1", 81).address.port).toBe(81);
});

test.each([
  ["192.0.2.1", false],
  ["223.255.255.255", false],
  ["224.0.0.0", true],
  ["239.255.255.255", true],
  ["240.0.0.0", false],
  ["255.255.255.255", false],
  ["<broadcast>", false],
  ["::", false],
  ["ff02::1%eth0", true],
  ["FF02::1", true],
  ["fe80::1", false],
  ["ff::1", false],
  ["::ffff:192.0.2.1", false],
])("find() of %s says whether it is a group: %s", (address, isMulticast) => {
  expect(bookOf().book.find("write", address, 80).isMulticast).toBe(isMulticast);
});

test.each(["::ffff:239.255.0.1", "::FFFF:224.0.0.1", "::ffff:efff:1"])(
  "find() refuses %s, an IPv4 group that an IPv6 port could neither confine nor steer",
  (address) => {
    expect(() => bookOf().book.find("write", address, 80)).toThrow(
      expect.objectContaining({ code: "ERR_FAMILY_MISMATCH", argument: "address", value: address, operation: "write" }),
    );
  },
);

test("find() of a known address with a wrong port throws, and remembers nothing", () => {
  const { book } = bookOf();
  book.find("write", "192.0.2.1", 80);
  for (const port of [0, 65_536, "80", Number.NaN, undefined]) {
    expect(() => book.find("write", "192.0.2.1", port)).toThrow(expect.objectContaining({ code: "ERR_PORT_RANGE", value: port }));
    expect(() => book.find("write", "192.0.2.1", port)).toThrow(expect.objectContaining({ code: "ERR_PORT_RANGE" }));
  }
});

test("clear() makes find() look at zones again", () => {
  const { book, select } = bookOf();
  book.find("write", "fe80::1%eth0", 80);
  select.mockReturnValue([]);
  book.find("write", "fe80::1%eth0", 80);
  book.clear();
  expect(() => book.find("write", "fe80::1%eth0", 80)).toThrow(expect.objectContaining({ code: "ERR_ADDRESS_SCOPE" }));
});

test("find() remembers 4,096 destinations, then starts anew, so that spoofed peers cannot fill the memory", () => {
  const { book } = bookOf();
  const first = book.find("write", "192.0.2.1", 1);
  for (let port = 2; port <= MAX_CONTACTS; port++) book.find("write", "192.0.2.1", port);
  expect(book.find("write", "192.0.2.1", 1)).toBe(first);
  book.find("write", "192.0.2.2", 1);
  const again = book.find("write", "192.0.2.1", 1);
  expect(again).not.toBe(first);
  expect(again).toEqual(first);
});
