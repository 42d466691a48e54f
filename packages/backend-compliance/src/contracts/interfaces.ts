/** The interfaces and routes of the host, and what becomes of memberships when they change. */
import assert from "node:assert/strict";
import { isIP } from "node:net";
import type { NetworkInterface, Route } from "@groupcast/backend";
import { type Contract, contracts } from "../contract.js";
import type { Lab } from "../lab.js";
import { answered, assertOutcome } from "../refusal.js";

const LIST = "getifaddrs(3), netdevice(7)";

export const INTERFACES: readonly Contract[] = contracts([
  {
    id: "MC-100",
    title: "interfaces() lists loopback, with its address, and names each interface once",
    access: "bare",
    why: LIST,
    run(lab) {
      const all = answered(lab.backend.network.interfaces());
      const loopback = all.find(({ flags }) => flags.loopback);
      assert.ok(loopback?.addresses.some(({ address }) => address === lab.addresses.loopback));
      assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
    },
  },
  {
    id: "MC-101",
    title: "every address of every interface is a literal without zone, with its family and prefix length",
    access: "bare",
    why: "network-interface.ts: InterfaceAddress",
    run(lab) {
      for (const { name, addresses } of answered(lab.backend.network.interfaces())) {
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
    run(lab) {
      const indexes = answered(lab.backend.network.interfaces()).map(({ index }) => index);
      assert.ok(indexes.every((index) => index > 0));
      assert.equal(new Set(indexes).size, indexes.length);
    },
  },
  {
    id: "MC-103",
    title: "an interface that carries multicast is up, running, and says that it carries it",
    access: "bare",
    host: ["secondInterface"], // loopback carries it without the flag
    why: "netdevice(7): IFF_UP, IFF_RUNNING, IFF_MULTICAST",
    run(lab) {
      const { up, running, loopback, multicast } = lab.net.flags;
      assert.deepEqual({ up, running, loopback, multicast }, { up: true, running: true, loopback: false, multicast: true });
    },
  },
  {
    id: "MC-104",
    title: "an interface that is added, taken down and removed is listed as it is",
    access: "bare",
    needs: ["downInterfaces"],
    host: ["interfaceControl"],
    why: LIST,
    async run(lab) {
      const at = await lab.addInterface();
      assert.equal(at.flags.up, true);
      assert.ok(at.addresses.some(({ family }) => family === lab.family));
      await lab.control.setUp(at.name, false);
      assert.equal(lab.interface(at.name).flags.up, false);
      assert.equal(lab.interface(at.name).index, at.index);
      await lab.control.remove(at.name);
      assert.ok(answered(lab.backend.network.interfaces()).every(({ name }) => name !== at.name));
    },
  },
  {
    id: "MC-105",
    title: "watch() is called after an interface came, went up or down, and went",
    access: "bare",
    host: ["interfaceControl"],
    why: "rtnetlink(7): RTM_NEWLINK, RTM_DELLINK; backend.ts: watch",
    async run(lab) {
      let changes = 0;
      lab.defer(answered(lab.backend.network.watch(() => changes++)));
      for (const change of await changesOf(lab)) {
        const before = changes;
        await change();
        await lab.until("the change is told", () => changes > before, WATCH_DEADLINE_MS);
      }
    },
  },
  {
    id: "MC-106",
    title: "watch() finds the change made when it calls",
    access: "bare",
    needs: ["interfaceEvents"],
    host: ["interfaceControl"],
    why: "backend.ts: after interfaces or their addresses changed",
    async run(lab) {
      const { network } = lab.backend;
      let isListed = false;
      lab.defer(
        answered(
          network.watch(() => {
            isListed ||= answered(network.interfaces()).some(({ name, flags }) => name.startsWith("added") && flags.up);
          }),
        ),
      );
      await lab.addInterface();
      await lab.until("the interface is told of and listed", () => isListed);
    },
  },
  {
    id: "MC-107",
    title: "who has stopped watching is not called any more, though others are",
    access: "bare",
    host: ["interfaceControl"],
    why: "backend.ts: until the returned function is called",
    async run(lab) {
      const { network } = lab.backend;
      let stoppedCalls = 0;
      let calls = 0;
      const stopped = (): void => void stoppedCalls++;
      answered(network.watch(stopped))();
      lab.defer(answered(network.watch(() => calls++)));
      await lab.addInterface();
      await lab.until("the change is told", () => calls > 0, WATCH_DEADLINE_MS);
      assert.equal(stoppedCalls, 0);
    },
  },
  {
    id: "MC-108",
    title: "watching is not stopped for another one by stopping twice",
    access: "bare",
    host: ["interfaceControl"],
    why: "backend.ts: watch",
    async run(lab) {
      let calls = 0;
      const watcher = (): void => void calls++;
      const stop = answered(lab.backend.network.watch(watcher));
      lab.defer(answered(lab.backend.network.watch(watcher))); // the same function, once more
      stop();
      stop();
      await lab.addInterface();
      await lab.until("the change is told", () => calls > 0, WATCH_DEADLINE_MS);
    },
  },
  {
    id: "MC-109",
    title: "routeTo() of loopback names the loopback interface",
    access: "bare",
    needs: ["routes"],
    why: "rtnetlink(7): RTM_GETROUTE",
    run(lab) {
      assert.equal(routeTo(lab, lab.addresses.loopback).interface.flags.loopback, true);
    },
  },
  {
    id: "MC-110",
    title: "routeTo() of a neighbour names the interface and the source, and no gateway",
    access: "bare",
    needs: ["routes"],
    host: ["secondInterface"],
    why: "rtnetlink(7): RTA_OIF, RTA_PREFSRC",
    run(lab) {
      const own = lab.sources[0]!;
      const neighbour = lab.family === 4 ? own.replace(/\d+$/, "99") : own.replace(/[^:]+$/, "99");
      const { interface: at, source, gateway } = routeTo(lab, neighbour);
      assert.deepEqual([at.name, at.index, lab.sources.includes(source!), gateway], [lab.net.name, lab.net.index, true, undefined]);
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
    run(lab) {
      const route = lab.backend.network.routeTo(lab.group(), lab.sources[0]);
      assert.ok(typeof route !== "number", String(route));
      assert.equal(route.interface.name, lab.net.name);
    },
  },
  {
    id: "MC-111",
    title: "routeTo() of what cannot be reached is an errno",
    access: "bare",
    needs: ["routes"],
    host: ["ownNetwork"],
    why: "rtnetlink(7); ENETUNREACH as connect(2) has it",
    run(lab) {
      assertOutcome(lab.backend.network.routeTo(lab.addresses.foreign, undefined), "ENETUNREACH", "EHOSTUNREACH");
    },
  },
  {
    id: "MC-112",
    title: "defaultRoute() is undefined where there is none",
    access: "bare",
    needs: ["routes"],
    host: ["ownNetwork"],
    why: "backend.ts: defaultRoute",
    run(lab) {
      assert.equal(answered(lab.backend.network.defaultRoute(lab.family)), undefined);
    },
  },
  {
    id: "MC-113",
    title: "a membership survives its interface going down and up",
    access: "both",
    host: ["interfaceControl"],
    why: "ip_mc_down() and ip_mc_up() of net/ipv4/igmp.c keep the list",
    async run(lab) {
      const at = await lab.addInterface();
      const member = lab.open({ address: lab.addresses.any });
      member.join(lab.group(), at);
      await lab.control.setUp(at.name, false);
      await lab.control.setUp(at.name, true);
      lab.sender(lab.interface(at.name)).write("hello", lab.toGroup(member));
      await lab.first(member);
    },
  },
  {
    id: "MC-114",
    title: "a membership goes with its interface: on the next one of that name it is not there, and can be joined",
    access: "bare",
    host: ["interfaceControl"],
    why: "ip_mc_destroy_dev() of net/ipv4/igmp.c: the interface's list goes with it; ip(7): EADDRNOTAVAIL",
    async run(lab) {
      const at = await lab.addInterface();
      const member = lab.listen({ address: lab.addresses.any });
      member.join(lab.group(), at);
      const next = await lab.replaceInterface(at);
      assertOutcome(member.socket.leave(lab.group(), next, undefined), "EADDRNOTAVAIL");
      member.join(lab.group(), next);
      lab.sender(next).write("hello", lab.toGroup(member));
      await lab.first(member);
    },
  },
  {
    id: "MC-115",
    title: "a group can be joined on an interface that is down, and is heard when it comes up",
    access: "both",
    needs: ["downInterfaces"],
    host: ["interfaceControl"],
    why: "ip(7): imr_ifindex; ip_mc_up() of net/ipv4/igmp.c",
    async run(lab) {
      const at = await lab.addInterface();
      await lab.control.setUp(at.name, false);
      const member = lab.open({ address: lab.addresses.any });
      member.join(lab.group(), lab.interface(at.name));
      await lab.control.setUp(at.name, true);
      lab.sender(lab.interface(at.name)).write("hello", lab.toGroup(member));
      await lab.first(member);
    },
  },
  {
    id: "MC-116",
    title: "a port joins again by itself when its interface was removed and comes back",
    access: "reactor",
    needs: ["interfaceEvents"],
    host: ["interfaceControl"],
    why: "decision 7: memberships are desired state; mafintosh/multicast-dns never joins again",
    async run(lab) {
      const at = await lab.addInterface();
      const member = lab.open({ address: lab.addresses.any });
      member.join(lab.group(), at);
      const sender = lab.listen({ address: lab.addresses.any });
      sender.setOutgoing(await lab.replaceInterface(at));
      const isHeard = (): boolean => {
        sender.write("welcome back", lab.toGroup(member));
        return member.arrived.length > 0;
      };
      await lab.until("the port is a member again", isHeard);
    },
  },
]);

const WATCH_DEADLINE_MS = 4_000; // a backend that asks again and again does so once a second

async function changesOf(lab: Lab): Promise<readonly (() => Promise<unknown>)[]> {
  let at: NetworkInterface;
  return [
    async () => {
      at = await lab.addInterface();
    },
    () => lab.control.setUp(at.name, false),
    () => lab.control.setUp(at.name, true),
    () => lab.control.remove(at.name),
  ];
}

function routeTo(lab: Lab, address: string): Route {
  const route = lab.backend.network.routeTo(address, undefined);
  return typeof route === "number" ? assert.fail(`no route to ${address}: ${route}`) : route;
}
