import { MemoryNetwork } from "@groupcast/backend-memory";
import { describe, expect, test } from "vitest";
import { at, named, ProbeOpener, type ProbeOptions } from "./socket-probe.js";

/** Two sockets on one port of a host with 10.0.0.1, 10.0.1.1 and fd00::1; what the second bind comes to. Measured on Linux 6.18. */
const CONFLICTS: readonly (readonly [first: ProbeOptions, second: ProbeOptions, outcome: unknown])[] = [
  [{ address: "0.0.0.0" }, { address: "0.0.0.0" }, "EADDRINUSE"],
  [{ address: "0.0.0.0" }, { address: "10.0.0.1" }, "EADDRINUSE"],
  [{ address: "10.0.0.1" }, { address: "0.0.0.0" }, "EADDRINUSE"],
  [{ address: "10.0.0.1" }, { address: "10.0.1.1" }, 0],
  [{ address: "239.1.1.1" }, { address: "0.0.0.0" }, "EADDRINUSE"],
  [{ address: "239.1.1.1" }, { address: "239.1.1.2" }, 0],
  [{ family: 6 }, { address: "0.0.0.0" }, "EADDRINUSE"],
  [{ family: 6 }, { address: "10.0.0.1" }, "EADDRINUSE"],
  [{ address: "0.0.0.0" }, { family: 6 }, "EADDRINUSE"],
  [{ family: 6, options: { ipv6Only: 1 } }, { address: "0.0.0.0" }, 0],
  [{ address: "0.0.0.0" }, { family: 6, options: { ipv6Only: 1 } }, 0],
  [{ family: 6, address: "::1" }, { address: "0.0.0.0" }, 0],
  [{ family: 6, address: "fd00::1" }, { address: "0.0.0.0" }, 0],
  [{ family: 6 }, { family: 6, address: "fd00::1" }, "EADDRINUSE"],
  [{ family: 6, address: "::ffff:10.0.0.1" }, { address: "10.0.0.1" }, "EADDRINUSE"],
  [{ family: 6, address: "::ffff:10.0.0.1" }, { address: "10.0.1.1" }, 0],
  [{ family: 6, options: { ipv6Only: 1 } }, { family: 6, address: "::ffff:10.0.0.1" }, 0],
  [{ options: { reuseAddress: 1 } }, { options: { reuseAddress: 1 } }, 0],
  [{ options: { reuseAddress: 1 } }, {}, "EADDRINUSE"],
  [{}, { options: { reuseAddress: 1 } }, "EADDRINUSE"],
  [{ options: { reusePort: 1 } }, { options: { reusePort: 1 } }, 0],
  [{ options: { reuseAddress: 1 } }, { options: { reusePort: 1 } }, "EADDRINUSE"],
  [{ options: { reuseAddress: 1, reusePort: 1 } }, { options: { reusePort: 1 } }, 0],
  [{ options: { reusePort: 1 } }, { address: "10.0.0.1" }, "EADDRINUSE"],
  [{ options: { bindToInterface: 2 } }, { options: { bindToInterface: 3 } }, 0],
  [{ options: { bindToInterface: 2 } }, {}, "EADDRINUSE"],
];

/** A host with a second interface. */
function multiHomed(): ProbeOpener {
  const opener = new ProbeOpener(new MemoryNetwork());
  opener.network.switch("other", { subnets: ["10.0.1.0/24"] });
  opener.network.host("a").addInterface("eth1", { switch: "other" });
  return opener;
}

const described = CONFLICTS.map(([first, second, outcome]) => ({
  first,
  second,
  outcome,
  title: `${written(first)}, then ${written(second)}`,
}));

function written({ family = 4, address, options = {} }: ProbeOptions): string {
  const set = Object.entries(options).map(([name, value]) => `${name} ${value}`);
  return [address ?? (family === 4 ? "0.0.0.0" : "::"), ...set].join(" ");
}

test.each(described)("bind() gives $outcome for $title", ({ first, second, outcome }) => {
  const opener = multiHomed();
  expect(opener.tryToBind("a", first).outcome).toBe(0);
  expect(named(opener.tryToBind("a", second).outcome)).toBe(outcome);
});

test.each([
  [4, "10.0.0.9", "EADDRNOTAVAIL"],
  [4, "10.0.0.0", "EADDRNOTAVAIL"],
  [4, "127.3.4.5", 0],
  [4, "10.0.0.255", 0],
  [4, "255.255.255.255", 0],
  [4, "239.1.1.1", 0],
  [4, "::1", "EAFNOSUPPORT"],
  [6, "10.0.0.1", "EAFNOSUPPORT"],
  [6, "fd00::99", "EADDRNOTAVAIL"],
  [6, "fe80::1", "EINVAL"],
  [6, "fe80::1%eth0", 0],
  [6, "fe80::1%2", 0],
  [6, "fe80::1%eth1", "EADDRNOTAVAIL"],
  [6, "fe80::1%eth9", "ENODEV"],
  [6, "fe80::1%99", "ENODEV"],
  [6, "ff12::1%eth0", 0],
  [6, "ff12::1", "EINVAL"],
  [6, "ff15::1", 0],
] as const)("bind() of an IPv%d socket to %s gives %s", (family, address, outcome) => {
  const opener = multiHomed();
  opener.network.host("a");
  expect(named(opener.tryToBind("a", { family, address }).outcome)).toBe(outcome);
});

test("bind() with reusePort stops at the newest socket to share with, even if an older one is in the way", () => {
  const opener = multiHomed();
  opener.open("a", { address: "127.0.0.1" });
  opener.open("a", { address: "10.0.0.255", options: { reusePort: 1 } });
  expect(opener.tryToBind("a", { options: { reusePort: 1 } }).outcome).toBe(0);
});

