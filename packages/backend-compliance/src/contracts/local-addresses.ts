/** Which addresses and ports can be had, and who shares them. */
import assert from "node:assert/strict";
import { type Contract, contracts } from "../contract.js";
import { assertOutcome, assertRefused } from "../refusal.js";

export const LOCAL_ADDRESSES: readonly Contract[] = contracts([
  {
    id: "ADDR-5",
    title: "an endpoint on an address that no interface has is refused with EADDRNOTAVAIL",
    access: "both",
    why: "bind(2)",
    run(lab) {
      assertRefused(() => lab.open({ address: lab.addresses.foreign }), "EADDRNOTAVAIL");
    },
  },
  {
    id: "ADDR-6",
    title: "a second endpoint on the same port is refused with EADDRINUSE",
    access: "both",
    why: "bind(2); ip(7)",
    run(lab) {
      const { port } = lab.open().local;
      assertRefused(() => lab.open({ port }), "EADDRINUSE");
    },
  },
  {
    id: "ADDR-7",
    title: "an endpoint everywhere and one on a single address cannot have the same port",
    access: "both",
    why: "ip(7); inet_rcv_saddr_equal() of net/ipv4/inet_connection_sock.c",
    run(lab) {
      const everywhere = lab.open({ address: lab.addresses.any });
      assertRefused(() => lab.open({ port: everywhere.local.port }), "EADDRINUSE");
    },
  },
  {
    id: "ADDR-8",
    title: "endpoints on different local addresses can have the same port, and each gets its own datagrams",
    access: "both",
    host: ["twoSources"],
    why: "ip(7)",
    async run(lab) {
      const [one = "", two = ""] = lab.sources;
      const first = lab.open({ address: one });
      const second = lab.open({ address: two, port: first.local.port });
      const sender = lab.open({ address: lab.addresses.any });
      for (const { local } of [first, second]) sender.write(local.address, local);
      assert.equal((await lab.first(first)).bytes.toString(), one);
      assert.equal((await lab.first(second)).bytes.toString(), two);
      await lab.receivedOnly(first, [one]);
    },
  },
  {
    id: "ADDR-9",
    title: "an endpoint on a single address does not hear what is sent to another address of the host",
    access: "both",
    host: ["twoSources"],
    why: "ip(7)",
    async run(lab) {
      const end = lab.open();
      const sender = lab.open({ address: lab.addresses.any });
      const elsewhere = lab.sources.find((address) => address !== end.local.address)!;
      sender.write("not for you", { address: elsewhere, port: end.local.port });
      await lab.receivedOnly(end, []);
    },
  },
  {
    id: "ADDR-10",
    title: "reuseAddress on both lets two endpoints share a port, and the one bound last gets the unicast",
    access: "both",
    needs: ["set reuseAddress"],
    why: "socket(7): SO_REUSEADDR; compute_score() of net/ipv4/udp.c: the socket bound last comes first",
    async run(lab) {
      const first = lab.open({ reuseAddress: true });
      const last = lab.open({ reuseAddress: true, port: first.local.port });
      lab.open().write("to the last", last.local);
      assert.equal((await lab.first(last)).bytes.toString(), "to the last");
      assert.equal(first.arrived.length, 0);
    },
  },
  {
    id: "ADDR-11",
    title: "when the endpoint bound last closes, the other one with reuseAddress gets the unicast",
    access: "both",
    needs: ["set reuseAddress"],
    why: "socket(7): SO_REUSEADDR",
    async run(lab) {
      const first = lab.open({ reuseAddress: true });
      const last = lab.open({ reuseAddress: true, port: first.local.port });
      await last.close();
      lab.open().write("to the first", first.local);
      assert.equal((await lab.first(first)).bytes.toString(), "to the first");
    },
  },
  {
    id: "ADDR-12",
    title: "reuseAddress on one of two endpoints is not enough",
    access: "both",
    needs: ["set reuseAddress"],
    why: "socket(7): SO_REUSEADDR has to be set on both",
    run(lab) {
      const willing = lab.open({ reuseAddress: true });
      assertRefused(() => lab.open({ port: willing.local.port }), "EADDRINUSE");
      const unwilling = lab.open();
      assertRefused(() => lab.open({ port: unwilling.local.port, reuseAddress: true }), "EADDRINUSE");
    },
  },
  {
    id: "ADDR-13",
    title: "reusePort on both lets two endpoints share a port, and each datagram goes to one of them",
    access: "both",
    needs: ["set reusePort"],
    why: "socket(7): SO_REUSEPORT spreads by flow",
    async run(lab) {
      const ends = [lab.open({ reusePort: true })];
      ends.push(lab.open({ reusePort: true, port: ends[0]!.local.port }));
      const count = (): number => ends.reduce((sum, { arrived }) => sum + arrived.length, 0);
      const sender = lab.open();
      for (let number = 0; number < 8; number++) sender.write(String(number), ends[0]!.local);
      await lab.until("8 datagrams arrive", () => count() >= 8);
      await lab.fence(sender);
      assert.equal(count(), 8);
    },
  },
  {
    id: "ADDR-14",
    title: "reusePort on one of two endpoints is not enough",
    access: "both",
    needs: ["set reusePort"],
    why: "socket(7): every socket, the first too, must have set it",
    run(lab) {
      const willing = lab.open({ reusePort: true });
      assertRefused(() => lab.open({ port: willing.local.port }), "EADDRINUSE");
    },
  },
  {
    id: "ADDR-19",
    title: "ipv6Only leaves the port to IPv4",
    access: "both",
    families: [6],
    needs: ["set ipv6Only"],
    why: "ipv6(7): IPV6_V6ONLY",
    run(lab) {
      const { port } = lab.open({ address: "::", ipv6Only: true }).local;
      lab.socket(4).bind("0.0.0.0", port);
    },
  },
  {
    id: "ADDR-20",
    title: "an IPv6 endpoint everywhere, without ipv6Only, takes the port of IPv4 too",
    access: "both",
    families: [6],
    needs: ["set ipv6Only"],
    why: "ipv6(7); Twisted #5997",
    run(lab) {
      const { port } = lab.open({ address: "::", ipv6Only: false }).local;
      assertOutcome(lab.socket(4).socket.bind({ address: "0.0.0.0", port, family: 4 }), "EADDRINUSE");
    },
  },
]);
