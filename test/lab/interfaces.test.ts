// The interfaces and routes of a host, as the network tells them, in a namespace where they are known.
import type { NetworkInterface } from "groupcast";
import { describe, expect, test } from "vitest";
import { BACKENDS, type BackendName } from "../support/backends.js";
import type { Host, HostInterface } from "../support/lab/host.js";
import type { Lab } from "../support/lab/lab.js";
import { scenario } from "../support/lab/scenario.js";
import { RemoteReactor } from "./support/remote-reactor.js";
import { sharedLab } from "./support/shared-lab.js";

const UNSUPPORTED = { name: "UnsupportedError", code: "ERR_UNSUPPORTED_OPERATION" } as const;
const MAC = "02:00:00:00:00:01";

interface Net {
  readonly lab: Lab;
  readonly host: Host;
  readonly reactor: RemoteReactor;
}

/**
 * eth0: two IPv4 addresses and one of IPv6, with the default routes. eth1: shares an address with eth2. bare0: up, without addresses.
 * down0: down.
 */
async function interfacesLab(lab: Lab, backend: BackendName): Promise<Net> {
  const [host, peer] = [await lab.addHost("host"), await lab.addHost("peer")];
  await lab.plug(
    host.interface("eth0", ["10.81.0.1/24", "10.81.0.2/24", "fd81::1/64"]),
    peer.interface("p0", ["10.81.0.254/24", "fd81::fe/64"]),
  );
  await lab.plug(host.interface("eth1", ["10.81.1.1/24", "fd81:0:0:1::1/64"]), peer.interface("p1"));
  await lab.plug(host.interface("eth2", ["10.81.2.1/24", "10.81.1.1/32"]), peer.interface("p2"));
  await lab.plug(host.interface("bare0"), peer.interface("p3"));
  await lab.plug(host.interface("down0", ["10.81.4.1/24"]), peer.interface("p4"));
  await host.namespace.ip([
    `link set dev eth0 address ${MAC}`,
    "link set dev eth0 mtu 1400",
    "address flush dev bare0",
    "link set dev down0 down",
    "route add default via 10.81.0.254",
    "route add default via fd81::fe",
    "route add 239.255.5.0/24 dev eth1",
    "route add 239.255.6.0/24 dev lo",
    "route add unreachable 192.0.2.0/24",
  ]);
  return { lab, host, reactor: await RemoteReactor.start(host, backend) };
}

