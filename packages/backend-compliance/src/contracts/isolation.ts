/** Other groups, other interfaces: what a member must not hear. */
import assert from "node:assert/strict";
import { type Contract, contracts } from "../contract.js";
import type { Endpoint } from "../endpoint.js";

const ISOLATION = "decision 5; nodejs/node#19954: Linux delivers what any socket of the host has joined";
const ALL = "ip(7): IP_MULTICAST_ALL; ip_mc_sf_allow() of net/ipv4/igmp.c";

export const ISOLATED: readonly Contract[] = contracts([
  {
    id: "MC-30",
    title: "a member on one interface does not hear the group on another one",
    access: "both",
    host: ["secondInterface"],
    why: "RFC 1112, 6.1: a membership belongs to an interface",
    async run(lab) {
      const member = lab.member();
      lab.sender(lab.otherNet).write("elsewhere", lab.toGroup(member));
      await lab.receivedOnly(member, []);
    },
  },
  {
    id: "MC-31",
    title: "a member on two interfaces hears both, one copy of each datagram",
    access: "both",
    host: ["secondInterface"],
    why: "RFC 1112, 6.1: a datagram is delivered once for the interface it came in on",
    async run(lab) {
      const member = lab.member();
      member.join(lab.group(), lab.otherNet);
      lab.sender(lab.net).write("by one", lab.toGroup(member));
      lab.sender(lab.otherNet).write("by the other", lab.toGroup(member));
      await lab.received(member, 2);
      await lab.receivedOnly(member, ["by one", "by the other"]);
    },
  },
  {
    id: "MC-32",
    title: "leaving on one of two interfaces keeps the membership on the other",
    access: "both",
    host: ["secondInterface"],
    why: "RFC 1112, 6.1",
    async run(lab) {
      const member = lab.member();
      member.join(lab.group(), lab.otherNet);
      member.leave(lab.group(), lab.net);
      lab.sender(lab.net).write("by one", lab.toGroup(member));
      lab.sender(lab.otherNet).write("by the other", lab.toGroup(member));
      await lab.received(member, 1);
      await lab.receivedOnly(member, ["by the other"]);
    },
  },
  {
    id: "MC-33",
    title: "multicastAll 0 keeps out the groups that other sockets of the host have joined",
    access: "bare",
    needs: ["set multicastAll"],
    host: ["multicast"],
    why: ALL,
    async run(lab) {
      const own = lab.listen({ address: lab.addresses.any });
      own.set("multicastAll", 0);
      own.join(lab.group(), lab.net);
      lab.listen({ address: lab.addresses.any }).join(lab.group(1), lab.net);
      const sender = lab.sender();
      sender.write("another socket's", lab.toGroup(own, lab.group(1)));
      sender.write("ours", lab.toGroup(own));
      await lab.received(own, 1);
      await lab.receivedOnly(own, ["ours"]);
    },
  },
  {
    id: "MC-34",
    title: "multicastAll 1, the default, lets in the groups that other sockets of the host have joined",
    access: "bare",
    needs: ["set multicastAll"],
    host: ["multicast"],
    why: ALL,
    async run(lab) {
      const nosy = lab.listen({ address: lab.addresses.any });
      lab.listen({ address: lab.addresses.any }).join(lab.group(), lab.net);
      lab.sender().write("another socket's", lab.toGroup(nosy));
      await lab.first(nosy);
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
    async run(lab) {
      const own = lab.listen({ address: lab.addresses.any });
      own.set("multicastAll", 0);
      own.join(lab.group(), lab.net);
      lab.listen({ address: lab.addresses.any }).join(lab.group(), lab.otherNet);
      lab.sender(lab.otherNet).write("elsewhere", lab.toGroup(own));
      await lab.receivedOnly(own, []);
    },
  },
  {
    id: "MC-36",
    title: "a port does not hear the groups that other sockets of the host have joined",
    access: "reactor",
    needs: ["packetInfo"],
    host: ["multicast"],
    why: ISOLATION,
    async run(lab) {
      const port = lab.member();
      lab.member().join(lab.group(1), lab.net);
      const sender = lab.sender();
      sender.write("another port's", lab.toGroup(port, lab.group(1)));
      sender.write("ours", lab.toGroup(port));
      await lab.received(port, 1);
      await lab.receivedOnly(port, ["ours"]);
    },
  },
  {
    id: "MC-37",
    title: "a port does not hear its group from an interface where only another socket has joined it",
    access: "reactor",
    needs: ["packetInfo"],
    host: ["secondInterface"],
    why: `${ISOLATION}; inet6_mc_check() of net/ipv6/mcast.c looks at the group only`,
    async run(lab) {
      const port = lab.member();
      lab.open({ address: lab.addresses.any }).join(lab.group(), lab.otherNet);
      lab.sender(lab.otherNet).write("elsewhere", lab.toGroup(port));
      lab.sender(lab.net).write("here", lab.toGroup(port));
      await lab.received(port, 1);
      await lab.receivedOnly(port, ["here"]);
    },
  },
  {
    id: "MC-38",
    title: "a port that has left a group does not hear it, though another socket is still a member",
    access: "reactor",
    needs: ["packetInfo"],
    host: ["multicast"],
    why: ISOLATION,
    async run(lab) {
      const port = lab.member();
      lab.member();
      port.leave(lab.group(), lab.net);
      lab.sender().write("not for you", lab.toGroup(port));
      await lab.receivedOnly(port, []);
    },
  },
  {
    id: "MC-39",
    title: "a socket bound to one interface neither sends nor receives by another one",
    access: "bare",
    needs: ["set bindToInterface"],
    host: ["secondInterface"],
    why: "socket(7): SO_BINDTODEVICE; SO_BINDTOIFINDEX is Linux 5.0",
    async run(lab) {
      const member = lab.listen({ address: lab.addresses.any });
      member.set("bindToInterface", lab.net.index);
      for (const at of [lab.net, lab.otherNet]) member.join(lab.group(), at);
      const senders = [lab.sender(lab.otherNet), lab.sender(lab.net)] as const satisfies readonly Endpoint[];
      senders[0].write("elsewhere", lab.toGroup(member));
      senders[1].write("here", lab.toGroup(member));
      await lab.received(member, 1);
      await lab.receivedOnly(member, ["here"], { from: senders[1], to: lab.toGroup(member) });
      assert.equal(member.get("bindToInterface"), lab.net.index);
    },
  },
]);
