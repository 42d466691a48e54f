/** Source-specific multicast, and sources that are shut out. */
import { type Contract, contracts } from "../contract.js";
import type { Endpoint } from "../endpoint.js";
import type { Lab } from "../lab.js";
import { assertOutcome, assertRefused } from "../refusal.js";

const SSM = "RFC 4607; RFC 3678: MCAST_JOIN_SOURCE_GROUP";
const BLOCK = "RFC 3678: MCAST_BLOCK_SOURCE, MCAST_UNBLOCK_SOURCE";

export const SOURCES: readonly Contract[] = contracts([
  {
    id: "MC-50",
    title: "who has joined for one source hears that source and no other",
    access: "both",
    host: ["twoSources"],
    why: SSM,
    async run(lab) {
      const { one, two, oneAddress } = senders(lab);
      const member = lab.open({ address: lab.addresses.any });
      member.join(lab.group(), lab.net, oneAddress);
      two.write("from two", lab.toGroup(member));
      one.write("from one", lab.toGroup(member));
      await lab.received(member, 1);
      await lab.receivedOnly(member, ["from one"]);
    },
  },
  {
    id: "MC-51",
    title: "who has joined for two sources, one after the other, hears both",
    access: "both",
    host: ["twoSources"],
    why: SSM,
    async run(lab) {
      const { one, two, oneAddress, twoAddress } = senders(lab);
      const member = lab.open({ address: lab.addresses.any });
      for (const source of [oneAddress, twoAddress]) member.join(lab.group(), lab.net, source);
      two.write("from two", lab.toGroup(member));
      one.write("from one", lab.toGroup(member));
      await lab.received(member, 2);
      await lab.receivedOnly(member, ["from two", "from one"]);
    },
  },
  {
    id: "MC-52",
    title: "leaving one of two sources keeps the other",
    access: "both",
    host: ["twoSources"],
    why: "RFC 3678: MCAST_LEAVE_SOURCE_GROUP",
    async run(lab) {
      const { one, two, oneAddress, twoAddress } = senders(lab);
      const member = lab.open({ address: lab.addresses.any });
      for (const source of [oneAddress, twoAddress]) member.join(lab.group(), lab.net, source);
      member.leave(lab.group(), lab.net, oneAddress);
      one.write("from one", lab.toGroup(member));
      two.write("from two", lab.toGroup(member));
      await lab.received(member, 1);
      await lab.receivedOnly(member, ["from two"]);
    },
  },
  {
    id: "MC-53",
    title: "leaving the last source leaves the group",
    access: "both",
    host: ["twoSources"],
    why: "RFC 3376, 3.1: INCLUDE of nothing is no membership",
    async run(lab) {
      const { one, oneAddress } = senders(lab);
      const member = lab.open({ address: lab.addresses.any });
      member.join(lab.group(), lab.net, oneAddress);
      member.leave(lab.group(), lab.net, oneAddress);
      one.write("from one", lab.toGroup(member));
      await lab.receivedOnly(member, []);
      member.join(lab.group(), lab.net);
    },
  },
  {
    id: "MC-54",
    title: "joining for the same source twice is refused",
    access: "both",
    host: ["twoSources"],
    why: "ip_mc_source() of net/ipv4/igmp.c: EADDRNOTAVAIL, the source is there already",
    run(lab) {
      const member = lab.open({ address: lab.addresses.any });
      const [source] = lab.sources;
      member.join(lab.group(), lab.net, source);
      assertRefused(() => member.join(lab.group(), lab.net, source), ["EADDRNOTAVAIL", "EADDRINUSE"], "ERR_ALREADY_JOINED");
    },
  },
  {
    id: "MC-55",
    title: "leaving a source that was not joined is refused",
    access: "both",
    host: ["twoSources"],
    why: "ip_mc_source() of net/ipv4/igmp.c: EADDRNOTAVAIL; without any membership EINVAL",
    run(lab) {
      const member = lab.open({ address: lab.addresses.any });
      const [one, two] = lab.sources;
      assertRefused(() => member.leave(lab.group(), lab.net, one), ["EADDRNOTAVAIL", "EINVAL"], "ERR_NOT_JOINED");
      member.join(lab.group(), lab.net, one);
      assertRefused(() => member.leave(lab.group(), lab.net, two), ["EADDRNOTAVAIL", "EINVAL"], "ERR_NOT_JOINED");
    },
  },
  {
    id: "MC-56",
    title: "joining for any source, where single ones are joined, is refused with EADDRINUSE",
    access: "both",
    host: ["twoSources"],
    why: "EADDRINUSE: __ip_mc_join_group() of net/ipv4/igmp.c; ip(7)",
    run(lab) {
      const member = lab.open({ address: lab.addresses.any });
      member.join(lab.group(), lab.net, lab.sources[0]);
      assertRefused(() => member.join(lab.group(), lab.net), "EADDRINUSE", "ERR_ALREADY_JOINED");
    },
  },
  {
    id: "MC-57",
    title: "source filters of two members of one host do not touch each other",
    access: "bare",
    needs: ["set multicastAll"],
    host: ["twoSources"],
    why: "RFC 3376, 3.1: filters belong to the socket",
    async run(lab) {
      const { one, two, oneAddress, twoAddress } = senders(lab);
      const members = [oneAddress, twoAddress].map((source) => {
        const member = lab.listen({ address: lab.addresses.any, reuseAddress: true });
        member.set("multicastAll", 0);
        member.join(lab.group(), lab.net, source);
        return member;
      });
      for (const member of members) {
        one.write("from one", lab.toGroup(member));
        two.write("from two", lab.toGroup(member));
      }
      await lab.received(members[0]!, 1);
      await lab.receivedOnly(members[0]!, ["from one"]);
      await lab.receivedOnly(members[1]!, ["from two"]);
    },
  },
  {
    id: "MC-58",
    title: "a blocked source is not heard, others are; unblocked, it is heard again",
    access: "both",
    needs: ["blockSource"],
    host: ["twoSources"],
    why: BLOCK,
    async run(lab) {
      const { one, two, oneAddress } = senders(lab);
      const member = lab.member();
      member.block(lab.group(), lab.net, oneAddress);
      one.write("blocked", lab.toGroup(member));
      two.write("from two", lab.toGroup(member));
      await lab.received(member, 1);
      await lab.receivedOnly(member, ["from two"]);
      member.unblock(lab.group(), lab.net, oneAddress);
      one.write("heard again", lab.toGroup(member));
      await lab.received(member, 2);
      await lab.receivedOnly(member, ["from two", "heard again"]);
    },
  },
  {
    id: "MC-59",
    title: "blocking a source twice, or in a group that is not joined, is refused",
    access: "both",
    needs: ["blockSource"],
    host: ["twoSources"],
    why: "ip_mc_source() of net/ipv4/igmp.c: EADDRNOTAVAIL, EINVAL",
    run(lab) {
      const member = lab.member();
      const source = lab.sources[0]!;
      member.block(lab.group(), lab.net, source);
      assertRefused(() => member.block(lab.group(), lab.net, source), "EADDRNOTAVAIL", "ERR_ALREADY_BLOCKED");
      assertRefused(() => member.block(lab.group(1), lab.net, source), "EINVAL", "ERR_NOT_JOINED");
    },
  },
  {
    id: "MC-60",
    title: "unblocking a source that is not blocked is refused",
    access: "both",
    needs: ["blockSource"],
    host: ["twoSources"],
    why: "ip_mc_source() of net/ipv4/igmp.c: EADDRNOTAVAIL, EINVAL",
    run(lab) {
      const member = lab.member();
      const source = lab.sources[0]!;
      assertRefused(() => member.unblock(lab.group(), lab.net, source), ["EADDRNOTAVAIL", "EINVAL"], "ERR_NOT_BLOCKED");
    },
  },
  {
    id: "MC-61",
    title: "leaving a membership for any source by naming a source is refused",
    access: "bare",
    host: ["twoSources"],
    why: "ip_mc_source() of net/ipv4/igmp.c: the filter mode differs",
    run(lab) {
      const member = lab.listen({ address: lab.addresses.any });
      member.join(lab.group(), lab.net);
      assertOutcome(member.socket.leave(lab.group(), lab.net, lab.sources[0]), "EINVAL", "EADDRNOTAVAIL");
    },
  },
  {
    id: "MC-62",
    title: "a port refuses a group as the source to listen to, with ERR_SOURCE_IS_MULTICAST",
    access: "reactor",
    why: "RFC 4607, 1: a source is a unicast address",
    run(lab) {
      const port = lab.open({ address: lab.addresses.any });
      assertRefused(() => port.join(lab.group(), undefined, lab.group(1)), [], "ERR_SOURCE_IS_MULTICAST");
    },
  },
]);

/** Two endpoints that send by the same interface from different addresses. */
function senders(lab: Lab): { one: Endpoint; two: Endpoint; oneAddress: string; twoAddress: string } {
  const [oneAddress = "", twoAddress = ""] = lab.sources;
  const [one, two] = [oneAddress, twoAddress].map((address) => lab.sender(lab.net, { address })) as [Endpoint, Endpoint];
  return { one, two, oneAddress, twoAddress };
}
