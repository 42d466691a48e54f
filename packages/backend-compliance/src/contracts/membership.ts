/** Being a member of a group, and no longer being one. */
import assert from "node:assert/strict";
import { type Contract, contracts } from "../contract.js";
import { assertRefused } from "../refusal.js";

const JOIN = "RFC 1112, 6.1; RFC 3493, 5.2; ip(7): IP_ADD_MEMBERSHIP";

export const MEMBERSHIP: readonly Contract[] = contracts([
  {
    id: "MC-1",
    title: "a member on an interface receives what is sent to the group by that interface",
    access: "both",
    host: ["multicast"],
    why: JOIN,
    async run(lab) {
      const member = lab.member();
      lab.sender().write("to the group", lab.toGroup(member));
      assert.equal((await lab.first(member)).bytes.toString(), "to the group");
    },
  },
  {
    id: "MC-2",
    title: "who has not joined receives nothing of the group",
    access: "both",
    host: ["multicast"],
    why: JOIN,
    async run(lab) {
      const stranger = lab.open({ address: lab.addresses.any });
      lab.sender().write("to the group", lab.toGroup(stranger));
      await lab.receivedOnly(stranger, []);
    },
  },
  {
    id: "MC-3",
    title: "who leaves receives nothing more",
    access: "both",
    host: ["multicast"],
    why: "RFC 1112, 6.1: LeaveHostGroup",
    async run(lab) {
      const member = lab.member();
      const sender = lab.sender();
      sender.write("before", lab.toGroup(member));
      await lab.received(member, 1);
      member.leave(lab.group(), lab.net);
      sender.write("after", lab.toGroup(member));
      await lab.receivedOnly(member, ["before"]);
    },
  },
  {
    id: "MC-4",
    title: "who leaves can join again",
    access: "both",
    host: ["multicast"],
    why: JOIN,
    async run(lab) {
      const member = lab.member();
      member.leave(lab.group(), lab.net);
      member.join(lab.group(), lab.net);
      lab.sender().write("again", lab.toGroup(member));
      await lab.first(member);
    },
  },
  {
    id: "MC-5",
    title: "joining twice is refused with EADDRINUSE, and the one membership stays",
    access: "both",
    host: ["multicast"],
    why: "EADDRINUSE: __ip_mc_join_group() of net/ipv4/igmp.c; errors.md: ERR_ALREADY_JOINED",
    async run(lab) {
      const member = lab.member();
      assertRefused(() => member.join(lab.group(), lab.net), "EADDRINUSE", "ERR_ALREADY_JOINED");
      lab.sender().write("once", lab.toGroup(member));
      await lab.received(member, 1);
      await lab.receivedOnly(member, ["once"]);
    },
  },
  {
    id: "MC-6",
    title: "leaving what was not joined is refused with EADDRNOTAVAIL",
    access: "both",
    host: ["multicast"],
    why: "EADDRNOTAVAIL: ip_mc_leave_group() of net/ipv4/igmp.c; errors.md: ERR_NOT_JOINED",
    run(lab) {
      const member = lab.member();
      assertRefused(() => member.leave(lab.group(1), lab.net), "EADDRNOTAVAIL", "ERR_NOT_JOINED");
      member.leave(lab.group(), lab.net);
      assertRefused(() => member.leave(lab.group(), lab.net), "EADDRNOTAVAIL", "ERR_NOT_JOINED");
    },
  },
  {
    id: "MC-7",
    title: "joining on an interface that does not exist is refused with ENODEV",
    access: "both",
    host: ["multicast"],
    why: "ENODEV: __ip_mc_join_group() of net/ipv4/igmp.c",
    run(lab) {
      const end = lab.open({ address: lab.addresses.any });
      assertRefused(() => end.join(lab.group(), lab.unknownInterface), "ENODEV");
    },
  },
  {
    id: "MC-8",
    title: "a port refuses to join what is no group, with ERR_NOT_MULTICAST",
    access: "reactor",
    why: "Twisted: test_joinFailure; errors.md",
    run(lab) {
      const port = lab.open({ address: lab.addresses.any });
      for (const address of [lab.addresses.loopback, lab.addresses.any]) {
        assertRefused(() => port.join(address, undefined), [], "ERR_NOT_MULTICAST");
        assertRefused(() => port.leave(address, undefined), [], "ERR_NOT_MULTICAST");
      }
    },
  },
  {
    id: "MC-9",
    title: "a member receives what it sends itself",
    access: "both",
    host: ["multicast"],
    why: "RFC 1112, 7.2; Twisted: test_loopback",
    async run(lab) {
      const member = lab.member();
      member.setOutgoing(lab.net);
      member.write("to us", lab.toGroup(member));
      const { from } = await lab.first(member);
      assert.equal(from.port, member.local.port);
    },
  },
  {
    id: "MC-12",
    title: "when one member of a host leaves, the other one stays",
    access: "both",
    host: ["multicast"],
    why: "RFC 1112, 7.1: the IP service counts its members",
    async run(lab) {
      const stays = lab.member();
      const leaves = lab.member();
      leaves.leave(lab.group(), lab.net);
      lab.sender().write("still here?", lab.toGroup(stays));
      await lab.first(stays);
    },
  },
  {
    id: "MC-13",
    title: "when one member of a host closes, the other one stays",
    access: "both",
    host: ["multicast"],
    why: "ip_mc_drop_socket() of net/ipv4/igmp.c",
    async run(lab) {
      const stays = lab.member();
      await lab.member().close();
      lab.sender().write("still here?", lab.toGroup(stays));
      await lab.first(stays);
    },
  },
  {
    id: "MC-14",
    title: "a member still hears unicast",
    access: "both",
    host: ["multicast"],
    why: "ip(7): IP_MULTICAST_ALL is about multicast only",
    async run(lab) {
      const member = lab.member();
      lab.open().write("to you alone", { address: lab.addresses.loopback, port: member.local.port });
      assert.equal((await lab.first(member)).bytes.toString(), "to you alone");
    },
  },
  {
    id: "MC-15",
    title: "a member of two groups receives both, one copy of each datagram",
    access: "both",
    host: ["multicast"],
    why: JOIN,
    async run(lab) {
      const member = lab.member();
      member.join(lab.group(1), lab.net);
      const sender = lab.sender();
      for (const number of [0, 1]) sender.write(`to group ${number}`, lab.toGroup(member, lab.group(number)));
      await lab.received(member, 2);
      await lab.receivedOnly(member, ["to group 0", "to group 1"]);
    },
  },
  {
    id: "MC-16",
    title: "leaving one of two groups keeps the other",
    access: "both",
    host: ["multicast"],
    why: JOIN,
    async run(lab) {
      const member = lab.member();
      member.join(lab.group(1), lab.net);
      member.leave(lab.group(), lab.net);
      const sender = lab.sender();
      for (const number of [0, 1]) sender.write(`to group ${number}`, lab.toGroup(member, lab.group(number)));
      await lab.received(member, 1);
      await lab.receivedOnly(member, ["to group 1"]);
    },
  },
]);
