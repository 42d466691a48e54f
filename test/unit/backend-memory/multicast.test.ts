import { MemoryNetwork } from "@groupcast/backend-memory";
import { describe, expect, test } from "vitest";
import { at, named, ProbeOpener } from "./socket-probe.js";

/** Hosts a and b with eth0 on one switch and eth1 on another. */
function twoLinks(): ProbeOpener {
  const opener = new ProbeOpener(new MemoryNetwork());
  const other = opener.network.switch("other");
  for (const name of ["a", "b"]) opener.network.host(name).addInterface("eth1", { switch: other });
  return opener;
}

describe.each([
  { family: 4 as const, group: "239.1.1.1", foreign: "239.1.1.2", own: "10.0.0.2", source: "10.0.0.1" },
  { family: 6 as const, group: "ff15::1", foreign: "ff15::2", own: "fd00::2", source: "fd00::1" },
])("IPv$family", ({ family, group, foreign, own, source }) => {
  test("a member on the other host receives, with the group as destination and the interface it came in on", async () => {
    const opener = twoLinks();
    const member = opener.member("b", group, { options: { receivePacketInfo: 1, receiveTtl: 1 } });
    opener.open("a", { family, port: 4000 }).send("hello", at(group));
    await opener.settle();
    expect(member.datagrams).toMatchObject([
      { text: "hello", arrival: { destination: group, interface: "eth0", interfaceIndex: 2, ttl: 1 } },
    ]);
    expect(member.datagrams[0]?.from).toBe(family === 4 ? `${source}:4000` : `[${source}]:4000`);
  });

  test("leave() ends delivery", async () => {
    const opener = twoLinks();
    const member = opener.member("b", group);
    expect(member.socket.leave(group, opener.interface("b"), undefined)).toBe(0);
    opener.open("a", { family }).send("x", at(group));
    await opener.settle();
    expect(member.texts).toEqual([]);
  });

  test("every member socket of a port gets a copy, whether it shares by reuseAddress or reusePort", async () => {
    const opener = twoLinks();
    for (const [index, options] of [{ reuseAddress: 1 }, { reusePort: 1 }].entries()) {
      const port = 5001 + index;
      const members = [1, 2, 3].map(() => opener.member("b", group, { port, options }));
      opener.open("a", { family, port }).send("x", at(group, port));
      await opener.settle();
      expect(members.map(({ texts }) => texts)).toEqual([["x"], ["x"], ["x"]]);
    }
  });

  test("multicastLoopback of the sender decides whether its own host gets a copy", async () => {
    const opener = twoLinks();
    const local = opener.member("a", group);
    const remote = opener.member("b", group);
    const sender = opener.open("a", { family, port: 4000 });
    sender.send("1", at(group));
    sender.socket.setOption("multicastLoopback", 0);
    sender.send("2", at(group));
    await opener.settle();
    expect(local.texts).toEqual(["1"]);
    expect(remote.texts).toEqual(["1", "2"]);
  });

  test("a copy for the own host comes in on the outgoing interface", async () => {
    const opener = twoLinks();
    const local = opener.member("a", group, { interfaceName: "eth1", options: { receivePacketInfo: 1 } });
    const sender = opener.open("a", { family, port: 4000 });
    sender.socket.setMulticastInterface(opener.interface("a", "eth1"));
    sender.send("x", at(group));
    await opener.settle();
    expect(local.datagrams).toMatchObject([{ arrival: { interface: "eth1" } }]);
  });

  test("setMulticastInterface() sends there; undefined, as routed again", async () => {
    const opener = twoLinks();
    const options = { receivePacketInfo: 1 };
    const member = opener.member("b", group, { options });
    member.socket.join(group, opener.interface("b", "eth1"), undefined);
    const sender = opener.open("a", { family });
    expect(sender.socket.setMulticastInterface(opener.interface("a", "eth1"))).toBe(0);
    sender.send("1", at(group));
    expect(sender.socket.setMulticastInterface(undefined)).toBe(0);
    sender.send("2", at(group));
    await opener.settle();
    expect(member.datagrams.map(({ arrival }) => arrival.interface)).toEqual(["eth1", "eth0"]);
  });

  test("bound to the group: that group only, and no unicast", async () => {
    const opener = twoLinks();
    const bound = opener.member("b", group, { address: group, options: { reuseAddress: 1 } });
    opener.member("b", foreign, { options: { reuseAddress: 1 } });
    const sender = opener.open("a", { family });
    for (const to of [group, foreign, own]) sender.send(to, at(to));
    await opener.settle();
    expect(bound.texts).toEqual([group]);
    expect(bound.socket.localAddress()).toMatchObject({ address: group });
    expect(bound.send("still sends", at(source))).toBe(1);
  });

  test("bound to an address of the interface: no multicast at all", async () => {
    const opener = twoLinks();
    const member = opener.member("b", group, { address: own });
    const sender = opener.open("a", { family });
    sender.send("group", at(group));
    sender.send("fence", at(own));
    await opener.settle();
    expect(member.texts).toEqual(["fence"]);
  });

  test("connected to a sender: that sender's datagrams to the group only", async () => {
    const opener = twoLinks();
    const member = opener.open("b", { family, address: group });
    member.socket.join(group, opener.interface("b"), undefined);
    member.socket.connect(at(source, 4000));
    opener.open("a", { family, port: 4001 }).send("stranger", at(group));
    opener.open("a", { family, port: 4000 }).send("peer", at(group));
    await opener.settle();
    expect(member.texts).toEqual(["peer"]);
  });

  test("224.0.0.1 and ff02::1 reach every host, members or not", async () => {
    const opener = twoLinks();
    const all = family === 4 ? "224.0.0.1" : "ff02::1";
    const listener = opener.open("b", { family });
    const strict = opener.open("b", { family, port: 5001, options: { multicastAll: 0 } });
    const sender = opener.open("a", { family, port: 4000 });
    sender.send("x", at(all));
    sender.send("x", at(all, 5001));
    await opener.settle();
    expect(listener.texts).toEqual(["x"]);
    expect(strict.texts).toEqual([]);
  });

  test("join() with no interface takes the one the route names, leave() likewise", async () => {
    const opener = twoLinks();
    const member = opener.open("b", { family });
    expect(member.socket.join(group, undefined, undefined)).toBe(0);
    expect(named(member.socket.join(group, opener.interface("b"), undefined))).toBe("EADDRINUSE");
    opener.open("a", { family }).send("x", at(group));
    await opener.settle();
    expect(member.texts).toEqual(["x"]);
    expect(member.socket.leave(group, undefined, undefined)).toBe(0);
    expect(named(member.socket.leave(group, undefined, undefined))).toBe("EADDRNOTAVAIL");
  });

  test("join() with no interface and no route is ENODEV, sending is ENETUNREACH", () => {
    const opener = new ProbeOpener(new MemoryNetwork());
    const host = opener.network.host("a", { switch: null });
    const socket = opener.open(host, { family });
    expect(named(socket.socket.join(group, undefined, undefined))).toBe("ENODEV");
    expect(named(socket.send("x", at(group)))).toBe("ENETUNREACH");
  });

  test("bindToInterface: nothing from another interface, and sending by it", async () => {
    const opener = twoLinks();
    const bound = opener.open("b", { family, options: { bindToInterface: 3, receivePacketInfo: 1 } });
    for (const name of ["eth0", "eth1"]) bound.socket.join(group, opener.interface("b", name), undefined);
    const sender = opener.open("a", { family });
    sender.send("by eth0", at(group));
    sender.socket.setMulticastInterface(opener.interface("a", "eth1"));
    sender.send("by eth1", at(group));
    await opener.settle();
    expect(bound.texts).toEqual(["by eth1"]);
    expect(named(bound.socket.setMulticastInterface(opener.interface("b", "eth0")))).toBe("EINVAL");
  });
});

