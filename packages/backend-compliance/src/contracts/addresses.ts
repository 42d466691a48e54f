/** Where sockets are, and how addresses are written. */
import assert from "node:assert/strict";
import { type Contract, contracts } from "../contract.js";
import type { Endpoint } from "../endpoint.js";
import type { Lab } from "../lab.js";
import { assertRefused } from "../refusal.js";
import { WIDE } from "../socket-endpoint.js";

export const ADDRESSES: readonly Contract[] = contracts([
  {
    id: "ADDR-1",
    title: "an endpoint that is bound everywhere says so",
    access: "both",
    why: "getsockname(2); RFC 5952: ::",
    run(lab) {
      assert.equal(lab.open({ address: lab.addresses.any }).local.address, lab.addresses.any);
    },
  },
  {
    id: "ADDR-2",
    title: "an endpoint tells address, port and family it is bound to",
    access: "both",
    why: "getsockname(2)",
    run(lab) {
      const { port } = lab.open().local;
      const { address, family } = lab.open().local;
      assert.deepEqual([address, family, typeof port], [lab.addresses.loopback, lab.family, "number"]);
    },
  },
  {
    id: "ADDR-3",
    title: "a datagram tells address, port and family of its sender",
    access: "both",
    why: "recvfrom(2)",
    async run(lab) {
      const { a, b } = lab.pair();
      a.write("x", b.local);
      const { address, port, family } = (await lab.first(b)).from;
      assert.deepEqual([address, port, family], [a.local.address, a.local.port, lab.family]);
    },
  },
  {
    id: "ADDR-4",
    title: "a sender's address is frozen, and good to answer to after the call that delivered it",
    access: "both",
    why: "socket-address.ts: one object stands for every datagram of a peer",
    async run(lab) {
      const { a, b } = lab.pair();
      a.write("question", b.local);
      const { from } = await lab.first(b);
      assert.ok(Object.isFrozen(from));
      b.write("answer", from);
      assert.equal((await lab.first(a)).bytes.toString(), "answer");
    },
  },
  {
    id: "ADDR-15",
    title: "an IPv6 address is told in its short form, however it was written",
    access: "both",
    families: [6],
    why: "RFC 5952",
    async run(lab) {
      const receiver = lab.open({ address: "0:0:0:0:0:0:0:1" });
      assert.equal(receiver.local.address, "::1");
      lab.open().write("x", { address: "0000:0000:0000:0000:0000:0000:0000:0001", port: receiver.local.port });
      assert.equal((await lab.first(receiver)).from.address, "::1");
    },
  },
  {
    id: "ADDR-16",
    title: "a link-local sender's address carries its zone, and an answer to it arrives",
    access: "both",
    families: [6],
    host: ["multicast"],
    why: "RFC 4007: an address of link scope means something in its zone only; Twisted cut the scope off (#6826)",
    async run(lab) {
      const address = linkLocalOf(lab);
      const [a, b] = [lab.open({ address }), lab.open({ address })];
      a.write("question", b.local);
      const { from } = await lab.first(b);
      assert.deepEqual([from.address, from.scope], [address, lab.net.name]);
      b.write("answer", from);
      assert.equal((await lab.first(a)).bytes.toString(), "answer");
    },
  },
  {
    id: "ADDR-17",
    title: "an endpoint on a link-local address tells its zone",
    access: "both",
    families: [6],
    host: ["multicast"],
    why: "RFC 4007, 11.2: <address>%<zone>",
    run(lab) {
      const address = linkLocalOf(lab);
      const { local } = lab.open({ address });
      assert.deepEqual([local.address, local.scope], [address, lab.net.name]);
    },
  },
  {
    id: "ADDR-18",
    title: "an IPv6 endpoint everywhere hears IPv4, from ::ffff:a.b.c.d, and its answer arrives",
    access: "both",
    families: [6],
    why: "RFC 3493, 3.7; ipv6(7): IPV6_V6ONLY is off",
    async run(lab) {
      const dual = lab.open({ address: "::", ...(lab.can("set ipv6Only") && { ipv6Only: false }) });
      const ipv4 = lab.socket(4);
      ipv4.bind("127.0.0.1");
      ipv4.read(WIDE);
      ipv4.write("question", { address: "127.0.0.1", port: dual.local.port });
      const { from } = await lab.first(dual);
      assert.deepEqual([from.address, from.port, from.family], ["::ffff:127.0.0.1", ipv4.local.port, 6]);
      dual.write("answer", from);
      assert.equal((await lab.first(ipv4)).bytes.toString(), "answer");
    },
  },
  {
    id: "ADDR-21",
    title: "a host name is refused as a destination, a peer and a local address, and is never looked up",
    access: "reactor",
    why: "decision 2: names are not addresses; Twisted: InvalidAddressError",
    run(lab) {
      const port = lab.open();
      const name = { address: "example.invalid", port: 1 };
      assertRefused(() => port.write("x", name), [], "ERR_ADDRESS_NOT_IP");
      assertRefused(() => port.connect(name), [], "ERR_ADDRESS_NOT_IP");
      assertRefused(() => lab.open({ address: "localhost" }), [], "ERR_ADDRESS_NOT_IP");
    },
  },
  {
    id: "ADDR-22",
    title: "an address of the other IP version is refused with ERR_FAMILY_MISMATCH",
    access: "reactor",
    why: "Twisted: test_writingToIPv6OnIPv4Raises…, test_writingToIPv4OnIPv6Raises…, test_wrongFamilyInterfaceJoin",
    run(lab) {
      const port = lab.open();
      const [address, group] = lab.family === 4 ? ["::1", "ff15::1"] : ["127.0.0.1", "239.255.0.1"];
      assertRefused(() => port.write("x", { address, port: 1 }), [], "ERR_FAMILY_MISMATCH");
      assertRefused(() => port.connect({ address, port: 1 }), [], "ERR_FAMILY_MISMATCH");
      assertRefused(() => port.join(group, undefined), [], "ERR_FAMILY_MISMATCH");
    },
  },
  {
    id: "ADDR-23",
    title: "a number that is no port is refused with ERR_PORT_RANGE",
    access: "reactor",
    why: "Twisted: port > 65535 was an OverflowError of the socket module",
    run(lab) {
      const port = lab.open();
      for (const number of [0, -1, 65_536, 1.5, Number.NaN]) {
        assertRefused(() => port.write("x", { ...port.local, port: number }), [], "ERR_PORT_RANGE");
        assertRefused(() => port.connect({ ...port.local, port: number }), [], "ERR_PORT_RANGE");
      }
      for (const number of [-1, 65_536]) assertRefused(() => lab.open({ port: number }), [], "ERR_PORT_RANGE");
    },
  },
  {
    id: "ADDR-24",
    title: "a zone that is no interface of the host is refused with ERR_ADDRESS_SCOPE",
    access: "reactor",
    families: [6],
    why: "RFC 4007, 11.2; libuv takes an unknown zone for any interface",
    run(lab) {
      const port = lab.open();
      assertRefused(() => port.write("x", { address: "fe80::1%nonesuch", port: 9 }), [], "ERR_ADDRESS_SCOPE");
      assertRefused(() => lab.open({ address: "fe80::1%nonesuch" }), [], "ERR_ADDRESS_SCOPE");
    },
  },
  {
    id: "ADDR-25",
    title: "an endpoint can write to itself, and is the sender of what it gets",
    access: "both",
    why: "RFC 1122, 3.2.1.3: loopback",
    async run(lab) {
      const endpoint: Endpoint = lab.open();
      endpoint.write("to myself", endpoint.local);
      assert.equal((await lab.first(endpoint)).from.port, endpoint.local.port);
    },
  },
]);

/** The link-local address of the interface, with its zone. */
function linkLocalOf(lab: Lab): string {
  const found = lab.net.addresses.find(({ address }) => address.startsWith("fe80:"));
  return `${found?.address ?? assert.fail(`${lab.net.name} has no link-local address`)}%${lab.net.name}`;
}
