// Which datagrams leave the host, and on which interface: loopback, TTL 0 with the leaks of Linux, fixed source addresses.
import { MemoryNetwork } from "@groupcast/backend-memory";
import { describe, expect, test } from "vitest";
import { at, named, ProbeOpener, type SocketProbe } from "./socket-probe.js";

/** Host a with eth0 and eth1; what leaves it is seen by members on host b. */
function watched(): ProbeOpener {
  const opener = new ProbeOpener(new MemoryNetwork({ trace: true }));
  const other = opener.network.switch("other");
  for (const name of ["a", "b"]) opener.network.host(name).addInterface("eth1", { switch: other });
  return opener;
}

/** Where the datagrams of host a were put on a wire, or "lo". */
async function leftBy({ network, clock }: ProbeOpener): Promise<string[]> {
  await clock.advance(0);
  return network.trace.records.filter(({ event, node }) => event === "sent" && node === "a").map((record) => record.interface);
}

describe.each([
  { family: 4 as const, group: "239.1.1.1", elsewhere: "10.9.9.9" },
  { family: 6 as const, group: "ff15::1", elsewhere: "fd09::9" },
])("TTL 0, IPv$family", ({ family, group, elsewhere }) => {
  function sender(opener: ProbeOpener): SocketProbe {
    const probe = opener.open("a", { family, port: 4000, options: { multicastTtl: 0 } });
    probe.socket.setMulticastInterface(opener.interface("a", "eth0"));
    return probe;
  }

  test("stays on the host when somebody there is a member on the outgoing interface", async () => {
    const opener = watched();
    const local = opener.member("a", group);
    const remote = opener.member("b", group);
    sender(opener).send("x", at(group));
    expect(await leftBy(opener)).toEqual(["lo"]);
    expect([local.texts, remote.texts]).toEqual([["x"], []]);
  });

  test.each(["nobody is a member", "the member is on another interface", "the only member wants another source"])(
    "leaks when %s",
    async (why) => {
      const opener = watched();
      if (why.includes("interface")) opener.member("a", group, { interfaceName: "eth1" });
      if (why.includes("source")) opener.open("a", { family }).socket.join(group, opener.interface("a"), elsewhere);
      const remote = opener.member("b", group, { options: { receiveTtl: 1 } });
      sender(opener).send("x", at(group));
      expect(await leftBy(opener)).toEqual(["eth0"]);
      expect(remote.datagrams).toMatchObject([{ text: "x", arrival: { ttl: 0 } }]);
    },
  );

  test(`with a member and multicastLoopback 0 ${family === 4 ? "stays" : "leaks"}`, async () => {
    const opener = watched();
    opener.member("a", group);
    const remote = opener.member("b", group);
    const probe = sender(opener);
    probe.socket.setOption("multicastLoopback", 0);
    probe.send("x", at(group));
    await opener.settle();
    expect(remote.texts).toEqual(family === 4 ? [] : ["x"]);
  });
});

describe("by the loopback interface", () => {
  test("IPv4 needs no route, whatever TTL and multicastLoopback are; the source is 127.0.0.1", async () => {
    const opener = watched();
    const group = "239.1.1.1";
    const local = opener.member("a", group, { interfaceName: "lo", options: { receivePacketInfo: 1 } });
    const probe = opener.open("a", { port: 4000, options: { multicastTtl: 0, multicastLoopback: 0 } });
    probe.socket.setMulticastInterface(opener.interface("a", "lo"));
    probe.send("x", at(group));
    expect(await leftBy(opener)).toEqual(["lo"]);
    expect(local.datagrams).toMatchObject([{ from: "127.0.0.1:4000", arrival: { interface: "lo" } }]);
  });

  test("IPv6 is ENETUNREACH without a route", () => {
    const opener = watched();
    const probe = opener.open("a", { family: 6 });
    expect(probe.socket.setMulticastInterface(opener.interface("a", "lo"))).toBe(0);
    expect(named(probe.send("x", at("ff11::1")))).toBe("ENETUNREACH");
  });

  test.each([
    ["ff11::1", ["x"]],
    ["ff12::1", []],
    ["ff15::1", []],
  ])("IPv6 with a route delivers groups of interface-local scope only: %s", async (group, texts) => {
    const opener = watched();
    opener.network.host("a").addRoute({ destination: "ff10::/12", interface: "lo" });
    const local = opener.member("a", group, { interfaceName: "lo" });
    const probe = opener.open("a", { family: 6, port: 4000 });
    probe.socket.setMulticastInterface(opener.interface("a", "lo"));
    expect(probe.send("x", at(group))).toBe(1);
    await opener.settle();
    expect(local.texts).toEqual(texts);
  });

  test("ff01::/16 and ff11::/16 never leave, members on the host receive", async () => {
    const opener = watched();
    const local = opener.member("a", "ff11::1");
    const remote = opener.member("b", "ff11::1");
    const probe = opener.open("a", { family: 6, port: 4000, options: { multicastTtl: 5 } });
    probe.send("x", at("ff11::1%eth0"));
    expect(await leftBy(opener)).toEqual(["lo"]);
    expect([local.texts, remote.texts]).toEqual([["x"], []]);
  });
});

describe("a fixed source address and no outgoing interface: the interface that owns it, whatever the routes say", () => {
  const group = "239.1.1.1";

  test("routed when nothing is fixed", async () => {
    const opener = watched();
    opener.open("a").send("x", at(group));
    expect(await leftBy(opener)).toEqual(["eth0"]);
  });

  test.each([
    ["10.0.1.1", "eth1"],
    ["127.0.0.1", "lo"],
  ])("bind() to %s", async (address, expected) => {
    const opener = watched();
    opener.open("a", { address }).send("x", at(group));
    expect(await leftBy(opener)).toEqual([expected]);
  });

  test("connect() with a route to lo leaks to the interface whose address it took; sending does not", async () => {
    const opener = watched();
    opener.network.host("a").addRoute({ destination: "239.1.0.0/16", interface: "lo" });
    opener.open("a").send("unconnected", at(group));
    const connected = opener.open("a", { port: 4000 });
    expect(connected.socket.connect(at(group))).toBe(0);
    expect(connected.socket.localAddress()).toMatchObject({ address: "10.0.0.1" });
    connected.send("connected");
    expect(await leftBy(opener)).toEqual(["lo", "eth0"]);
  });

  test("setMulticastInterface() before connect() keeps it on lo", async () => {
    const opener = watched();
    const connected = opener.open("a");
    connected.socket.setMulticastInterface(opener.interface("a", "lo"));
    connected.socket.connect(at(group));
    expect(connected.socket.localAddress()).toMatchObject({ address: "127.0.0.1" });
    connected.send("x");
    expect(await leftBy(opener)).toEqual(["lo"]);
  });

  test("setMulticastInterface() wins over the bound address, except that 127.0.0.1 goes nowhere else: EINVAL", async () => {
    const opener = watched();
    const bound = opener.open("a", { address: "10.0.0.1" });
    bound.socket.setMulticastInterface(opener.interface("a", "eth1"));
    bound.send("x", at(group));
    expect(await leftBy(opener)).toEqual(["eth1"]);
    const loopback = opener.open("a", { address: "127.0.0.1" });
    loopback.socket.setMulticastInterface(opener.interface("a"));
    expect(named(loopback.send("x", at(group)))).toBe("EINVAL");
  });
});
