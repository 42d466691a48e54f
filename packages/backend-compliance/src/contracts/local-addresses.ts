/** Addresses and ports that can be bound, and shared. */
import assert from "node:assert/strict";
import { type Contract, contracts } from "../contract.js";
import { assertOutcome, assertRefused } from "../endpoint/refusal.js";

export const LOCAL_ADDRESSES: readonly Contract[] = contracts([
  {
    id: "ADDR-5",
    title: "an endpoint on an address that no interface has is refused with EADDRNOTAVAIL",
    access: "both",
    why: "bind(2)",
    run(trial) {
      assertRefused(() => trial.open({ address: trial.addresses.foreign }), "EADDRNOTAVAIL");
    },
  },
  {
    id: "ADDR-6",
    title: "a second endpoint on the same port is refused with EADDRINUSE",
    access: "both",
    why: "bind(2); ip(7)",
    run(trial) {
      const { port } = trial.open().local;
      assertRefused(() => trial.open({ port }), "EADDRINUSE");
    },
  },
  {
    id: "ADDR-7",
    title: "the wildcard address and a single address cannot both be bound to the same port",
    access: "both",
    why: "ip(7); inet_rcv_saddr_equal() of net/ipv4/inet_connection_sock.c",
    run(trial) {
      const everywhere = trial.open({ address: trial.addresses.any });
      assertRefused(() => trial.open({ port: everywhere.local.port }), "EADDRINUSE");
    },
  },
  {
    id: "ADDR-8",
    title: "endpoints on different local addresses can have the same port, and each gets its own datagrams",
    access: "both",
    host: ["twoSources"],
    why: "ip(7)",
    async run(trial) {
      const [one = "", two = ""] = trial.sources;
      const first = trial.open({ address: one });
      const second = trial.open({ address: two, port: first.local.port });
      const sender = trial.open({ address: trial.addresses.any });
      for (const { local } of [first, second]) sender.write(local.address, local);
      assert.equal((await trial.first(first)).bytes.toString(), one);
      assert.equal((await trial.first(second)).bytes.toString(), two);
      await trial.receivedOnly(first, [one]);
    },
  },
  {
    id: "ADDR-9",
    title: "an endpoint on a single address receives nothing that is sent to another address of the host",
    access: "both",
    host: ["twoSources"],
    why: "ip(7)",
    async run(trial) {
      const end = trial.open();
      const sender = trial.open({ address: trial.addresses.any });
      const elsewhere = trial.sources.find((address) => address !== end.local.address)!;
      sender.write("not for you", { address: elsewhere, port: end.local.port });
      await trial.receivedOnly(end, []);
    },
  },
  {
    id: "ADDR-10",
    title: "reuseAddress on both lets two endpoints share a port, and the one bound last gets the unicast",
    access: "both",
    needs: ["set reuseAddress"],
    why: "socket(7): SO_REUSEADDR; compute_score() of net/ipv4/udp.c: the socket bound last comes first",
    async run(trial) {
      const first = trial.open({ reuseAddress: true });
      const last = trial.open({ reuseAddress: true, port: first.local.port });
      trial.open().write("to the last", last.local);
      assert.equal((await trial.first(last)).bytes.toString(), "to the last");
      assert.equal(first.arrived.length, 0);
    },
  },
  {
    id: "ADDR-11",
    title: "when the endpoint bound last closes, the other one with reuseAddress gets the unicast",
    access: "both",
    needs: ["set reuseAddress"],
    why: "socket(7): SO_REUSEADDR",
    async run(trial) {
      const first = trial.open({ reuseAddress: true });
      const last = trial.open({ reuseAddress: true, port: first.local.port });
      await last.close();
      trial.open().write("to the first", first.local);
      assert.equal((await trial.first(first)).bytes.toString(), "to the first");
    },
  },
  {
    id: "ADDR-12",
    title: "reuseAddress on one of two endpoints is not enough",
    access: "both",
    needs: ["set reuseAddress"],
    why: "socket(7): SO_REUSEADDR has to be set on both",
    run(trial) {
      const willing = trial.open({ reuseAddress: true });
      assertRefused(() => trial.open({ port: willing.local.port }), "EADDRINUSE");
      const unwilling = trial.open();
      assertRefused(() => trial.open({ port: unwilling.local.port, reuseAddress: true }), "EADDRINUSE");
    },
  },
  {
    id: "ADDR-13",
    title: "reusePort on both lets two endpoints share a port, and each datagram goes to one of them",
    access: "both",
    needs: ["set reusePort"],
    why: "socket(7): SO_REUSEPORT spreads by flow",
    async run(trial) {
      const ends = [trial.open({ reusePort: true })];
      ends.push(trial.open({ reusePort: true, port: ends[0]!.local.port }));
      const count = (): number => ends.reduce((sum, { arrived }) => sum + arrived.length, 0);
      const sender = trial.open();
      for (let number = 0; number < 8; number++) sender.write(String(number), ends[0]!.local);
      await trial.until("8 datagrams arrive", () => count() >= 8);
      await trial.fence(sender);
      assert.equal(count(), 8);
    },
  },
  {
    id: "ADDR-14",
    title: "reusePort on one of two endpoints is not enough",
    access: "both",
    needs: ["set reusePort"],
    why: "socket(7): every socket, the first too, must have set it",
    run(trial) {
      const willing = trial.open({ reusePort: true });
      assertRefused(() => trial.open({ port: willing.local.port }), "EADDRINUSE");
    },
  },
  {
    id: "ADDR-19",
    title: "ipv6Only leaves the port to IPv4",
    access: "both",
    families: [6],
    needs: ["set ipv6Only"],
    why: "ipv6(7): IPV6_V6ONLY",
    run(trial) {
      const { port } = trial.open({ address: "::", ipv6Only: true }).local;
      trial.socket(4).bind("0.0.0.0", port);
    },
  },
  {
    id: "ADDR-20",
    title: "an IPv6 endpoint on the wildcard address, without ipv6Only, takes the port of IPv4 too",
    access: "both",
    families: [6],
    needs: ["set ipv6Only"],
    why: "ipv6(7); Twisted #5997",
    run(trial) {
      const { port } = trial.open({ address: "::", ipv6Only: false }).local;
      assertOutcome(trial.socket(4).socket.bind({ address: "0.0.0.0", port, family: 4 }), "EADDRINUSE");
    },
  },
]);
