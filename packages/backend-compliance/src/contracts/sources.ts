/** Source-specific multicast, and blocked sources. */
import { type Contract, contracts } from "../contract.js";
import type { Endpoint } from "../endpoint/endpoint.js";
import { assertOutcome, assertRefused } from "../endpoint/refusal.js";
import type { Trial } from "../trial/trial.js";

const SSM = "RFC 4607; RFC 3678: MCAST_JOIN_SOURCE_GROUP";
const BLOCK = "RFC 3678: MCAST_BLOCK_SOURCE, MCAST_UNBLOCK_SOURCE";

export const SOURCES: readonly Contract[] = contracts([
  {
    id: "MC-50",
    title: "a member for one source receives that source and no other",
    access: "both",
    host: ["twoSources"],
    why: SSM,
    async run(trial) {
      const { one, two, oneAddress } = senders(trial);
      const member = trial.open({ address: trial.addresses.any });
      member.join(trial.group(), trial.net, oneAddress);
      two.write("from two", trial.toGroup(member));
      one.write("from one", trial.toGroup(member));
      await trial.received(member, 1);
      await trial.receivedOnly(member, ["from one"]);
    },
  },
  {
    id: "MC-51",
    title: "a member for two sources, joined one after the other, receives both",
    access: "both",
    host: ["twoSources"],
    why: SSM,
    async run(trial) {
      const { one, two, oneAddress, twoAddress } = senders(trial);
      const member = trial.open({ address: trial.addresses.any });
      for (const source of [oneAddress, twoAddress]) member.join(trial.group(), trial.net, source);
      two.write("from two", trial.toGroup(member));
      one.write("from one", trial.toGroup(member));
      await trial.received(member, 2);
      await trial.receivedOnly(member, ["from two", "from one"]);
    },
  },
  {
    id: "MC-52",
    title: "leaving one of two sources keeps the other",
    access: "both",
    host: ["twoSources"],
    why: "RFC 3678: MCAST_LEAVE_SOURCE_GROUP",
    async run(trial) {
      const { one, two, oneAddress, twoAddress } = senders(trial);
      const member = trial.open({ address: trial.addresses.any });
      for (const source of [oneAddress, twoAddress]) member.join(trial.group(), trial.net, source);
      member.leave(trial.group(), trial.net, oneAddress);
      one.write("from one", trial.toGroup(member));
      two.write("from two", trial.toGroup(member));
      await trial.received(member, 1);
      await trial.receivedOnly(member, ["from two"]);
    },
  },
  {
    id: "MC-53",
    title: "leaving the last source leaves the group",
    access: "both",
    host: ["twoSources"],
    why: "RFC 3376, 3.1: INCLUDE of nothing is no membership",
    async run(trial) {
      const { one, oneAddress } = senders(trial);
      const member = trial.open({ address: trial.addresses.any });
      member.join(trial.group(), trial.net, oneAddress);
      member.leave(trial.group(), trial.net, oneAddress);
      one.write("from one", trial.toGroup(member));
      await trial.receivedOnly(member, []);
      member.join(trial.group(), trial.net);
    },
  },
  {
    id: "MC-54",
    title: "joining for the same source twice is refused",
    access: "both",
    host: ["twoSources"],
    why: "ip_mc_source() of net/ipv4/igmp.c: EADDRNOTAVAIL, the source is there already",
    run(trial) {
      const member = trial.open({ address: trial.addresses.any });
      const [source] = trial.sources;
      member.join(trial.group(), trial.net, source);
      assertRefused(() => member.join(trial.group(), trial.net, source), ["EADDRNOTAVAIL", "EADDRINUSE"], "ERR_ALREADY_JOINED");
    },
  },
  {
    id: "MC-55",
    title: "leaving a source that was not joined is refused",
    access: "both",
    host: ["twoSources"],
    why: "ip_mc_source() of net/ipv4/igmp.c: EADDRNOTAVAIL; without any membership EINVAL",
    run(trial) {
      const member = trial.open({ address: trial.addresses.any });
      const [one, two] = trial.sources;
      assertRefused(() => member.leave(trial.group(), trial.net, one), ["EADDRNOTAVAIL", "EINVAL"], "ERR_NOT_JOINED");
      member.join(trial.group(), trial.net, one);
      assertRefused(() => member.leave(trial.group(), trial.net, two), ["EADDRNOTAVAIL", "EINVAL"], "ERR_NOT_JOINED");
    },
  },
  {
    id: "MC-56",
    title: "joining for any source is refused with EADDRINUSE where single sources are joined",
    access: "both",
    host: ["twoSources"],
    why: "EADDRINUSE: __ip_mc_join_group() of net/ipv4/igmp.c; ip(7)",
    run(trial) {
      const member = trial.open({ address: trial.addresses.any });
      member.join(trial.group(), trial.net, trial.sources[0]);
      assertRefused(() => member.join(trial.group(), trial.net), "EADDRINUSE", "ERR_ALREADY_JOINED");
    },
  },
  {
    id: "MC-57",
    title: "source filters of two members of one host do not touch each other",
    access: "bare",
    needs: ["set multicastAll"],
    host: ["twoSources"],
    why: "RFC 3376, 3.1: filters belong to the socket",
    async run(trial) {
      const { one, two, oneAddress, twoAddress } = senders(trial);
      const members = [oneAddress, twoAddress].map((source) => {
        const member = trial.listen({ address: trial.addresses.any, reuseAddress: true });
        member.set("multicastAll", 0);
        member.join(trial.group(), trial.net, source);
        return member;
      });
      for (const member of members) {
        one.write("from one", trial.toGroup(member));
        two.write("from two", trial.toGroup(member));
      }
      await trial.received(members[0]!, 1);
      await trial.receivedOnly(members[0]!, ["from one"]);
      await trial.receivedOnly(members[1]!, ["from two"]);
    },
  },
  {
    id: "MC-58",
    title: "a blocked source is not received, others are; unblocked, it is received again",
    access: "both",
    needs: ["blockSource"],
    host: ["twoSources"],
    why: BLOCK,
    async run(trial) {
      const { one, two, oneAddress } = senders(trial);
      const member = trial.member();
      member.block(trial.group(), trial.net, oneAddress);
      one.write("blocked", trial.toGroup(member));
      two.write("from two", trial.toGroup(member));
      await trial.received(member, 1);
      await trial.receivedOnly(member, ["from two"]);
      member.unblock(trial.group(), trial.net, oneAddress);
      one.write("heard again", trial.toGroup(member));
      await trial.received(member, 2);
      await trial.receivedOnly(member, ["from two", "heard again"]);
    },
  },
  {
    id: "MC-59",
    title: "blocking a source twice, or in a group that is not joined, is refused",
    access: "both",
    needs: ["blockSource"],
    host: ["twoSources"],
    why: "ip_mc_source() of net/ipv4/igmp.c: EADDRNOTAVAIL, EINVAL",
    run(trial) {
      const member = trial.member();
      const source = trial.sources[0]!;
      member.block(trial.group(), trial.net, source);
      assertRefused(() => member.block(trial.group(), trial.net, source), "EADDRNOTAVAIL", "ERR_ALREADY_BLOCKED");
      assertRefused(() => member.block(trial.group(1), trial.net, source), "EINVAL", "ERR_NOT_JOINED");
    },
  },
  {
    id: "MC-60",
    title: "unblocking a source that is not blocked is refused",
    access: "both",
    needs: ["blockSource"],
    host: ["twoSources"],
    why: "ip_mc_source() of net/ipv4/igmp.c: EADDRNOTAVAIL, EINVAL",
    run(trial) {
      const member = trial.member();
      const source = trial.sources[0]!;
      assertRefused(() => member.unblock(trial.group(), trial.net, source), ["EADDRNOTAVAIL", "EINVAL"], "ERR_NOT_BLOCKED");
    },
  },
  {
    id: "MC-61",
    title: "leaving a membership for any source by naming a source is refused",
    access: "bare",
    host: ["twoSources"],
    why: "ip_mc_source() of net/ipv4/igmp.c: the filter mode differs",
    run(trial) {
      const member = trial.listen({ address: trial.addresses.any });
      member.join(trial.group(), trial.net);
      assertOutcome(member.socket.leave(trial.group(), trial.net, trial.sources[0]), "EINVAL", "EADDRNOTAVAIL");
    },
  },
  {
    id: "MC-62",
    title: "a port refuses a group as the source to listen to, with ERR_SOURCE_IS_MULTICAST",
    access: "reactor",
    why: "RFC 4607, 1: a source is a unicast address",
    run(trial) {
      const port = trial.open({ address: trial.addresses.any });
      assertRefused(() => port.join(trial.group(), undefined, trial.group(1)), [], "ERR_SOURCE_IS_MULTICAST");
    },
  },
]);

/** Opens two endpoints that send by the same interface from different addresses. */
function senders(trial: Trial): { one: Endpoint; two: Endpoint; oneAddress: string; twoAddress: string } {
  const [oneAddress = "", twoAddress = ""] = trial.sources;
  const [one, two] = [oneAddress, twoAddress].map((address) => trial.sender(trial.net, { address })) as [Endpoint, Endpoint];
  return { one, two, oneAddress, twoAddress };
}
