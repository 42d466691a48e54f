/** Local addresses of sockets, senders of datagrams, and how addresses are written. */
import assert from "node:assert/strict";
import { type Contract, contracts } from "../contract.js";
import type { Endpoint } from "../endpoint/endpoint.js";
import { assertRefused } from "../endpoint/refusal.js";
import { WIDE } from "../endpoint/socket-endpoint.js";
import type { Trial } from "../trial/trial.js";

export const ADDRESSES: readonly Contract[] = contracts([
  {
    id: "ADDR-1",
    title: "an endpoint that is bound to the wildcard address reports that address",
    access: "both",
    why: "getsockname(2); RFC 5952: ::",
    run(trial) {
      assert.equal(trial.open({ address: trial.addresses.any }).local.address, trial.addresses.any);
    },
  },
  {
    id: "ADDR-2",
    title: "an endpoint reports the address, port and family it is bound to",
    access: "both",
    why: "getsockname(2)",
    run(trial) {
      const { port } = trial.open().local;
      const { address, family } = trial.open().local;
      assert.deepEqual([address, family, typeof port], [trial.addresses.loopback, trial.family, "number"]);
    },
  },
  {
    id: "ADDR-3",
    title: "a datagram reports the address, port and family of its sender",
    access: "both",
    why: "recvfrom(2)",
    async run(trial) {
      const { a, b } = trial.pair();
      a.write("x", b.local);
      const { address, port, family } = (await trial.first(b)).from;
      assert.deepEqual([address, port, family], [a.local.address, a.local.port, trial.family]);
    },
  },
  {
    id: "ADDR-4",
    title: "a sender's address is frozen, and can be answered after the call that delivered it",
    access: "both",
    why: "socket-address.ts: one object stands for every datagram of a peer",
    async run(trial) {
      const { a, b } = trial.pair();
      a.write("question", b.local);
      const { from } = await trial.first(b);
      assert.ok(Object.isFrozen(from));
      b.write("answer", from);
      assert.equal((await trial.first(a)).bytes.toString(), "answer");
    },
  },
  {
    id: "ADDR-15",
    title: "an IPv6 address is reported in its short form, however it was written",
    access: "both",
    families: [6],
    why: "RFC 5952",
    async run(trial) {
      const receiver = trial.open({ address: "0:0:0:0:0:0:0:1" });
      assert.equal(receiver.local.address, "::1");
      trial.open().write("x", { address: "0000:0000:0000:0000:0000:0000:0000:0001", port: receiver.local.port });
      assert.equal((await trial.first(receiver)).from.address, "::1");
    },
  },
  {
    id: "ADDR-16",
    title: "a link-local sender's address carries its zone, and an answer to it arrives",
    access: "both",
    families: [6],
    host: ["multicast"],
    why: "RFC 4007: an address of link scope means something in its zone only; Twisted cut the scope off (#6826)",
    async run(trial) {
      const address = linkLocalOf(trial);
      const [a, b] = [trial.open({ address }), trial.open({ address })];
      a.write("question", b.local);
      const { from } = await trial.first(b);
      assert.deepEqual([from.address, from.scope], [address, trial.net.name]);
      b.write("answer", from);
      assert.equal((await trial.first(a)).bytes.toString(), "answer");
    },
  },
  {
    id: "ADDR-17",
    title: "an endpoint on a link-local address reports its zone",
    access: "both",
    families: [6],
    host: ["multicast"],
    why: "RFC 4007, 11.2: <address>%<zone>",
    run(trial) {
      const address = linkLocalOf(trial);
      const { local } = trial.open({ address });
      assert.deepEqual([local.address, local.scope], [address, trial.net.name]);
    },
  },
  {
    id: "ADDR-18",
    title: "an IPv6 endpoint on the wildcard address receives IPv4, from ::ffff:a.b.c.d, and its answer arrives",
    access: "both",
    families: [6],
    why: "RFC 3493, 3.7; ipv6(7): IPV6_V6ONLY is off",
    async run(trial) {
      const dual = trial.open({ address: "::", ...(trial.can("set ipv6Only") && { ipv6Only: false }) });
      const ipv4 = trial.socket(4);
      ipv4.bind("127.0.0.1");
      ipv4.read(WIDE);
      ipv4.write("question", { address: "127.0.0.1", port: dual.local.port });
      const { from } = await trial.first(dual);
      assert.deepEqual([from.address, from.port, from.family], ["::ffff:127.0.0.1", ipv4.local.port, 6]);
      dual.write("answer", from);
      assert.equal((await trial.first(ipv4)).bytes.toString(), "answer");
    },
  },
  {
    id: "ADDR-21",
    title: "a host name is refused as a destination, a peer and a local address, and is never looked up",
    access: "reactor",
    why: "decision 2: names are not addresses; Twisted: InvalidAddressError",
    run(trial) {
      const port = trial.open();
      const name = { address: "example.invalid", port: 1 };
      assertRefused(() => port.write("x", name), [], "ERR_ADDRESS_NOT_IP");
      assertRefused(() => port.connect(name), [], "ERR_ADDRESS_NOT_IP");
      assertRefused(() => trial.open({ address: "localhost" }), [], "ERR_ADDRESS_NOT_IP");
    },
  },
  {
    id: "ADDR-22",
    title: "an address of the other IP version is refused with ERR_FAMILY_MISMATCH",
    access: "reactor",
    why: "Twisted: test_writingToIPv6OnIPv4Raises…, test_writingToIPv4OnIPv6Raises…, test_wrongFamilyInterfaceJoin",
    run(trial) {
      const port = trial.open();
      const [address, group] = trial.family === 4 ? ["::1", "ff15::1"] : ["127.0.0.1", "239.255.0.1"];
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
    run(trial) {
      const port = trial.open();
      for (const number of [0, -1, 65_536, 1.5, Number.NaN]) {
        assertRefused(() => port.write("x", { ...port.local, port: number }), [], "ERR_PORT_RANGE");
        assertRefused(() => port.connect({ ...port.local, port: number }), [], "ERR_PORT_RANGE");
      }
      for (const number of [-1, 65_536]) assertRefused(() => trial.open({ port: number }), [], "ERR_PORT_RANGE");
    },
  },
  {
    id: "ADDR-24",
    title: "a zone that is not an interface of the host is refused with ERR_ADDRESS_SCOPE",
    access: "reactor",
    families: [6],
    why: "RFC 4007, 11.2; libuv takes an unknown zone for any interface",
    run(trial) {
      const port = trial.open();
      assertRefused(() => port.write("x", { address: "fe80::1%nonesuch", port: 9 }), [], "ERR_ADDRESS_SCOPE");
      assertRefused(() => trial.open({ address: "fe80::1%nonesuch" }), [], "ERR_ADDRESS_SCOPE");
    },
  },
  {
    id: "ADDR-25",
    title: "an endpoint can write to itself, and is the sender of what it receives",
    access: "both",
    why: "RFC 1122, 3.2.1.3: loopback",
    async run(trial) {
      const endpoint: Endpoint = trial.open();
      endpoint.write("to myself", endpoint.local);
      assert.equal((await trial.first(endpoint)).from.port, endpoint.local.port);
    },
  },
]);

/** Returns the link-local address of the interface, with its zone. */
function linkLocalOf(trial: Trial): string {
  const found = trial.net.addresses.find(({ address }) => address.startsWith("fe80:"));
  return `${found?.address ?? assert.fail(`${trial.net.name} has no link-local address`)}%${trial.net.name}`;
}