describe("multicastAll", () => {
  test("IPv4: 1 receives what others of the host joined, on any interface; 0 only its own group on its own interface", async () => {
    const opener = twoLinks();
    const group = "239.1.1.1";
    const promiscuous = opener.open("b", { options: { reuseAddress: 1 } });
    const strict = opener.member("b", group, { options: { reuseAddress: 1, multicastAll: 0 } });
    const other = opener.member("b", group, { port: 6000, interfaceName: "eth1" });
    other.socket.join("239.1.1.2", opener.interface("b"), undefined);
    const sender = opener.open("a");
    sender.send("group on eth0", at(group));
    sender.send("foreign group", at("239.1.1.2"));
    sender.socket.setMulticastInterface(opener.interface("a", "eth1"));
    sender.send("group on eth1", at(group));
    await opener.settle();
    expect(promiscuous.texts).toEqual(["group on eth0", "foreign group", "group on eth1"]);
    expect(strict.texts).toEqual(["group on eth0"]);
  });

  test("IPv4: 0 does not keep unicast out", async () => {
    const opener = twoLinks();
    const strict = opener.open("b", { options: { multicastAll: 0 } });
    opener.open("a").send("unicast", at("10.0.0.2"));
    await opener.settle();
    expect(strict.texts).toEqual(["unicast"]);
  });

  test("IPv6: 0 asks for the group, and not for the interface", async () => {
    const opener = twoLinks();
    const group = "ff15::1";
    const strict = opener.member("b", group, { options: { reuseAddress: 1, multicastAll: 0 } });
    const other = opener.member("b", group, { port: 6000, interfaceName: "eth1" });
    other.socket.join("ff15::2", opener.interface("b"), undefined);
    const sender = opener.open("a", { family: 6 });
    sender.send("foreign group", at("ff15::2"));
    sender.socket.setMulticastInterface(opener.interface("a", "eth1"));
    sender.send("group on eth1", at(group));
    await opener.settle();
    expect(strict.texts).toEqual(["group on eth1"]);
  });

  test.each(["ff12::1%eth0", "ff15::1"])("IPv6: bound to %s, it asks for the interface only where the scope does", async (bound) => {
    const opener = twoLinks();
    const [group = ""] = bound.split("%");
    const isScoped = bound.includes("%");
    const socket = opener.open("b", { family: 6, address: bound });
    for (const name of ["eth0", "eth1"]) socket.socket.join(group, opener.interface("b", name), undefined);
    const sender = opener.open("a", { family: 6 });
    sender.send("on eth0", at(`${group}${isScoped ? "%eth0" : ""}`));
    sender.socket.setMulticastInterface(opener.interface("a", "eth1"));
    sender.send("on eth1", at(`${group}${isScoped ? "%eth1" : ""}`));
    await opener.settle();
    expect(socket.texts).toEqual(isScoped ? ["on eth0"] : ["on eth0", "on eth1"]);
  });
});

test("send() names the interface with a zone", async () => {
  const opener = twoLinks();
  const member = opener.member("b", "ff12::1", { interfaceName: "eth1" });
  opener.open("a", { family: 6 }).send("x", at("ff12::1%eth1"));
  await opener.settle();
  expect(member.texts).toEqual(["x"]);
  expect(named(opener.open("a", { family: 6, port: 1 }).send("x", at("ff12::1%eth9")))).toBe("ENODEV");
});
