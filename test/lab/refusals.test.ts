// What is refused: wrong arguments before anything is asked of the kernel, and the kernel's own refusals, typed and with advice.
import { describe, expect, test } from "vitest";
import { BACKENDS } from "../support/backends.js";
import { scenario } from "../support/lab/scenario.js";
import { cabled } from "../support/lab/topologies.js";
import { until } from "../support/lab/until.js";
import { FAMILIES } from "./support/families.js";
import { inTurn } from "./support/in-turn.js";
import { type RemotePort, RemoteReactor } from "./support/remote-reactor.js";
import { sharedLab } from "./support/shared-lab.js";

const GROUP = "239.255.3.1";
const GROUP_V6 = "ff15::3:1";
const PORT = 5000;

/** How many sources one socket filters for a group; the address of host a; where there are addresses of others. */
const SOURCE_LIMITS = {
  IPv4: { limit: 10, sysctl: "net.ipv4.igmp_max_msf (now 10)", first: "10.77.1.1", prefix: "10.77.1." },
  IPv6: { limit: 64, sysctl: "net.ipv6.mld_max_msf", first: "fd77:0:0:1::1", prefix: "fd77:0:0:1::" },
} as const;

type Method = Exclude<keyof RemotePort["do"], "on" | "once" | "off">;

interface WrongCall {
  readonly what: string;
  readonly family: 4 | 6;
  readonly method: Method;
  readonly args: readonly unknown[];
  readonly code: string;
}

function wrong(family: 4 | 6, what: string, code: string, [method, ...args]: readonly [Method, ...unknown[]]): WrongCall {
  return { family, what, code, method, args };
}

const WRONG_CALLS: readonly WrongCall[] = [
  wrong(4, "no address", "ERR_ADDRESS_NOT_IP", ["joinGroup", "group.example"]),
  wrong(4, "no multicast address", "ERR_NOT_MULTICAST", ["joinGroup", "10.77.1.2"]),
  wrong(6, "no multicast address", "ERR_NOT_MULTICAST", ["joinGroup", "abcd::"]),
  wrong(4, "a group of the other family", "ERR_FAMILY_MISMATCH", ["joinGroup", GROUP_V6]),
  wrong(6, "a group of the other family", "ERR_FAMILY_MISMATCH", ["joinGroup", GROUP]),
  wrong(4, "a source that is a group", "ERR_SOURCE_IS_MULTICAST", ["joinGroup", GROUP, "eth0", { source: GROUP }]),
  wrong(6, "a source that is a group", "ERR_SOURCE_IS_MULTICAST", ["joinGroup", GROUP_V6, "eth0", { source: GROUP_V6 }]),
  wrong(4, "a source of the other family", "ERR_FAMILY_MISMATCH", ["joinGroup", GROUP, "eth0", { source: "fd77::1" }]),
  wrong(4, "an index that none has", "ERR_ARGUMENT_RANGE", ["joinGroup", GROUP, 0]),
  wrong(4, "a negative index", "ERR_ARGUMENT_RANGE", ["joinGroup", GROUP, -1]),
  wrong(4, "no selector", "ERR_ARGUMENT_TYPE", ["joinGroup", GROUP, null]),
  wrong(6, "a zone and an interface", "ERR_ARGUMENT_RANGE", ["joinGroup", "ff12::1%eth0", "eth0"]),
  wrong(4, "an option that is none", "ERR_OPTION_UNKNOWN", ["joinGroup", GROUP, "eth0", { sources: [] }]),
  wrong(4, "what was not joined", "ERR_NOT_JOINED", ["leaveGroup", GROUP, "eth0"]),
  wrong(4, "what no interface can be called", "ERR_INTERFACE_UNKNOWN", ["setOutgoingInterface", "no such"]),
  wrong(6, "all interfaces", "ERR_INTERFACE_UNKNOWN", ["setOutgoingInterface", "all"]),
  wrong(4, "less than 0", "ERR_ARGUMENT_RANGE", ["setTTL", -1]),
  wrong(6, "more than 255", "ERR_ARGUMENT_RANGE", ["setTTL", 256]),
  wrong(4, "a fraction", "ERR_ARGUMENT_RANGE", ["setTTL", 1.5]),
  wrong(4, "a text", "ERR_ARGUMENT_TYPE", ["setTTL", "1"]),
  wrong(4, "a number for a boolean", "ERR_ARGUMENT_TYPE", ["setLoopbackMode", 1]),
  wrong(6, "an unknown zone", "ERR_ADDRESS_SCOPE", ["write", "x", { address: "ff12::1%nosuch0", port: PORT }]),
  wrong(4, "a group of the other family", "ERR_FAMILY_MISMATCH", ["write", "x", { address: GROUP_V6, port: PORT }]),
  wrong(4, "no destination", "ERR_NO_DESTINATION", ["write", "x"]),
  wrong(4, "port 0", "ERR_PORT_RANGE", ["write", "x", { address: GROUP, port: 0 }]),
  wrong(4, "an unknown interface", "ERR_INTERFACE_UNKNOWN", ["write", "x", { address: GROUP, port: PORT }, { interface: "nosuch0" }]),
  wrong(4, "a source that is a group", "ERR_SOURCE_IS_MULTICAST", ["write", "x", { address: GROUP, port: PORT }, { source: GROUP }]),
];

