/** Sending multicast: interface, TTL, loopback mode. */
import assert from "node:assert/strict";
import { type Contract, contracts } from "../contract.js";
import { assertOutcome, assertRefused } from "../endpoint/refusal.js";
import { lossOf } from "./sending.js";

export const MULTICAST_SENDING: readonly Contract[] = contracts([
  {
    id: "MC-70",
    title: "multicast leaves by the interface that was chosen, and by the next one when that is chosen",
    access: "both",
    host: ["secondInterface"],
    why: "ip(7): IP_MULTICAST_IF; RFC 3493: IPV6_MULTICAST_IF",
    async run(trial) {
      const member = trial.member();
      const sender = trial.sender(trial.net);
      sender.write("by the first", trial.toGroup(member));
      sender.setOutgoing(trial.otherNet);
      sender.write("by the second", trial.toGroup(member));
      sender.setOutgoing(trial.net);
      sender.write("by the first again", trial.toGroup(member));
      await trial.received(member, 2);
      await trial.receivedOnly(member, ["by the first", "by the first again"]);
    },
  },
  {
    id: "MC-86",
    title: "datagrams written before TTL or loopback mode change leave with the old settings",
    access: "both",
    needs: ["set multicastLoopback"],
    host: ["link"],
    why: "a queue of datagrams must not show: sendto(2) uses the options of its moment",
    async run(trial) {
      const member = trial.member();
      const sender = trial.sender();
      sender.write("on this host", trial.toGroup(member));
      sender.setMulticastLoopback(false);
      sender.write("not on this host", trial.toGroup(member));
      sender.setMulticastLoopback(true);
      await trial.received(member, 1);
      await trial.receivedOnly(member, ["on this host"]);
    },
  },
  {
    id: "MC-71",
    title: "an interface that does not exist cannot be chosen to send by",
    access: "bare",
    host: ["multicast"],
    why: "do_ip_setsockopt() of net/ipv4/ip_sockglue.c: EADDRNOTAVAIL; IPv6: ENODEV",
    run(trial) {
      const sender = trial.open({ address: trial.addresses.any });
      assertRefused(() => sender.setOutgoing(trial.unknownInterface), ["ENODEV", "EADDRNOTAVAIL"]);
    },
  },
  {
    id: "MC-72",
    title: "setMulticastInterface(undefined) gives the choice back to the routes",
    access: "bare",
    host: ["secondInterface"],
    why: "ip(7): INADDR_ANY; backend.ts: at undefined",
    async run(trial) {
      const sender = trial.listen({ address: trial.addresses.any });
      sender.setOutgoing(trial.net);
      assert.equal(sender.socket.setMulticastInterface(undefined), 0);
      const member = trial.listen({ address: trial.addresses.any });
      member.join(trial.group(), trial.otherNet);
      sender.setOutgoing(trial.otherNet);
      sender.write("by the chosen one", trial.toGroup(member));
      await trial.first(member);
    },
  },
  {
    id: "MC-73",
    title: "with loopback mode off, members on the sending host receive nothing; on again, they do",
    access: "both",
    needs: ["set multicastLoopback"],
    host: ["link"],
    why: "RFC 1112, 6.1; ip(7): IP_MULTICAST_LOOP; Twisted: test_loopback",
    async run(trial) {
      const member = trial.member();
      const sender = trial.sender();
      sender.setMulticastLoopback(false);
      sender.write("not on this host", trial.toGroup(member));
      await trial.receivedOnly(member, []);
      sender.setMulticastLoopback(true);
      sender.write("on this host", trial.toGroup(member));
      await trial.received(member, 1);
      await trial.receivedOnly(member, ["on this host"]);
    },
  },
  {
    id: "MC-74",
    title: "the sender's loopback mode decides, not the receiver's",
    access: "both",
    needs: ["set multicastLoopback"],
    host: ["multicast"],
    why: "ip(7): IP_MULTICAST_LOOP is the sender's; on Windows it is the receiver's (Winsock)",
    async run(trial) {
      const member = trial.member();
      member.setMulticastLoopback(false);
      trial.sender().write("on this host", trial.toGroup(member));
      await trial.first(member);
    },
  },
  {
    id: "MC-75",
    title: "multicast has a TTL of 1 by default",
    access: "bare",
    needs: ["set receiveTtl"],
    host: ["multicast"],
    why: "RFC 1112, 6.1; RFC 3493, 5.2: the default is 1",
    async run(trial) {
      const member = trial.listen({ address: trial.addresses.any });
      member.set("receiveTtl", 1);
      member.join(trial.group(), trial.net);
      trial.sender().write("x", trial.toGroup(member));
      assert.equal((await trial.first(member)).arrival.ttl, 1);
    },
  },
  {
    id: "MC-76",
    title: "multicast leaves with the TTL that its sender was set to",
    access: "both",
    needs: ["set receiveTtl", "set multicastTtl"],
    host: ["multicast"],
    why: "ip(7): IP_MULTICAST_TTL; RFC 3493: IPV6_MULTICAST_HOPS, which Twisted does not set",
    async run(trial) {
      const member = trial.member();
      const sender = trial.sender();
      sender.setMulticastTtl(7);
      sender.write("x", trial.toGroup(member));
      assert.equal((await trial.first(member)).arrival.ttl, 7);
    },
  },
  {
    id: "MC-77",
    title: "multicast with TTL 0 reaches members on this host",
    access: "both",
    needs: ["set multicastTtl"],
    host: ["multicast"],
    why: "RFC 1112, 6.1: 0 restricts to the same host; decision 6",
    async run(trial) {
      const member = trial.member();
      const sender = trial.sender();
      sender.setMulticastTtl(0);
      sender.write("to this host", trial.toGroup(member));
      assert.equal((await trial.first(member)).bytes.toString(), "to this host");
    },
  },
  {
    id: "MC-78",
    title: "the TTL of multicast and that of unicast are set apart",
    access: "bare",
    needs: ["set unicastTtl", "get unicastTtl", "set multicastTtl", "get multicastTtl"],
    why: "ip(7): IP_TTL, IP_MULTICAST_TTL",
    run(trial) {
      const end = trial.listen();
      end.set("unicastTtl", 33);
      end.set("multicastTtl", 5);
      assert.deepEqual([end.get("unicastTtl"), end.get("multicastTtl")], [33, 5]);
    },
  },
  {
    id: "MC-79",
    title: "multicast without interface and without route is reported as lost",
    access: "bare",
    families: [4], // IPv6 has a route to ff00::/8 for each interface
    host: ["ownNetwork"],
    why: "ip_route_output_key_hash_rcu() of net/ipv4/route.c",
    async run(trial) {
      const sender = trial.listen({ address: trial.addresses.any });
      assert.equal(await lossOf(trial, sender, () => sender.write("x", { address: trial.group(), port: 9 })), "ENETUNREACH");
    },
  },
  {
    id: "MC-80",
    title: "joining without interface and without route is refused with ENODEV",
    access: "bare",
    families: [4],
    host: ["ownNetwork"],
    why: "ip_mc_find_dev() of net/ipv4/igmp.c",
    run(trial) {
      assertOutcome(trial.listen({ address: trial.addresses.any }).socket.join(trial.group(), undefined, undefined), "ENODEV");
    },
  },
  {
    id: "MC-81",
    title: "a port sends to a group, and its members answer, without interface and without route",
    access: "reactor",
    needs: ["routes"],
    host: ["ownNetwork"],
    why: "transport.ts: the first interface that carries multicast; without a route the kernel has no interface to offer",
    async run(trial) {
      const member = trial.open({ address: trial.addresses.any });
      member.join(trial.group(), undefined);
      const sender = trial.open({ address: trial.addresses.any });
      sender.write("anybody?", trial.toGroup(member));
      const { from } = await trial.first(member);
      member.write("yes", from);
      await trial.first(sender);
    },
  },
  {
    id: "MC-82",
    title: "an endpoint connected to a group sends to it",
    access: "both",
    host: ["multicast"],
    why: "ip(7): IP_MULTICAST_IF; connect(2)",
    async run(trial) {
      const member = trial.member();
      const sender = trial.sender();
      sender.connect(trial.toGroup(member));
      sender.write("hello");
      assert.equal((await trial.first(member)).from.port, sender.local.port);
    },
  },
  {
    id: "MC-83",
    title: "a port connected to a group lets in its members' answers",
    access: "reactor",
    host: ["multicast"],
    why: "transport.ts: a group as peer only fixes the destination",
    async run(trial) {
      const member = trial.member();
      const sender = trial.sender();
      sender.connect(trial.toGroup(member));
      sender.write("hello");
      member.write("hello back", (await trial.first(member)).from);
      await trial.first(sender);
    },
  },
  {
    id: "MC-84",
    title: "a sender bound to an address of an interface sends from that address by the chosen interface",
    access: "both",
    host: ["twoSources"],
    why: "ip_route_output_key_hash_rcu() of net/ipv4/route.c: a bound source picks its own interface unless one is chosen",
    async run(trial) {
      const member = trial.member();
      for (const address of trial.sources.slice(0, 2)) trial.sender(trial.net, { address }).write(address, trial.toGroup(member));
      for (const { bytes, from } of await trial.received(member, 2)) assert.equal(from.address, bytes.toString());
    },
  },
  {
    id: "MC-85",
    title: "one datagram can be sent by another interface than the chosen one",
    access: "both",
    needs: ["sendPacketInfo"],
    host: ["secondInterface"],
    why: "ip(7): ipi_ifindex of IP_PKTINFO; RFC 3542, 6.2",
    async run(trial) {
      const member = trial.open({ address: trial.addresses.any });
      member.join(trial.group(), trial.otherNet);
      const sender = trial.sender(trial.net);
      sender.write("as usual", trial.toGroup(member));
      sender.write("for once", trial.toGroup(member), { interfaceIndex: trial.otherNet.index, source: undefined });
      await trial.received(member, 1);
      await trial.receivedOnly(member, ["for once"]);
    },
  },
]);
