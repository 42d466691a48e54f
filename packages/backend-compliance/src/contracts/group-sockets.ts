/** Groups and sockets: how many of each, and what binding has to do with it. */
import assert from "node:assert/strict";
import { type Contract, contracts } from "../contract.js";
import { textsOf } from "../endpoint.js";
import { assertOutcome } from "../refusal.js";

export const GROUP_SOCKETS: readonly Contract[] = contracts([
  {
    id: "MC-10",
    title: "two endpoints with reuseAddress share port and group, and each receives one copy",
    access: "both",
    needs: ["set reuseAddress"],
    host: ["multicast"],
    why: "socket(7): SO_REUSEADDR; Twisted: test_multiListen, each socket must itself join",
    async run(lab) {
      const one = lab.member({ reuseAddress: true });
      const two = lab.member({ reuseAddress: true, port: one.local.port });
      const sender = lab.sender();
      sender.write("to both", lab.toGroup(one));
      sender.write("and again", lab.toGroup(one));
      for (const member of [one, two]) {
        await lab.received(member, 2);
        assert.deepEqual(textsOf(member), ["to both", "and again"]);
      }
      await lab.receivedOnly(two, ["to both", "and again"]); // bound last: the fence, which is unicast, goes to it
    },
  },
  {
    id: "MC-11",
    title: "two endpoints with reusePort share port and group, and each receives one copy",
    access: "both",
    needs: ["set reusePort"],
    host: ["multicast"],
    why: "__udp4_lib_mcast_deliver() of net/ipv4/udp.c: each socket gets a copy",
    async run(lab) {
      const one = lab.member({ reusePort: true });
      const two = lab.member({ reusePort: true, port: one.local.port });
      lab.sender().write("to both", lab.toGroup(one));
      for (const member of [one, two]) assert.equal((await lab.first(member)).bytes.toString(), "to both");
    },
  },
  {
    id: "MC-17",
    title: "the twenty-first membership of a socket is refused with ENOBUFS",
    access: "bare",
    families: [4],
    host: ["ownNetwork"],
    why: "ip(7); net.ipv4.igmp_max_memberships is 20: __ip_mc_join_group() of net/ipv4/igmp.c",
    run(lab) {
      const end = lab.listen({ address: lab.addresses.any });
      for (let number = 0; number < 20; number++) end.join(lab.group(number), lab.net);
      assertOutcome(end.socket.join(lab.group(20), lab.net, undefined), "ENOBUFS");
      end.leave(lab.group(0), lab.net);
      end.join(lab.group(20), lab.net);
    },
  },
  {
    id: "MC-18",
    title: "a port joins more groups than a socket can, and receives one copy from each",
    access: "reactor",
    host: ["ownNetwork"],
    why: "decision 7: the limit is met by a further socket, invisibly",
    async run(lab) {
      const COUNT = 25;
      const port = lab.open({ address: lab.addresses.any });
      const groups = Array.from({ length: COUNT }, (_, number) => lab.group(number));
      for (const group of groups) port.join(group, lab.net);
      const sender = lab.sender();
      for (const group of groups) sender.write(group, lab.toGroup(port, group));
      await lab.received(port, COUNT);
      await lab.fence(port);
      assert.deepEqual(textsOf(port).sort(), [...groups].sort());
    },
  },
  {
    id: "MC-19",
    title: "an endpoint bound to a group's address hears that group, and neither another group nor unicast",
    access: "both",
    host: ["multicast"],
    why: "__udp_is_mcast_sock() of net/ipv4/udp.c: the bound address must be the destination; Windows refuses to bind (WSAEADDRNOTAVAIL)",
    async run(lab) {
      const bound = lab.open({ address: lab.group() });
      for (const number of [0, 1]) bound.join(lab.group(number), lab.net);
      const sender = lab.sender();
      sender.write("another group's", lab.toGroup(bound, lab.group(1)));
      sender.write("unicast", { address: lab.addresses.loopback, port: bound.local.port });
      await lab.receivedOnly(bound, [], { from: sender, to: lab.toGroup(bound) });
    },
  },
  {
    id: "MC-20",
    title: "an endpoint bound to an interface's own address hears no multicast",
    access: "both",
    host: ["twoSources"],
    why: "__udp_is_mcast_sock() of net/ipv4/udp.c; nodejs/node#1690",
    async run(lab) {
      const bound = lab.open({ address: lab.sources[0]! });
      bound.join(lab.group(), lab.net);
      const sender = lab.sender();
      sender.write("to the group", lab.toGroup(bound));
      await lab.receivedOnly(bound, [], { from: sender });
    },
  },
  {
    id: "MC-21",
    title: "a group of link scope is joined, and sent to, by its interface",
    access: "both",
    families: [6],
    host: ["multicast"],
    why: "RFC 4291, 2.7: scope 2; RFC 4007",
    async run(lab) {
      const group = lab.group().replace("ff15", "ff12");
      const member = lab.open({ address: "::" });
      member.join(group, lab.net);
      lab.sender().write("on the link", { address: `${group}%${lab.net.name}`, port: member.local.port });
      await lab.first(member);
    },
  },
]);