describe.each(BACKENDS)("on %s", (backend) => {
  const net = sharedLab(backend, (lab) => interfacesLab(lab, backend));

  async function listed(): Promise<ReadonlyMap<string, NetworkInterface>> {
    return new Map((await net().reactor.network.interfaces()).map((entry) => [entry.name, entry]));
  }

  test("interfaces() lists name, index, addresses with prefix, MAC, MTU and flags, of interfaces that are up and down", async () => {
    const shown = backend === "native" ? ["bare0", "down0", "eth0", "eth1", "eth2", "lo"] : ["eth0", "eth1", "eth2", "lo"];
    const promise = "Interfaces with everything there is to know, also those that are down or have no address";
    await scenario({ promise, keptBy: backend, sent: "–", seenAt: shown, mustNotBeSeenAt: [] }, async () => {
      const all = await listed();
      expect([...all.keys()].toSorted()).toEqual(shown);
      const eth0 = all.get("eth0")!;
      const index = await net().host.interface("eth0").index();
      expect(eth0).toMatchObject({ name: "eth0", index, mac: MAC });
      const ipv4 = { family: 4, prefixLength: 24 };
      expect(eth0.addresses).toContainEqual(expect.objectContaining({ address: "10.81.0.1", ...ipv4 }));
      expect(eth0.addresses).toContainEqual(expect.objectContaining({ address: "10.81.0.2", ...ipv4 }));
      expect(eth0.addresses).toContainEqual({ address: "fd81::1", family: 6, prefixLength: 64 });
      expect(eth0.flags).toMatchObject({ up: true, running: true, loopback: false, multicast: true, broadcast: true, pointToPoint: false });
      const lo = all.get("lo")!;
      expect(lo.flags).toMatchObject({ up: true, loopback: true });
      expect(lo).not.toHaveProperty("mac");
    });
  });

  test("interfaces() tells MTU, and interfaces without an address or down, where the backend can", async () => {
    const all = await listed();
    if (backend === "dgram") {
      expect(all.get("eth0")).not.toHaveProperty("mtu");
      return expect([all.has("bare0"), all.has("down0")]).toEqual([false, false]);
    }
    expect(all.get("eth0")).toMatchObject({ mtu: 1400 });
    expect(all.get("bare0")).toMatchObject({ addresses: [], flags: { up: true, running: true } });
    return expect(all.get("down0")).toMatchObject({ flags: { up: false, running: false } });
  });

  test("getInterfaceIPs() lists addresses of either family or both, link-local ones with their zone", async () => {
    const { network } = net().reactor;
    const [ipv4, ipv6, both] = [
      await network.getInterfaceIPs({ ipv6: false }),
      await network.getInterfaceIPs({ ipv4: false }),
      await network.getInterfaceIPs(),
    ];
    expect(ipv4).toEqual(expect.arrayContaining(["127.0.0.1", "10.81.0.1", "10.81.0.2", "10.81.1.1", "10.81.2.1"]));
    expect(ipv4.filter((address) => address.includes(":"))).toEqual([]);
    expect(ipv6).toEqual(expect.arrayContaining(["::1", "fd81::1", expect.stringMatching(/^fe80::.*%eth0$/)]));
    expect(ipv6.filter((address) => !address.includes(":"))).toEqual([]);
    expect(both).toHaveLength(ipv4.length + ipv6.length);
  });

  test("getDefaultGatewayInterface() and its address, of both families, or unsupported", async () => {
    const { network } = net().reactor;
    if (backend === "dgram") {
      await expect(network.getDefaultGatewayInterface(4)).rejects.toMatchObject(UNSUPPORTED);
      return expect(network.getDefaultGatewayInterfaceIP(6)).rejects.toMatchObject(UNSUPPORTED);
    }
    for (const [family, address] of [[4, "10.81.0.1"] as const, [6, "fd81::1"] as const]) {
      expect(await network.getDefaultGatewayInterface(family)).toMatchObject({ name: "eth0" });
      expect(await network.getDefaultGatewayInterfaceIP(family)).toBe(address);
    }
    expect(await network.getDefaultGatewayInterface()).toMatchObject({ name: "eth0" });
  });

  test("routeTo() names interface, source and gateway of a destination, multicast too, or is unsupported", async () => {
    const { network } = net().reactor;
    if (backend === "dgram") return expect(network.routeTo("192.0.2.9")).rejects.toMatchObject(UNSUPPORTED);
    const expected = {
      "198.51.100.1": { interface: { name: "eth0" }, source: "10.81.0.1", gateway: "10.81.0.254" },
      "10.81.2.7": { interface: { name: "eth2" }, source: "10.81.2.1" },
      "239.255.5.1": { interface: { name: "eth1" }, source: "10.81.1.1" },
      "239.255.6.1": { interface: { name: "lo" } },
      "239.255.7.1": { interface: { name: "eth0" } },
      "127.0.0.1": { interface: { name: "lo" } },
      "2001:db8::1": { interface: { name: "eth0" }, source: "fd81::1", gateway: "fd81::fe" },
      "ff12::1%eth2": { interface: { name: "eth2" } },
    };
    for (const [address, route] of Object.entries(expected)) expect(await network.routeTo(address)).toMatchObject(route);
    const onLink = await network.routeTo("10.81.2.7");
    expect(onLink).not.toHaveProperty("gateway");
    // With a fixed source Linux looks at no route to a group: see the table of leak.test.ts.
    expect(await network.routeTo("239.255.6.1", { source: "10.81.0.1" })).toMatchObject({ interface: { name: "eth0" } });
    return expect(await network.routeTo("192.0.2.9")).toBeUndefined();
  });

  test("interfaces that share an address: joinGroup() by it joins on both, setOutgoingInterface() asks which", async () => {
    const port = await net().reactor.listenMulticast(0);
    await port.do.joinGroup("239.255.1.1", "10.81.1.1");
    const joined = (await port.do.memberships()).map((membership) => membership.interface);
    expect(joined.toSorted()).toEqual(["eth1", "eth2"]);
    const refusal = { name: "InvalidArgumentError", code: "ERR_ARGUMENT_RANGE", message: expect.stringMatching(/eth1.*eth2/) };
    await expect(port.do.setOutgoingInterface("10.81.1.1")).rejects.toMatchObject(refusal);
    await expect(net().reactor.listenMulticast(0, { outgoingInterface: "10.81.1.1" })).rejects.toMatchObject(refusal);
    await port.do.stopListening();
  });

  test("change tells interfaces that were added, changed and removed", async () => {
    const { reactor, lab, host } = net();
    await reactor.watch();
    const peer = lab.host("peer");
    const promise = "Changes of interfaces are told";
    const row = { promise, keptBy: backend, sent: "add, renumber, down, delete", seenAt: ["added, changed, removed"], mustNotBeSeenAt: [] };
    await scenario(row, async (notes) => {
      const near = host.interface("new0", ["10.81.9.1/24"]);
      const cable = await lab.plug(near, peer.interface("p9"));
      const startMs = performance.now();
      await reactor.changed(({ added }) => has(added) !== undefined);
      notes.measured(`told ${Math.round(performance.now() - startMs)} ms after it was ready`);
      await near.addAddress("10.81.9.2/24");
      await reactor.changed(({ changed }) => has(changed)?.addresses.some(({ address }) => address === "10.81.9.2") === true);
      if (backend === "native") await expectDownAndUp(reactor, near); // Node lists no interface that is down
      await cable.unplug();
      await reactor.changed(({ removed }) => has(removed) !== undefined);
    });
  });

  test("getDefaultGatewayInterface() is undefined without a default route", async () => {
    const lonely = await RemoteReactor.start(await net().lab.addHost("lonely"), backend);
    if (backend === "dgram") return expect(lonely.network.getDefaultGatewayInterface(4)).rejects.toMatchObject(UNSUPPORTED);
    for (const family of [4, 6] as const) {
      expect(await lonely.network.getDefaultGatewayInterface(family)).toBeUndefined();
      expect(await lonely.network.getDefaultGatewayInterfaceIP(family)).toBeUndefined();
    }
    expect((await lonely.network.interfaces()).map(({ name }) => name)).toEqual(["lo"]);
    return expect(await lonely.network.routeTo("239.255.7.1")).toBeUndefined();
  });
});

/** The interface among those of a change. */
function has(list: readonly NetworkInterface[]): NetworkInterface | undefined {
  return list.find(({ name }) => name === "new0");
}

async function expectDownAndUp(reactor: RemoteReactor, near: HostInterface): Promise<void> {
  await near.down();
  await reactor.changed(({ changed }) => has(changed)?.flags.up === false);
  await near.up();
  await reactor.changed(({ changed }) => has(changed)?.flags.running === true);
}
