/** The interfaces and routes of the host, and memberships when these change. */
import assert from "node:assert/strict";
import { isIP } from "node:net";
import type { NetworkInterface, Route } from "@groupcast/backend";
import { type Contract, contracts } from "../contract.js";
import { answered, assertOutcome } from "../endpoint/refusal.js";
import type { Trial } from "../trial/trial.js";

const LIST = "getifaddrs(3), netdevice(7)";

export const INTERFACES: readonly Contract[] = contracts([
  {
    id: "MC-100",
    title: "interfaces() lists loopback, with its address, and names each interface once",
    access: "bare",
    why: LIST,
    run(trial) {
      const all = answered(trial.backend.network.interfaces());
      const loopback = all.find(({ flags }) => flags.loopback);
      assert.ok(loopback?.addresses.some(({ address }) => address === trial.addresses.loopback));
      assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
    },
  },
  {
    id: "MC-101",
    title: "every address of every interface is a literal without zone, with its family and prefix length",
    access: "bare",
    why: "network-interface.ts: InterfaceAddress",
    run(trial) {
      for (const { name, addresses } of answered(trial.backend.network.interfaces())) {
        for (const { address, family, prefixLength } of addresses) {
          assert.equal(isIP(address), family, `${address} of ${name}`);
          assert.ok(!address.includes("%") && prefixLength >= 0 && prefixLength <= (family === 4 ? 32 : 128), `${address} of ${name}`);
        }
      }
    },
  },
  {
    id: "MC-102",
    title: "every interface has an index, and no two have the same",
    access: "bare",
    needs: ["interfaceIndexes"],
    why: "if_nametoindex(3)",
    run(trial) {
      const indexes = answered(trial.backend.network.interfaces()).map(({ index }) => index);
      assert.ok(indexes.every((index) => index > 0));
      assert.equal(new Set(indexes).size, indexes.length);
    },
  },
  {
    id: "MC-103",
    title: "an interface that carries multicast is up, running, and has the flag",
    access: "bare",
    host: ["secondInterface"], // loopback carries it without the flag
    why: "netdevice(7): IFF_UP, IFF_RUNNING, IFF_MULTICAST",
    run(trial) {
      const { up, running, loopback, multicast } = trial.net.flags;
      assert.deepEqual({ up, running, loopback, multicast }, { up: true, running: true, loopback: false, multicast: true });
    },
  },
  {
    id: "MC-104",
    title: "an interface that is added, taken down and removed is listed in its current state",
    access: "bare",
    needs: ["downInterfaces"],
    host: ["interfaceControl"],
    why: LIST,
    async run(trial) {
      const at = await trial.addInterface();
      assert.equal(at.flags.up, true);
      assert.ok(at.addresses.some(({ family }) => family === trial.family));
      await trial.control.setUp(at.name, false);
      assert.equal(trial.interface(at.name).flags.up, false);
      assert.equal(trial.interface(at.name).index, at.index);
      await trial.control.remove(at.name);
      assert.ok(answered(trial.backend.network.interfaces()).every(({ name }) => name !== at.name));
    },
  },
  {
    id: "MC-105",
    title: "watch() is called after an interface is added, goes up or down, or is removed",
    access: "bare",
    host: ["interfaceControl"],
    why: "rtnetlink(7): RTM_NEWLINK, RTM_DELLINK; backend.ts: watch",
    async run(trial) {
      let changes = 0;
      trial.defer(answered(trial.backend.network.watch(() => changes++)));
      for (const change of await changesOf(trial)) {
        const before = changes;
        await change();
        await trial.until("the change is reported", () => changes > before, WATCH_DEADLINE_MS);
      }
    },
  },
  {
    id: "MC-106",
    title: "interfaces() shows the change by the time watch() reports it",
    access: "bare",
    needs: ["interfaceEvents"],
    host: ["interfaceControl"],
    why: "backend.ts: after interfaces or their addresses changed",
    async run(trial) {
      const { network } = trial.backend;
      let isListed = false;
      trial.defer(
        answered(
          network.watch(() => {
            isListed ||= answered(network.interfaces()).some(({ name, flags }) => name.startsWith("added") && flags.up);
          }),
        ),
      );
      await trial.addInterface();
      await trial.until("the interface is reported and listed", () => isListed);
    },
  },
  {
    id: "MC-107",
    title: "a watcher that has stopped is not called any more, while another one is",
    access: "bare",
    host: ["interfaceControl"],
    why: "backend.ts: until the returned function is called",
    async run(trial) {
      const { network } = trial.backend;
      let stoppedCalls = 0;
      let calls = 0;
      const stopped = (): void => void stoppedCalls++;
      answered(network.watch(stopped))();
      trial.defer(answered(network.watch(() => calls++)));
      await trial.addInterface();
      await trial.until("the change is reported", () => calls > 0, WATCH_DEADLINE_MS);
      assert.equal(stoppedCalls, 0);
    },
  },
  {
    id: "MC-108",
    title: "stopping to watch twice does not stop another watcher",
    access: "bare",
    host: ["interfaceControl"],
    why: "backend.ts: watch",
    async run(trial) {
      let calls = 0;
      const watcher = (): void => void calls++;
      const stop = answered(trial.backend.network.watch(watcher));
      trial.defer(answered(trial.backend.network.watch(watcher))); // the same function, once more
      stop();
      stop();
      await trial.addInterface();
      await trial.until("the change is reported", () => calls > 0, WATCH_DEADLINE_MS);
    },
  },
  {
    id: "MC-109",
    title: "routeTo() of loopback names the loopback interface",
    access: "bare",
    needs: ["routes"],
    why: "rtnetlink(7): RTM_GETROUTE",
    run(trial) {
      assert.equal(routeTo(trial, trial.addresses.loopback).interface.flags.loopback, true);
    },
  },
  {
    id: "MC-110",
    title: "routeTo() of a neighbour names the interface and the source, and no gateway",
    access: "bare",
    needs: ["routes"],
    host: ["secondInterface"],
    why: "rtnetlink(7): RTA_OIF, RTA_PREFSRC",
    run(trial) {
      const own = trial.sources[0]!;
      const neighbour = trial.family === 4 ? own.replace(/\d+$/, "99") : own.replace(/[^:]+$/, "99");
      const { interface: at, source, gateway } = routeTo(trial, neighbour);
      assert.deepEqual([at.name, at.index, trial.sources.includes(source!), gateway], [trial.net.name, trial.net.index, true, undefined]);
    },
  },
  {
    id: "MC-117",
    title: "routeTo() of a group, from an address of the host, names the interface that has the address",
    access: "bare",
    families: [4],
    needs: ["routes"],
    host: ["twoSources", "link"],
    why: "ip_route_output_key_hash_rcu() of net/ipv4/route.c: a fixed source chooses the interface of multicast, whatever the routes say",
    run(trial) {
      const route = trial.backend.network.routeTo(trial.group(), trial.sources[0]);
      assert.ok(typeof route !== "number", String(route));
      assert.equal(route.interface.name, trial.net.name);
    },
  },
  {
    id: "MC-111",
    title: "routeTo() of an unreachable address is an errno",
    access: "bare",
    needs: ["routes"],
    host: ["ownNetwork"],
    why: "rtnetlink(7); ENETUNREACH as connect(2) has it",
    run(trial) {
      assertOutcome(trial.backend.network.routeTo(trial.addresses.foreign, undefined), "ENETUNREACH", "EHOSTUNREACH");
    },
  },
  {
    id: "MC-112",
    title: "defaultRoute() is undefined on a host without a default route",
    access: "bare",
    needs: ["routes"],
    host: ["ownNetwork"],
    why: "backend.ts: defaultRoute",
    run(trial) {
      assert.equal(answered(trial.backend.network.defaultRoute(trial.family)), undefined);
    },
  },
  {
    id: "MC-113",
    title: "a membership survives its interface going down and up",
    access: "both",
    host: ["interfaceControl"],
    why: "ip_mc_down() and ip_mc_up() of net/ipv4/igmp.c keep the list",
    async run(trial) {
      const at = await trial.addInterface();
      const member = trial.open({ address: trial.addresses.any });
      member.join(trial.group(), at);
      await trial.control.setUp(at.name, false);
      await trial.control.setUp(at.name, true);
      trial.sender(trial.interface(at.name)).write("hello", trial.toGroup(member));
      await trial.first(member);
    },
  },
  {
    id: "MC-114",
    title: "a membership ends with its interface: the next one of that name has none, and can join the group",
    access: "bare",
    host: ["interfaceControl"],
    why: "ip_mc_destroy_dev() of net/ipv4/igmp.c: the interface's list goes with it; ip(7): EADDRNOTAVAIL",
    async run(trial) {
      const at = await trial.addInterface();
      const member = trial.listen({ address: trial.addresses.any });
      member.join(trial.group(), at);
      const next = await trial.replaceInterface(at);
      assertOutcome(member.socket.leave(trial.group(), next, undefined), "EADDRNOTAVAIL");
      member.join(trial.group(), next);
      trial.sender(next).write("hello", trial.toGroup(member));
      await trial.first(member);
    },
  },
  {
    id: "MC-115",
    title: "a group can be joined on an interface that is down, and is received when the interface comes up",
    access: "both",
    needs: ["downInterfaces"],
    host: ["interfaceControl"],
    why: "ip(7): imr_ifindex; ip_mc_up() of net/ipv4/igmp.c",
    async run(trial) {
      const at = await trial.addInterface();
      await trial.control.setUp(at.name, false);
      const member = trial.open({ address: trial.addresses.any });
      member.join(trial.group(), trial.interface(at.name));
      await trial.control.setUp(at.name, true);
      trial.sender(trial.interface(at.name)).write("hello", trial.toGroup(member));
      await trial.first(member);
    },
  },
  {
    id: "MC-116",
    title: "a port joins again by itself when its interface was removed and comes back",
    access: "reactor",
    needs: ["interfaceEvents"],
    host: ["interfaceControl"],
    why: "decision 7: memberships are desired state; mafintosh/multicast-dns never joins again",
    async run(trial) {
      const at = await trial.addInterface();
      const member = trial.open({ address: trial.addresses.any });
      member.join(trial.group(), at);
      const sender = trial.listen({ address: trial.addresses.any });
      sender.setOutgoing(await trial.replaceInterface(at));
      const isHeard = (): boolean => {
        sender.write("welcome back", trial.toGroup(member));
        return member.arrived.length > 0;
      };
      await trial.until("the port is a member again", isHeard);
    },
  },
]);

const WATCH_DEADLINE_MS = 4_000; // a backend that asks again and again does so once a second

async function changesOf(trial: Trial): Promise<readonly (() => Promise<unknown>)[]> {
  let at: NetworkInterface;
  return [
    async () => {
      at = await trial.addInterface();
    },
    () => trial.control.setUp(at.name, false),
    () => trial.control.setUp(at.name, true),
    () => trial.control.remove(at.name),
  ];
}

function routeTo(trial: Trial, address: string): Route {
  const route = trial.backend.network.routeTo(address, undefined);
  return typeof route === "number" ? assert.fail(`no route to ${address}: ${route}`) : route;
}