test("bind() that fails leaves an IPv6 socket tied to the interface of the zone", () => {
  const opener = multiHomed();
  opener.open("a", { family: 6 });
  const { probe, outcome } = opener.tryToBind("a", { family: 6, address: "fe80::1%eth0" });
  expect([named(outcome), probe.socket.getOption("bindToInterface")]).toEqual(["EADDRINUSE", 2]);
});

test("connect() that fails leaves the socket bound to a port", () => {
  const probe = multiHomed().unbound("a");
  expect(named(probe.socket.connect(at("8.8.8.8")))).toBe("ENETUNREACH");
  expect(named(probe.socket.bind(at("10.0.0.1")))).toBe("EINVAL");
});

test("bind() is EINVAL the second time, and after a failure can be tried again", () => {
  const opener = multiHomed();
  const { probe, outcome } = opener.tryToBind("a", { address: "10.0.0.9" });
  expect(named(outcome)).toBe("EADDRNOTAVAIL");
  expect(probe.socket.bind(at("10.0.0.1"))).toBe(0);
  expect(named(probe.socket.bind(at("10.0.0.1", 5001)))).toBe("EINVAL");
  expect(probe.socket.localAddress()).toMatchObject({ address: "10.0.0.1", port: 5000 });
});

test("bind() after EADDRINUSE leaves the socket on no port", () => {
  const opener = multiHomed();
  opener.open("a");
  const { probe } = opener.tryToBind("a", {});
  expect(probe.socket.localAddress()).toMatchObject({ address: "0.0.0.0", port: 0 });
  expect(probe.socket.bind(at("0.0.0.0", 5001))).toBe(0);
});

test("bind() to port 0 takes free ports until none is left, then gives EADDRINUSE", () => {
  const opener = new ProbeOpener(new MemoryNetwork());
  const host = opener.network.host("a", { limits: { ephemeralPorts: [40_000, 40_019] } });
  const ports = Array.from({ length: 20 }, () => {
    const { probe } = opener.tryToBind(host, { port: 0, options: { reuseAddress: 1 } });
    return (probe.socket.localAddress() as { port: number }).port;
  });
  expect(ports.toSorted()).toEqual(Array.from({ length: 20 }, (_, index) => 40_000 + index));
  expect(named(opener.tryToBind(host, { port: 0 }).outcome)).toBe("EADDRINUSE");
});

test("bind() below limits.lowestPort is EACCES", () => {
  const opener = new ProbeOpener(new MemoryNetwork());
  const host = opener.network.host("a", { limits: { lowestPort: 1024 } });
  expect(named(opener.tryToBind(host, { port: 1023 }).outcome)).toBe("EACCES");
  expect(opener.tryToBind(host, { port: 1024 }).outcome).toBe(0);
});

describe("who gets unicast", () => {
  const reuse = { options: { reuseAddress: 1 } };

  test("reuseAddress: the last one bound", async () => {
    const opener = new ProbeOpener(new MemoryNetwork());
    const sockets = [1, 2, 3].map(() => opener.open("a", reuse));
    opener.open("b").send("x", at("10.0.0.1"));
    await opener.settle();
    expect(sockets.map(({ texts }) => texts.length)).toEqual([0, 0, 1]);
  });

  test("reuseAddress: the one before it, when that is closed", async () => {
    const opener = new ProbeOpener(new MemoryNetwork());
    const sockets = [1, 2, 3].map(() => opener.open("a", reuse));
    sockets[2]!.socket.close();
    opener.open("b").send("x", at("10.0.0.1"));
    await opener.settle();
    expect(sockets.map(({ texts }) => texts.length)).toEqual([0, 1, 0]);
  });

  test("bound to the address before bound to all, connected before both", async () => {
    const opener = new ProbeOpener(new MemoryNetwork());
    opener.network.host("a");
    const sender = opener.open("b", { port: 4000 });
    const specific = opener.open("a", { ...reuse, address: "10.0.0.1" });
    const connected = opener.open("a", reuse);
    connected.socket.connect(at("10.0.0.2", 4001));
    const any = opener.open("a", reuse);
    sender.send("1", at("10.0.0.1"));
    opener.open("b", { port: 4001 }).send("2", at("10.0.0.1"));
    await opener.settle();
    expect([specific, connected, any].map(({ texts }) => texts)).toEqual([["1"], ["2"], []]);
  });

  test("reusePort: by flow, the same flow always the same socket, all sockets something", async () => {
    const opener = new ProbeOpener(new MemoryNetwork());
    const sockets = [1, 2, 3, 4].map(() => opener.open("a", { options: { reusePort: 1 } }));
    for (let flow = 0; flow < 100; flow++) {
      const sender = opener.open("b", { port: 6000 + flow });
      for (let repeat = 0; repeat < 3; repeat++) sender.send(`${flow}`, at("10.0.0.1"));
    }
    await opener.settle();
    for (const { texts } of sockets) {
      expect(texts.length).toBeGreaterThan(30);
      for (const flow of texts) expect(texts.filter((text) => text === flow)).toHaveLength(3);
    }
  });

  test("an IPv4 socket before a dual-stack one, whose IPv4 senders are mapped", async () => {
    const opener = new ProbeOpener(new MemoryNetwork());
    const four = opener.open("a", reuse);
    const six = opener.open("a", { ...reuse, family: 6 });
    const sender = opener.open("b", { port: 4000 });
    sender.send("1", at("10.0.0.1"));
    await opener.settle();
    four.socket.close();
    sender.send("2", at("10.0.0.1"));
    await opener.settle();
    expect(four.texts).toEqual(["1"]);
    expect(six.datagrams).toMatchObject([{ text: "2", from: "[::ffff:10.0.0.2]:4000" }]);
  });
});
