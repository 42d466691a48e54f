/** Joining and leaving groups. */
import assert from "node:assert/strict";
import { type Contract, contracts } from "../contract.js";
import { assertRefused } from "../endpoint/refusal.js";

const JOIN = "RFC 1112, 6.1; RFC 3493, 5.2; ip(7): IP_ADD_MEMBERSHIP";

export const MEMBERSHIP: readonly Contract[] = contracts([
  {
    id: "MC-1",
    title: "a member on an interface receives datagrams that are sent to the group by that interface",
    access: "both",
    host: ["multicast"],
    why: JOIN,
    async run(trial) {
      const member = trial.member();
      trial.sender().write("to the group", trial.toGroup(member));
      assert.equal((await trial.first(member)).bytes.toString(), "to the group");
    },
  },
  {
    id: "MC-2",
    title: "an endpoint that has not joined a group receives nothing of it",
    access: "both",
    host: ["multicast"],
    why: JOIN,
    async run(trial) {
      const stranger = trial.open({ address: trial.addresses.any });
      trial.sender().write("to the group", trial.toGroup(stranger));
      await trial.receivedOnly(stranger, []);
    },
  },
  {
    id: "MC-3",
    title: "a member that leaves receives nothing more",
    access: "both",
    host: ["multicast"],
    why: "RFC 1112, 6.1: LeaveHostGroup",
    async run(trial) {
      const member = trial.member();
      const sender = trial.sender();
      sender.write("before", trial.toGroup(member));
      await trial.received(member, 1);
      member.leave(trial.group(), trial.net);
      sender.write("after", trial.toGroup(member));
      await trial.receivedOnly(member, ["before"]);
    },
  },
  {
    id: "MC-4",
    title: "a member that leaves can join again",
    access: "both",
    host: ["multicast"],
    why: JOIN,
    async run(trial) {
      const member = trial.member();
      member.leave(trial.group(), trial.net);
      member.join(trial.group(), trial.net);
      trial.sender().write("again", trial.toGroup(member));
      await trial.first(member);
    },
  },
  {
    id: "MC-5",
    title: "joining twice is refused with EADDRINUSE, and the one membership stays",
    access: "both",
    host: ["multicast"],
    why: "EADDRINUSE: __ip_mc_join_group() of net/ipv4/igmp.c; errors.md: ERR_ALREADY_JOINED",
    async run(trial) {
      const member = trial.member();
      assertRefused(() => member.join(trial.group(), trial.net), "EADDRINUSE", "ERR_ALREADY_JOINED");
      trial.sender().write("once", trial.toGroup(member));
      await trial.received(member, 1);
      await trial.receivedOnly(member, ["once"]);
    },
  },
  {
    id: "MC-6",
    title: "leaving a group that was not joined is refused with EADDRNOTAVAIL",
    access: "both",
    host: ["multicast"],
    why: "EADDRNOTAVAIL: ip_mc_leave_group() of net/ipv4/igmp.c; errors.md: ERR_NOT_JOINED",
    run(trial) {
      const member = trial.member();
      assertRefused(() => member.leave(trial.group(1), trial.net), "EADDRNOTAVAIL", "ERR_NOT_JOINED");
      member.leave(trial.group(), trial.net);
      assertRefused(() => member.leave(trial.group(), trial.net), "EADDRNOTAVAIL", "ERR_NOT_JOINED");
    },
  },
  {
    id: "MC-7",
    title: "joining on an interface that does not exist is refused with ENODEV",
    access: "both",
    host: ["multicast"],
    why: "ENODEV: __ip_mc_join_group() of net/ipv4/igmp.c",
    run(trial) {
      const end = trial.open({ address: trial.addresses.any });
      assertRefused(() => end.join(trial.group(), trial.unknownInterface), "ENODEV");
    },
  },
  {
    id: "MC-8",
    title: "a port refuses to join an address that is no group, with ERR_NOT_MULTICAST",
    access: "reactor",
    why: "Twisted: test_joinFailure; errors.md",
    run(trial) {
      const port = trial.open({ address: trial.addresses.any });
      for (const address of [trial.addresses.loopback, trial.addresses.any]) {
        assertRefused(() => port.join(address, undefined), [], "ERR_NOT_MULTICAST");
        assertRefused(() => port.leave(address, undefined), [], "ERR_NOT_MULTICAST");
      }
    },
  },
  {
    id: "MC-9",
    title: "a member receives its own datagrams",
    access: "both",
    host: ["multicast"],
    why: "RFC 1112, 7.2; Twisted: test_loopback",
    async run(trial) {
      const member = trial.member();
      member.setOutgoing(trial.net);
      member.write("to us", trial.toGroup(member));
      const { from } = await trial.first(member);
      assert.equal(from.port, member.local.port);
    },
  },
  {
    id: "MC-12",
    title: "when one member of a host leaves, the other one stays",
    access: "both",
    host: ["multicast"],
    why: "RFC 1112, 7.1: the IP service counts its members",
    async run(trial) {
      const stays = trial.member();
      const leaves = trial.member();
      leaves.leave(trial.group(), trial.net);
      trial.sender().write("still here?", trial.toGroup(stays));
      await trial.first(stays);
    },
  },
  {
    id: "MC-13",
    title: "when one member of a host closes, the other one stays",
    access: "both",
    host: ["multicast"],
    why: "ip_mc_drop_socket() of net/ipv4/igmp.c",
    async run(trial) {
      const stays = trial.member();
      await trial.member().close();
      trial.sender().write("still here?", trial.toGroup(stays));
      await trial.first(stays);
    },
  },
  {
    id: "MC-14",
    title: "a member still receives unicast",
    access: "both",
    host: ["multicast"],
    why: "ip(7): IP_MULTICAST_ALL is about multicast only",
    async run(trial) {
      const member = trial.member();
      trial.open().write("to you alone", { address: trial.addresses.loopback, port: member.local.port });
      assert.equal((await trial.first(member)).bytes.toString(), "to you alone");
    },
  },
  {
    id: "MC-15",
    title: "a member of two groups receives both, one copy of each datagram",
    access: "both",
    host: ["multicast"],
    why: JOIN,
    async run(trial) {
      const member = trial.member();
      member.join(trial.group(1), trial.net);
      const sender = trial.sender();
      for (const number of [0, 1]) sender.write(`to group ${number}`, trial.toGroup(member, trial.group(number)));
      await trial.received(member, 2);
      await trial.receivedOnly(member, ["to group 0", "to group 1"]);
    },
  },
  {
    id: "MC-16",
    title: "leaving one of two groups keeps the other",
    access: "both",
    host: ["multicast"],
    why: JOIN,
    async run(trial) {
      const member = trial.member();
      member.join(trial.group(1), trial.net);
      member.leave(trial.group(), trial.net);
      const sender = trial.sender();
      for (const number of [0, 1]) sender.write(`to group ${number}`, trial.toGroup(member, trial.group(number)));
      await trial.received(member, 1);
      await trial.receivedOnly(member, ["to group 1"]);
    },
  },
]);