describe.each(BACKENDS)("on %s", (backend) => {
  const net = sharedLab(backend, async (lab) => {
    const { a, b } = await cabled(lab);
    return { lab, a, b, reactor: await RemoteReactor.start(b.host, backend), far: await RemoteReactor.start(a.host, backend) };
  });

  async function open(family: 4 | 6 = 4): Promise<RemotePort> {
    return net().reactor.listenMulticast(0, family === 4 ? {} : { interface: "::" });
  }

  test.each(WRONG_CALLS)("$method() of IPv$family refuses $what: $code", async ({ family, method, args, code }) => {
    const port = await open(family);
    const call = (port.do[method] as (...args: unknown[]) => Promise<unknown>)(...args);
    const name = code === "ERR_NOT_JOINED" ? "StateError" : "InvalidArgumentError";
    await expect(call).rejects.toMatchObject({ name, code, operation: method });
    expect(await port.do.memberships()).toEqual([]);
    expect(await port.do.statistics()).toMatchObject({ sent: 0, sendFailed: 0 });
    await port.do.stopListening();
  });

  test("joinGroup() refuses what is joined already, in whatever spelling", async () => {
    const { b } = net();
    const port = await open();
    await port.do.joinGroup(GROUP, "eth0");
    const refusal = { name: "StateError", code: "ERR_ALREADY_JOINED", group: GROUP };
    for (const on of ["eth0", await b.index(), b.ipv4, "::%eth0"])
      await expect(port.do.joinGroup(GROUP, on)).rejects.toMatchObject(refusal);
    await expect(port.do.joinGroup(GROUP, "eth0", { source: "10.77.1.1" })).rejects.toMatchObject(refusal);
    expect(await port.do.memberships()).toEqual([{ group: GROUP, interface: "eth0", state: "joined" }]);
    await port.do.stopListening();
  });

  test("joinGroup() twice in vain, as with a list that names a group twice, still delivers once", async () => {
    const port = await open();
    await port.do.joinGroup(GROUP, "eth0");
    await expect(port.do.joinGroup(GROUP, "eth0")).rejects.toMatchObject({ code: "ERR_ALREADY_JOINED" });
    const sender = await net().far.listenMulticast(0, { outgoingInterface: "eth0" });
    await inTurn(["once", "fence"], (text) => sender.send(text, { address: GROUP, port: port.port }));
    await port.received({ text: "fence" });
    expect(port.texts).toEqual(["once", "fence"]);
    await Promise.all([port.do.stopListening(), sender.do.stopListening()]);
  });

  test("listenMulticast() refuses an address that is not of this host, as the kernel says: EADDRNOTAVAIL", async () => {
    const refusal = { name: "CannotListenError", code: "ERR_LISTEN", errnoName: "EADDRNOTAVAIL", address: "192.0.2.1" };
    await expect(net().reactor.listenMulticast(0, { interface: "192.0.2.1" })).rejects.toMatchObject(refusal);
  });

  test("methods of a port that has stopped: ERR_CLOSED", async () => {
    const port = await open();
    await port.do.stopListening();
    for (const call of [
      port.do.joinGroup(GROUP),
      port.do.leaveGroup(GROUP),
      port.do.setTTL(1),
      port.send("x", { address: GROUP, port: 1 }),
    ]) {
      await expect(call).rejects.toMatchObject({ name: "StateError", code: "ERR_CLOSED" });
    }
  });

  test("sendFailed tells that the outgoing interface is gone, and the port goes on", async () => {
    const { lab } = net();
    const cable = await lab.plug(net().b.host.interface("gone0", ["10.77.8.1/24"]), net().a.host.interface("gone0"));
    const port = await open();
    await known(port, "gone0");
    await cable.unplug();
    await port.send("x", { address: GROUP, port: PORT });
    const promise = "A send that the network refuses is told, typed, and never thrown";
    const row = { promise, keptBy: backend, sent: "by an interface that is gone", seenAt: ["sendFailed"], mustNotBeSeenAt: [] };
    await scenario(row, async () => {
      const { payload } = await port.told("sendFailed");
      expect(payload.error).toMatchObject({ name: "SystemError", code: "ERR_SEND", address: GROUP, port: PORT });
      expect(["ENODEV", "ENETUNREACH", "EINVAL"]).toContain(payload.error.errnoName); // who notices first: the port or the kernel
      await port.do.setOutgoingInterface("eth0");
      await port.send("y", { address: GROUP, port: PORT });
      expect(await port.do.statistics()).toMatchObject({ sendFailed: 1 });
      await port.do.stopListening();
    });
  });

  test("membership tells a refusal that comes late, with the sysctl to raise, and the port goes on", async () => {
    const { lab, a, b } = net();
    await b.host.sysctl({ "net.ipv4.igmp_max_memberships": 0 });
    const port = await open();
    const promise = "A join that the kernel refuses later is told, with advice";
    const row = { promise, keptBy: backend, sent: "a full socket's late interface", seenAt: ["membership, ENOBUFS"], mustNotBeSeenAt: [] };
    await scenario(row, async () => {
      await port.do.joinGroup(GROUP, "full0");
      await lab.plug(b.host.interface("full0", ["10.77.9.1/24"]), a.host.interface("full0"));
      const { payload } = await port.told("membership", ({ payload: { error } }) => error !== undefined);
      const message = expect.stringContaining("raise net.ipv4.igmp_max_memberships (now 0)");
      expect(payload.error).toMatchObject({ name: "MulticastJoinError", code: "ERR_JOIN", errnoName: "ENOBUFS", group: GROUP, message });
      expect(await port.do.memberships()).toEqual([{ group: GROUP, interface: "full0", state: "waiting" }]);
      await b.host.sysctl({ "net.ipv4.igmp_max_memberships": 20 });
      await b.host.interface("full0").addAddress("10.77.9.3/24"); // a change of the interfaces has it tried again
      await port.told("membership", { payload: { membership: { state: "joined" } } });
      await port.do.stopListening();
    });
  });

  test.each(FAMILIES)("joinGroup() of more sources than one socket filters, $family", async ({ family, any, group }) => {
    const { limit, sysctl, first, prefix } = SOURCE_LIMITS[family];
    const port = await net().reactor.listenMulticast(0, any);
    const others = Array.from({ length: limit }, (_, n): [string, string, { source: string }] => {
      return [group(1), "eth0", { source: `${prefix}${100 + n}` }];
    });
    await port.each("joinGroup", others);
    const oneMore = port.do.joinGroup(group(1), "eth0", { source: first });
    const message = expect.stringContaining(sysctl);
    if (backend === "native")
      await oneMore; // on a further socket
    else await expect(oneMore).rejects.toMatchObject({ name: "MulticastJoinError", errnoName: "ENOBUFS", message });
    const sender = await net().far.listenMulticast(0, { ...any, outgoingInterface: "eth0" });
    await port.do.joinGroup(group(2), "eth0");
    await sender.send("of the one more", { address: group(1), port: port.port });
    await sender.send("fence", { address: group(2), port: port.port });
    await port.received({ text: "fence" });
    await inTurn(backend === "native" ? ["of the one more"] : [], (text) => port.received({ text }));
    expect(port.texts).toHaveLength(backend === "native" ? 2 : 1);
    await Promise.all([port.do.stopListening(), sender.do.stopListening()]);
  });
});

