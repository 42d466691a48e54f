import { answered } from "@groupcast/backend-compliance";
import { MemoryNetwork } from "@groupcast/backend-memory";
import { describe, expect, test } from "vitest";
import { at, named, ProbeOpener } from "./socket-probe.js";

const GROUP = "239.1.1.1";

function twoHosts(): ProbeOpener {
  const opener = new ProbeOpener(new MemoryNetwork({ trace: true }));
  for (const name of ["a", "b"]) opener.network.host(name);
  return opener;
}

test("interfaces() of a new host: lo, and eth0 with three addresses", () => {
  const opener = twoHosts();
  const flags = { up: true, running: true, pointToPoint: false };
  expect(answered(opener.network.host("b").network.interfaces())).toEqual([
    {
      name: "lo",
      index: 1,
      mtu: 65_536,
      addresses: [
        { address: "127.0.0.1", family: 4, prefixLength: 8 },
        { address: "::1", family: 6, prefixLength: 128 },
      ],
      flags: { ...flags, loopback: true, multicast: false, broadcast: false },
    },
    {
      name: "eth0",
      index: 2,
      mtu: 1500,
      mac: "02:00:00:02:00:02",
      addresses: [
        { address: "10.0.0.2", family: 4, prefixLength: 24, broadcast: "10.0.0.255" },
        { address: "fd00::2", family: 6, prefixLength: 64 },
        { address: "fe80::2", family: 6, prefixLength: 64 },
      ],
      flags: { ...flags, loopback: false, multicast: true, broadcast: true },
    },
  ]);
});

test("interfaces() are frozen, and the same objects until something changes", () => {
  const host = twoHosts().network.host("a");
  const before = answered(host.network.interfaces());
  expect(answered(host.network.interfaces())).toBe(before);
  expect(Object.isFrozen(before) && Object.isFrozen(before[1]) && Object.isFrozen(before[1]?.addresses[0])).toBe(true);
  host.setUp("eth0", false);
  expect(answered(host.network.interfaces())).not.toBe(before);
  expect(before[1]?.flags.up).toBe(true);
});

test("addInterface() takes addresses of the switch, of one's own, or none", () => {
  const { network } = twoHosts();
  const host = network.host("a");
  network.switch("other");
  host.addInterface("eth1", { switch: "other", mtu: 9000 });
  host.addInterface("eth2", { switch: "other", addresses: ["192.168.7.7/16"] });
  host.addInterface("eth3", { switch: "other", addresses: [] });
  host.addInterface("eth4");
  const found = answered(host.network.interfaces()).map(({ name, index, mtu, addresses, flags }) => {
    return [name, index, mtu, addresses.map(({ address }) => address).join(" "), flags.running];
  });
  expect(found.slice(2)).toEqual([
    ["eth1", 3, 9000, "10.0.1.1 fd00:0:0:1::1 fe80::2:1", true],
    ["eth2", 4, 1500, "192.168.7.7 fe80::3:1", true],
    ["eth3", 5, 1500, "", true],
    ["eth4", 6, 1500, "", false],
  ]);
});

test.each([
  ["a name that is taken", "eth0", {}, "ERR_ARGUMENT_RANGE"],
  ["an unknown switch", "eth1", { switch: "nonesuch" }, "ERR_NAME_UNKNOWN"],
  ["a host name", "eth1", { addresses: ["localhost/24"] }, "ERR_ADDRESS_NOT_IP"],
  ["no prefix length", "eth1", { addresses: ["10.0.0.7"] }, "ERR_ADDRESS_NOT_IP"],
  ["a group", "eth1", { addresses: ["239.1.1.1/4"] }, "ERR_ARGUMENT_RANGE"],
  ["a small MTU", "eth1", { mtu: 1000 }, "ERR_ARGUMENT_RANGE"],
])("addInterface() refuses %s", (_, name, options, code) => {
  expect(() => twoHosts().network.host("a").addInterface(name, options)).toThrow(expect.objectContaining({ code }));
});

test.each(["removeInterface", "setUp", "setLink", "addAddress", "removeAddress"] as const)(
  "%s() of an unknown interface is ERR_INTERFACE_UNKNOWN",
  (call) => {
    const host = twoHosts().network.host("a");
    const made = () =>
      call === "setUp" ? host.setUp("eth9", true) : call === "setLink" ? host.setLink("eth9", {}) : host[call]("eth9", "10.0.0.9/24");
    expect(made).toThrow(expect.objectContaining({ code: "ERR_INTERFACE_UNKNOWN", argument: "name", value: "eth9" }));
  },
);

