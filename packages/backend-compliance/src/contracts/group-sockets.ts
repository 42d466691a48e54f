/** Groups and sockets: how many of each, and the part that binding plays. */
import assert from "node:assert/strict";
import { type Contract, contracts } from "../contract.js";
import { textsOf } from "../endpoint/endpoint.js";
import { assertOutcome, isTaken } from "../endpoint/refusal.js";

export const GROUP_SOCKETS: readonly Contract[] = contracts([
  {
    id: "MC-10",
    title: "two endpoints with reuseAddress share port and group, and each receives one copy",
    access: "both",
    needs: ["set reuseAddress"],
    host: ["multicast"],
    why: "socket(7): SO_REUSEADDR; Twisted: test_multiListen, each socket must itself join",
    async run(trial) {
      const one = trial.member({ reuseAddress: true });
      const two = trial.member({ reuseAddress: true, port: one.local.port });
      const sender = trial.sender();
      sender.write("to both", trial.toGroup(one));
      sender.write("and again", trial.toGroup(one));
      for (const member of [one, two]) {
        await trial.received(member, 2);
        assert.deepEqual(textsOf(member), ["to both", "and again"]);
      }
      await trial.receivedOnly(two, ["to both", "and again"]); // bound last: the fence, which is unicast, goes to it
    },
  },
  {
    id: "MC-11",
    title: "two endpoints with reusePort share port and group, and each receives one copy",
    access: "both",
    needs: ["set reusePort"],
    host: ["multicast"],
    why: "__udp4_lib_mcast_deliver() of net/ipv4/udp.c: each socket gets a copy",
    async run(trial) {
      const one = trial.member({ reusePort: true });
      const two = trial.member({ reusePort: true, port: one.local.port });
      trial.sender().write("to both", trial.toGroup(one));
      for (const member of [one, two]) assert.equal((await trial.first(member)).bytes.toString(), "to both");
    },
  },
  {
    id: "MC-17",
    title: "the twenty-first membership of a socket is refused with ENOBUFS",
    access: "bare",
    families: [4],
    host: ["ownNetwork"],
    why: "ip(7); net.ipv4.igmp_max_memberships is 20: __ip_mc_join_group() of net/ipv4/igmp.c",
    run(trial) {
      const end = trial.listen({ address: trial.addresses.any });
      for (let number = 0; number < 20; number++) end.join(trial.group(number), trial.net);
      assertOutcome(end.socket.join(trial.group(20), trial.net, undefined), "ENOBUFS");
      end.leave(trial.group(0), trial.net);
      end.join(trial.group(20), trial.net);
    },
  },
  {
    id: "MC-18",
    title: "a port joins more groups than a socket can, and receives one copy from each",
    access: "reactor",
    host: ["ownNetwork"],
    why: "decision 7: the limit is met by a further socket, invisibly",
    async run(trial) {
      const COUNT = 25;
      const port = trial.open({ address: trial.addresses.any });
      const groups = Array.from({ length: COUNT }, (_, number) => trial.group(number));
      for (const group of groups) assert.doesNotThrow(() => port.join(group, trial.net));
      const sender = trial.sender();
      for (const group of groups) sender.write(group, trial.toGroup(port, group));
      await trial.received(port, COUNT);
      await trial.fence(port);
      assert.deepEqual(textsOf(port).sort(), [...groups].sort());
    },
  },
  {
    id: "MC-19",
    title: "an endpoint bound to a group's address receives that group, and neither another group nor unicast",
    access: "both",
    host: ["multicast"],
    why: "__udp_is_mcast_sock() of net/ipv4/udp.c: the bound address must be the destination; Windows refuses to bind (WSAEADDRNOTAVAIL)",
    async run(trial) {
      const bound = trial.open({ address: trial.group() });
      bound.join(trial.group(), trial.net);
      isTaken(() => bound.join(trial.group(1), trial.net), "ERR_GROUP_FIXED"); // ports refuse it
      const sender = trial.sender();
      sender.write("another group's", trial.toGroup(bound, trial.group(1)));
      sender.write("unicast", { address: trial.addresses.loopback, port: bound.local.port });
      await trial.receivedOnly(bound, [], { from: sender, to: trial.toGroup(bound) });
    },
  },
  {
    id: "MC-20",
    title: "an endpoint bound to an interface's own address receives no multicast",
    access: "both",
    host: ["twoSources"],
    why: "__udp_is_mcast_sock() of net/ipv4/udp.c; nodejs/node#1690",
    async run(trial) {
      const bound = trial.open({ address: trial.sources[0]! });
      bound.join(trial.group(), trial.net);
      const sender = trial.sender();
      sender.write("to the group", trial.toGroup(bound));
      await trial.receivedOnly(bound, [], { from: sender });
    },
  },
  {
    id: "MC-21",
    title: "a group of link scope is joined, and sent to, by its interface",
    access: "both",
    families: [6],
    host: ["multicast"],
    why: "RFC 4291, 2.7: scope 2; RFC 4007",
    async run(trial) {
      const group = trial.group().replace("ff15", "ff12");
      const member = trial.open({ address: "::" });
      member.join(group, trial.net);
      trial.sender().write("on the link", { address: `${group}%${trial.net.name}`, port: member.local.port });
      await trial.first(member);
    },
  },
]);