describe("on native", () => {
  const net = sharedLab("native", async (lab) => {
    const { b } = await cabled(lab);
    return { b, reactor: await RemoteReactor.start(b.host, "native") };
  });

  test("blockSource() of more sources than the kernel takes: ENOBUFS, with the sysctl to raise", async () => {
    await net().b.host.sysctl({ "net.ipv4.igmp_max_msf": 3 });
    const port = await net().reactor.listenMulticast(0);
    await port.do.joinGroup(GROUP, "eth0");
    await inTurn(["10.77.1.11", "10.77.1.12", "10.77.1.13"], (source) => port.do.blockSource(GROUP, source, "eth0"));
    const refusal = { name: "SystemError", code: "ERR_SOURCE_FILTER", errnoName: "ENOBUFS", source: "10.77.1.14" };
    const message = expect.stringContaining("net.ipv4.igmp_max_msf");
    await expect(port.do.blockSource(GROUP, "10.77.1.14", "eth0")).rejects.toMatchObject({ ...refusal, message });
    await expect(port.do.blockSource(GROUP, "10.77.1.11", "eth0")).rejects.toMatchObject({ code: "ERR_ALREADY_BLOCKED" });
    await expect(port.do.unblockSource(GROUP, "10.77.1.14", "eth0")).rejects.toMatchObject({ code: "ERR_NOT_BLOCKED" });
    await expect(port.do.blockSource(GROUP, GROUP, "eth0")).rejects.toMatchObject({ code: "ERR_SOURCE_IS_MULTICAST" });
    await expect(port.do.blockSource("239.255.3.2", "10.77.1.1", "eth0")).rejects.toMatchObject({ code: "ERR_NOT_JOINED" });
    await port.do.stopListening();
  });

  test("sendFailed tells that a source is not of this host", async () => {
    const port = await net().reactor.listenMulticast(0);
    await port.send("x", { address: GROUP, port: PORT }, { source: "192.0.2.1" });
    const { payload } = await port.told("sendFailed");
    expect(payload.error).toMatchObject({ code: "ERR_SEND", address: GROUP });
    expect(await port.do.statistics()).toMatchObject({ sent: 0, sendFailed: 1 });
    await port.do.stopListening();
  });
});

/** Chooses an interface that has just been created, and waits until it is known. */
async function known(port: RemotePort, name: string): Promise<void> {
  await port.do.setOutgoingInterface(name);
  await until(async () => (await port.do.outgoingInterface()).state === "active", { what: `${name} is known` });
}