test("a switch gives as many addresses as its subnet has, then refuses", () => {
  const network = new MemoryNetwork({ subnets: ["10.0.0.0/30"] });
  expect(["a", "b"].map((name) => answered(network.host(name).network.interfaces())[1]?.addresses[0]?.address)).toEqual([
    "10.0.0.1",
    "10.0.0.2",
  ]);
  expect(() => network.host("c")).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_RANGE", argument: "switch" }));
});

describe("down and up", () => {
  test("nothing passes while down, and memberships are there again when up", async () => {
    const opener = twoHosts();
    const member = opener.member("b", GROUP);
    const sender = opener.open("a");
    opener.network.host("b").setUp("eth0", false);
    sender.send("lost", at(GROUP));
    await opener.settle();
    opener.network.host("b").setUp("eth0", true);
    sender.send("heard", at(GROUP));
    await opener.settle();
    expect(member.texts).toEqual(["heard"]);
  });

  test("sending by a down interface is ENETUNREACH; to an address of its own nothing changes", async () => {
    const opener = twoHosts();
    const socket = opener.open("a");
    const strict = opener.open("a", { port: 5001 });
    strict.socket.setMulticastInterface(opener.interface("a"));
    opener.network.host("a").setUp("eth0", false);
    expect(named(socket.send("x", at("10.0.0.2")))).toBe("ENETUNREACH");
    expect(named(strict.send("x", at(GROUP)))).toBe("ENETUNREACH");
    expect(socket.send("own", at("10.0.0.1"))).toBe(1);
    await opener.settle();
    expect(socket.texts).toEqual(["own"]);
    expect(opener.tryToBind("a", { address: "10.0.0.1", port: 5002 }).outcome).toBe(0);
  });

  test("what Linux takes back while down: broadcast addresses to bind to, link-local ones, and IPv6 to itself", () => {
    const opener = twoHosts();
    opener.network.host("a").setUp("eth0", false);
    expect(named(opener.tryToBind("a", { address: "10.0.0.255" }).outcome)).toBe("EADDRNOTAVAIL");
    expect(named(opener.tryToBind("a", { family: 6, address: "fe80::1%eth0" }).outcome)).toBe("EADDRNOTAVAIL");
    expect(named(opener.unbound("a", 6).send("x", at("fd00::1")))).toBe("ENETUNREACH");
  });

  test("IPv6 groups leave by the interface that has been up longest, when nothing else is said", async () => {
    const opener = twoHosts();
    const host = opener.network.host("a");
    host.addInterface("eth1", { switch: opener.network.switch("other") });
    const sender = opener.open("a", { family: 6 });
    sender.send("1", at("ff15::1"));
    host.setUp("eth0", false);
    host.setUp("eth0", true);
    sender.send("2", at("ff15::1"));
    expect(opener.network.trace.records.map((record) => record.interface)).toEqual(["eth0", "eth1"]);
  });

  test("join() on an interface that is down, or has no address, takes effect once it is up", async () => {
    const opener = twoHosts();
    const host = opener.network.host("b");
    host.addInterface("eth1", { switch: "lan", addresses: [] });
    host.setUp("eth1", false);
    const member = opener.member("b", GROUP, { interfaceName: "eth1" });
    host.setUp("eth1", true);
    opener.open("a").send("x", at(GROUP));
    await opener.settle();
    expect(member.texts).toEqual(["x"]);
  });

  test("a peer that is down answers nobody: EHOSTUNREACH", async () => {
    const opener = twoHosts();
    const sender = opener.open("a", { options: { receiveErrors: 1 } });
    opener.network.host("b").setUp("eth0", false);
    sender.send("x", at("10.0.0.2"));
    await opener.clock.advance(3000);
    expect(sender.failures).toEqual(["EHOSTUNREACH 10.0.0.2:5000"]);
  });
});

