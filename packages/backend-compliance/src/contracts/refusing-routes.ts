/**
 * Routes that refuse datagrams, set by an administrator: ip-route(8).
 *
 * The answers of the kernel were measured on Linux 6.18. It takes IPv6 groups by the table `local`, where each interface has a route to
 * ff00::/8, so that only a route in that table refuses them.
 */
import assert from "node:assert/strict";
import { type Contract, contracts } from "../contract.js";
import { assertOutcome, assertRefused } from "../endpoint/refusal.js";
import type { RefusingRoute } from "../site/site.js";
import type { Trial } from "../trial/trial.js";
import { lossOf } from "./sending.js";

/** Kind of route → errno that the kernel answers with. */
const ERRNO_NAMES: Readonly<Record<RefusingRoute, string>> = { prohibit: "EACCES", blackhole: "EINVAL", unreachable: "EHOSTUNREACH" };

const ANSWERS = "ip-route(8); fib_props[] of net/ipv4/fib_semantics.c; ip6_rt_type_to_error() of net/ipv6/route.c";
const ANY_PORT = 9; // discard: RFC 863

export const REFUSING_ROUTES: readonly Contract[] = contracts([
  {
    id: "MC-120",
    title: "routeTo() of a group that a route refuses is the errno of that kind of route",
    access: "bare",
    needs: ["routes"],
    host: ["refusingRoutes"],
    why: ANSWERS,
    async run(trial) {
      for (const { group, errno } of await refusedGroups(trial)) assertOutcome(trial.backend.network.routeTo(group, undefined), errno);
    },
  },
  {
    id: "MC-121",
    title: "routeTo() of a reactor reports a group that a route refuses by an error with its errno, and one out of reach as undefined",
    access: "reactor",
    needs: ["routes"],
    host: ["refusingRoutes"],
    why: "network.ts: routeTo; errors.md: ERR_ROUTE",
    async run(trial) {
      const port = trial.open({ address: trial.addresses.any });
      for (const { group, errno } of await refusedGroups(trial)) {
        if (errno === "EHOSTUNREACH") assert.equal(port.routeTo(group), undefined);
        else assertRefused(() => port.routeTo(group), errno);
      }
    },
  },
  {
    id: "MC-122",
    title: "a datagram to a group that a route refuses is reported as lost, with the errno of that kind of route",
    access: "both",
    host: ["refusingRoutes"],
    why: `${ANSWERS}; backend.ts: send, sendFailed`,
    async run(trial) {
      const sender = trial.open({ address: trial.addresses.any });
      for (const { group, errno } of await refusedGroups(trial)) {
        assert.equal(await lossOf(trial, sender, () => sender.write("x", { address: group, port: ANY_PORT })), errno);
      }
    },
  },
  {
    id: "MC-123",
    title: "write() of a port to a group that a route refuses does not throw; each loss is reported with its group, and counted",
    access: "reactor",
    host: ["refusingRoutes"],
    why: "decision 15: below, answers; transport.ts: sendFailed; port-statistics.ts: sendFailed",
    async run(trial) {
      const sender = trial.open({ address: trial.addresses.any });
      const refused = await refusedGroups(trial);
      for (const { group } of refused) assert.doesNotThrow(() => sender.write("x", { address: group, port: ANY_PORT }));
      await trial.until("every loss is reported", () => sender.losses.length === refused.length);
      assert.deepEqual(sender.losses.map(({ peer }) => peer?.address).sort(), refused.map(({ group }) => group).sort());
      assert.equal(sender.lossCount, refused.length);
    },
  },
  {
    id: "MC-124",
    title: "joining without interface a group that a route refuses is refused with ENODEV",
    access: "bare",
    host: ["refusingRoutes"],
    why: "ip_mc_find_dev() of net/ipv4/igmp.c; __ipv6_sock_mc_join() of net/ipv6/mcast.c: no interface without a route",
    async run(trial) {
      const { socket } = trial.listen({ address: trial.addresses.any });
      for (const { group } of await refusedGroups(trial)) assertOutcome(socket.join(group, undefined, undefined), "ENODEV");
    },
  },
  {
    id: "MC-125",
    title: "joinGroup() without interface of a group that a route refuses does not throw, and the group can be left again",
    access: "reactor",
    host: ["refusingRoutes"],
    why: "decisions 7 and 15: the port takes the first interface that carries multicast, or waits for one",
    async run(trial) {
      const port = trial.open({ address: trial.addresses.any });
      for (const { group } of await refusedGroups(trial)) {
        assert.doesNotThrow(() => port.joinWhenAvailable(group, undefined));
        port.leave(group, undefined);
      }
      assert.deepEqual(port.errors, []);
    },
  },
  {
    id: "MC-126",
    title: "setTTL(0) and then write() to a group that a route refuses do not throw",
    access: "reactor",
    needs: ["set multicastTtl"],
    host: ["refusingRoutes"],
    why: "decisions 6 and 15",
    async run(trial) {
      const sender = trial.open({ address: trial.addresses.any });
      const refused = await refusedGroups(trial);
      assert.doesNotThrow(() => sender.setMulticastTtl(0));
      for (const { group } of refused) assert.doesNotThrow(() => sender.write("x", { address: group, port: ANY_PORT }));
      await trial.fence(sender);
      assert.deepEqual(sender.errors, []);
    },
  },
  {
    id: "MC-127",
    title: "a membership that a route refuses does not keep another one from coming back with its interface",
    access: "reactor",
    needs: ["interfaceEvents"],
    host: ["refusingRoutes", "interfaceControl"],
    why: "decisions 7 and 15: each membership is brought in line with the interfaces on its own",
    async run(trial) {
      const added = await trial.addInterface();
      const member = trial.open({ address: trial.addresses.any });
      for (const { group } of await refusedGroups(trial)) assert.doesNotThrow(() => member.joinWhenAvailable(group, undefined));
      const other = trial.group(OTHER_GROUP);
      member.join(other, added);
      const sender = trial.listen({ address: trial.addresses.any });
      sender.setOutgoing(await trial.replaceInterface(added));
      const isHeard = (): boolean => {
        sender.write("welcome back", trial.toGroup(member, other));
        return member.arrived.length > 0;
      };
      await trial.until("the port is a member again", isHeard);
    },
  },
  {
    id: "MC-128",
    title: "multicast leaves by the interface that was chosen, though a route refuses its group",
    access: "both",
    host: ["refusingRoutes", "multicast"],
    why: "ip_route_output_key_hash_rcu() of net/ipv4/route.c: with an interface given, the destination is taken to be on its link",
    async run(trial) {
      const member = trial.open({ address: trial.addresses.any });
      const sender = trial.sender();
      const refused = await refusedGroups(trial);
      for (const { group } of refused) {
        member.join(group, trial.net);
        sender.write(group, trial.toGroup(member, group));
      }
      await trial.received(member, refused.length);
      await trial.receivedOnly(
        member,
        refused.map(({ group }) => group),
      );
    },
  },
]);

/** A group, and the errno that datagrams to it are refused with. */
interface RefusedGroup {
  readonly group: string;
  readonly errno: string;
}

const KINDS = Object.keys(ERRNO_NAMES) as RefusingRoute[];
const OTHER_GROUP = KINDS.length; // the number after those of the refused groups

/** Sets a route of each kind, each to a group of its own, until the trial ends. */
async function refusedGroups(trial: Trial): Promise<readonly RefusedGroup[]> {
  const refused = KINDS.map((kind, number) => ({ kind, group: trial.group(number), errno: ERRNO_NAMES[kind] }));
  for (const { kind, group } of refused) await trial.refuse(kind, group);
  return refused;
}
