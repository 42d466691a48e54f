/** Datagrams of other groups and other interfaces, which a member must not receive. */
import assert from "node:assert/strict";
import { type Contract, contracts } from "../contract.js";
import type { Endpoint } from "../endpoint/endpoint.js";

const ISOLATION = "decision 5; nodejs/node#19954: Linux delivers what any socket of the host has joined";
const ALL = "ip(7): IP_MULTICAST_ALL; ip_mc_sf_allow() of net/ipv4/igmp.c";

export const ISOLATED: readonly Contract[] = contracts([
  {
    id: "MC-30",
    title: "a member on one interface does not receive the group from another one",
    access: "both",
    host: ["secondInterface"],
    why: "RFC 1112, 6.1: a membership belongs to an interface",
    async run(trial) {
      const member = trial.member();
      trial.sender(trial.otherNet).write("elsewhere", trial.toGroup(member));
      await trial.receivedOnly(member, []);
    },
  },
  {
    id: "MC-31",
    title: "a member on two interfaces receives from both, one copy of each datagram",
    access: "both",
    host: ["secondInterface"],
    why: "RFC 1112, 6.1: a datagram is delivered once for the interface it came in on",
    async run(trial) {
      const member = trial.member();
      member.join(trial.group(), trial.otherNet);
      trial.sender(trial.net).write("by one", trial.toGroup(member));
      trial.sender(trial.otherNet).write("by the other", trial.toGroup(member));
      await trial.received(member, 2);
      await trial.receivedOnly(member, ["by one", "by the other"]);
    },
  },
  {
    id: "MC-32",
    title: "leaving on one of two interfaces keeps the membership on the other",
    access: "both",
    host: ["secondInterface"],
    why: "RFC 1112, 6.1",
    async run(trial) {
      const member = trial.member();
      member.join(trial.group(), trial.otherNet);
      member.leave(trial.group(), trial.net);
      trial.sender(trial.net).write("by one", trial.toGroup(member));
      trial.sender(trial.otherNet).write("by the other", trial.toGroup(member));
      await trial.received(member, 1);
      await trial.receivedOnly(member, ["by the other"]);
    },
  },
  {
    id: "MC-33",
    title: "multicastAll 0 keeps out the groups that other sockets of the host have joined",
    access: "bare",
    needs: ["set multicastAll"],
    host: ["multicast"],
    why: ALL,
    async run(trial) {
      const own = trial.listen({ address: trial.addresses.any });
      own.set("multicastAll", 0);
      own.join(trial.group(), trial.net);
      trial.listen({ address: trial.addresses.any }).join(trial.group(1), trial.net);
      const sender = trial.sender();
      sender.write("another socket's", trial.toGroup(own, trial.group(1)));
      sender.write("ours", trial.toGroup(own));
      await trial.received(own, 1);
      await trial.receivedOnly(own, ["ours"]);
    },
  },
  {
    id: "MC-34",
    title: "multicastAll 1, the default, lets in the groups that other sockets of the host have joined",
    access: "bare",
    needs: ["set multicastAll"],
    host: ["multicast"],
    why: ALL,
    async run(trial) {
      const nosy = trial.listen({ address: trial.addresses.any });
      trial.listen({ address: trial.addresses.any }).join(trial.group(), trial.net);
      trial.sender().write("another socket's", trial.toGroup(nosy));
      await trial.first(nosy);
    },
  },
  {
    id: "MC-35",
    title: "multicastAll 0 keeps out a joined group from an interface where another socket has joined it",
    access: "bare",
    families: [4], // inet6_mc_check() of net/ipv6/mcast.c looks at the group only; ip(7) says as much of IPv4 only
    needs: ["set multicastAll"],
    host: ["secondInterface"],
    why: ALL,
    async run(trial) {
      const own = trial.listen({ address: trial.addresses.any });
      own.set("multicastAll", 0);
      own.join(trial.group(), trial.net);
      trial.listen({ address: trial.addresses.any }).join(trial.group(), trial.otherNet);
      trial.sender(trial.otherNet).write("elsewhere", trial.toGroup(own));
      await trial.receivedOnly(own, []);
    },
  },
  {
    id: "MC-36",
    title: "a port does not receive groups that only other sockets of the host have joined",
    access: "reactor",
    needs: ["packetInfo"],
    host: ["multicast"],
    why: ISOLATION,
    async run(trial) {
      const port = trial.member();
      trial.member().join(trial.group(1), trial.net);
      const sender = trial.sender();
      sender.write("another port's", trial.toGroup(port, trial.group(1)));
      sender.write("ours", trial.toGroup(port));
      await trial.received(port, 1);
      await trial.receivedOnly(port, ["ours"]);
    },
  },
  {
    id: "MC-37",
    title: "a port does not receive its group from an interface where only another socket has joined it",
    access: "reactor",
    needs: ["packetInfo"],
    host: ["secondInterface"],
    why: `${ISOLATION}; inet6_mc_check() of net/ipv6/mcast.c looks at the group only`,
    async run(trial) {
      const port = trial.member();
      trial.open({ address: trial.addresses.any }).join(trial.group(), trial.otherNet);
      trial.sender(trial.otherNet).write("elsewhere", trial.toGroup(port));
      trial.sender(trial.net).write("here", trial.toGroup(port));
      await trial.received(port, 1);
      await trial.receivedOnly(port, ["here"]);
    },
  },
  {
    id: "MC-38",
    title: "a port that has left a group does not receive it, though another socket is still a member",
    access: "reactor",
    needs: ["packetInfo"],
    host: ["multicast"],
    why: ISOLATION,
    async run(trial) {
      const port = trial.member();
      trial.member();
      port.leave(trial.group(), trial.net);
      trial.sender().write("not for you", trial.toGroup(port));
      await trial.receivedOnly(port, []);
    },
  },
  {
    id: "MC-39",
    title: "a socket bound to one interface neither sends nor receives by another one",
    access: "bare",
    needs: ["set bindToInterface"],
    host: ["secondInterface"],
    why: "socket(7): SO_BINDTODEVICE; SO_BINDTOIFINDEX is Linux 5.0",
    async run(trial) {
      const member = trial.listen({ address: trial.addresses.any });
      member.set("bindToInterface", trial.net.index);
      for (const at of [trial.net, trial.otherNet]) member.join(trial.group(), at);
      const senders = [trial.sender(trial.otherNet), trial.sender(trial.net)] as const satisfies readonly Endpoint[];
      senders[0].write("elsewhere", trial.toGroup(member));
      senders[1].write("here", trial.toGroup(member));
      await trial.received(member, 1);
      await trial.receivedOnly(member, ["here"], { from: senders[1], to: trial.toGroup(member) });
      assert.equal(member.get("bindToInterface"), trial.net.index);
    },
  },
]);