describe("removed and added again", () => {
  test.each([4, 6] as const)("IPv%d: the membership is gone, the old index can still be left, the new one joined", async (family) => {
    const opener = twoHosts();
    const group = family === 4 ? GROUP : "ff15::1";
    const host = opener.network.host("b");
    const before = opener.interface("b");
    const member = opener.member("b", group);
    host.removeInterface("eth0");
    host.addInterface("eth0", { switch: "lan" });
    const after = opener.interface("b");
    expect(after.index).toBe(before.index + 1);
    const sender = opener.open("a", { family });
    sender.send("lost", at(group));
    await opener.settle();
    expect(named(member.socket.blockSource(group, before, "10.9.9.9"))).toBe("ENODEV");
    expect(named(member.socket.leave(group, after, undefined))).toBe("EADDRNOTAVAIL");
    expect(member.socket.join(group, after, undefined)).toBe(0);
    expect(member.socket.leave(group, before, undefined)).toBe(0);
    sender.send("heard", at(group));
    await opener.settle();
    expect(member.texts).toEqual(["heard"]);
  });

  test("the outgoing interface of groups is ENODEV (IPv6: ENETUNREACH) once it is gone", () => {
    const opener = twoHosts();
    const sockets = ([4, 6] as const).map((family, index) => {
      const probe = opener.open("a", { family, port: 5000 + index });
      probe.socket.setMulticastInterface(opener.interface("a"));
      return probe;
    });
    opener.network.host("a").removeInterface("eth0");
    expect(named(sockets[0]!.send("x", at(GROUP)))).toBe("ENODEV");
    expect(named(sockets[1]!.send("x", at("ff15::1")))).toBe("ENETUNREACH");
  });

  test("what was under way to it is lost", async () => {
    const opener = new ProbeOpener(new MemoryNetwork({ link: { delayMs: 5 } }));
    const receiver = opener.open("b");
    opener.open("a").send("x", at("10.0.0.2"));
    await opener.clock.advance(1);
    opener.network.host("b").removeInterface("eth0");
    await opener.clock.advance(10);
    expect(receiver.texts).toEqual([]);
  });
});

describe("addresses", () => {
  test("addAddress() can be reached at once, removeAddress() no longer", async () => {
    const opener = twoHosts();
    const receiver = opener.open("b", { options: { receivePacketInfo: 1 } });
    const sender = opener.open("a");
    opener.network.host("b").addAddress("eth0", "10.0.0.99/24");
    sender.send("1", at("10.0.0.99"));
    await opener.settle();
    opener.network.host("b").removeAddress("eth0", "10.0.0.99/24");
    sender.send("2", at("10.0.0.99"));
    await opener.settle();
    expect(receiver.datagrams).toMatchObject([{ text: "1", arrival: { destination: "10.0.0.99" } }]);
    expect(() => opener.network.host("b").removeAddress("eth0", "10.0.0.99")).toThrow(
      expect.objectContaining({ code: "ERR_ARGUMENT_RANGE" }),
    );
  });

  test("memberships survive the loss of the address", async () => {
    const opener = twoHosts();
    const member = opener.member("b", GROUP);
    opener.network.host("b").removeAddress("eth0", "10.0.0.2");
    opener.open("a").send("x", at(GROUP));
    await opener.settle();
    expect(member.texts).toEqual(["x"]);
  });

  test("a datagram with one of the host's own IPv4 addresses as sender is not believed", async () => {
    const opener = twoHosts();
    const member = opener.member("b", GROUP);
    opener.network.host("b").addAddress("eth0", "10.0.0.1/24");
    opener.open("a").send("x", at(GROUP));
    await opener.settle();
    expect(member.texts).toEqual([]);
    expect(opener.network.trace.records.map(({ detail }) => detail)).toContain("own address as source");
  });
});

describe("watch()", () => {
  test("tells of changes once per instant, never inside the change, until it is ended", async () => {
    const opener = twoHosts();
    const host = opener.network.host("a");
    let changes = 0;
    const end = answered(
      host.network.watch(() => {
        changes += 1;
      }),
    );
    host.setUp("eth0", false);
    host.addAddress("eth0", "10.0.0.9/24");
    expect(changes).toBe(0);
    await opener.settle();
    expect(changes).toBe(1);
    host.removeInterface("eth0");
    await opener.settle();
    expect(changes).toBe(2);
    host.addInterface("eth0");
    end();
    await opener.settle();
    expect(changes).toBe(2);
  });

  test("tells nothing of other hosts", async () => {
    const opener = twoHosts();
    let changes = 0;
    opener.network.host("a").network.watch(() => {
      changes += 1;
    });
    opener.network.host("b").setUp("eth0", false);
    await opener.settle();
    expect(changes).toBe(0);
  });
});

test("an interface without a switch has no carrier: what it sends is lost", async () => {
  const opener = twoHosts();
  const host = opener.network.host("a");
  host.addInterface("eth1", { addresses: ["10.7.0.1/24"] });
  expect(opener.open("a").send("x", at("10.7.0.2"))).toBe(1);
  expect(opener.network.trace.records).toMatchObject([{ event: "dropped", detail: "no carrier" }]);
  expect(() => host.setLink("eth1", { loss: 1 })).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_RANGE" }));
});
