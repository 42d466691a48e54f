import { MemoryNetwork } from "@groupcast/backend-memory";
import { describe, expect, test } from "vitest";
import { at, named, ProbeOpener, type SocketProbe } from "./socket-probe.js";

/** Switches in a row, a router between each two, and one host on each: a on the first, b on the second … */
function chain(length: number): ProbeOpener {
  const opener = new ProbeOpener(new MemoryNetwork({ trace: true }));
  const { network } = opener;
  const switches = Array.from({ length }, (_, index) => network.switch(index === 0 ? "lan" : `lan${index}`));
  switches.forEach((each, index) => {
    if (index > 0) network.router(`r${index}`, { switches: [switches[index - 1]!, each] });
    network.host(String.fromCharCode(97 + index), { switch: each });
  });
  return opener;
}

describe.each([
  {
    family: 4 as const,
    b: "10.0.1.1",
    c: "10.0.2.1",
    unknown: "10.0.9.9",
    absent: "10.0.2.9",
    group: "239.1.1.1",
    linkGroup: "224.0.0.9",
    ttl: 64,
  },
  {
    family: 6 as const,
    b: "fd00:0:0:1::1",
    c: "fd00:0:0:2::1",
    unknown: "fd00:9::9",
    absent: "fd00:0:0:2::9",
    group: "ff15::1",
    linkGroup: "ff12::1",
    ttl: 64,
  },
])("IPv$family", ({ family, b, c, unknown, absent, group, linkGroup, ttl }) => {
  const told = (errno: string, address: string): string => (family === 4 ? `${errno} ${address}:5000` : `${errno} [${address}]:5000`);

  test("unicast passes one router after another, each takes one off the TTL, and answers find back", async () => {
    const opener = chain(3);
    const options = { receiveTtl: 1 };
    const ends = ["a", "b", "c"].map((host) => opener.open(host, { family, options })) as [SocketProbe, SocketProbe, SocketProbe];
    ends[0].send("to b", at(b));
    ends[0].send("to c", at(c));
    await opener.settle();
    expect([ends[1].datagrams[0]?.arrival.ttl, ends[2].datagrams[0]?.arrival.ttl]).toEqual([ttl - 1, ttl - 2]);
    const [sender] = opener.interface("a").addresses.filter((entry) => entry.family === family);
    ends[2].send("answer", at(sender!.address));
    await opener.settle();
    expect(ends[0].texts).toEqual(["answer"]);
  });

  test("unicastTtl is the routers it may pass, plus one; where it ends, EHOSTUNREACH comes back", async () => {
    const opener = chain(3);
    const receiver = opener.open("c", { family });
    const sender = opener.open("a", { family, options: { unicastTtl: 2, receiveErrors: 1 } });
    sender.send("x", at(c));
    await opener.settle();
    expect([receiver.texts, sender.failures]).toEqual([[], [told("EHOSTUNREACH", c)]]);
    sender.socket.setOption("unicastTtl", 3);
    sender.send("x", at(c));
    await opener.settle();
    expect(receiver.texts).toEqual(["x"]);
  });

  test("nobody knows the subnet: ENETUNREACH from the router; nobody has the address: EHOSTUNREACH after its three seconds", async () => {
    const opener = chain(3);
    const sender = opener.open("a", { family, options: { receiveErrors: 1 } });
    sender.send("x", at(unknown));
    sender.send("x", at(absent));
    await opener.settle();
    expect(sender.failures).toEqual([told("ENETUNREACH", unknown)]);
    await opener.clock.advance(3000);
    expect(sender.failures).toEqual([told("ENETUNREACH", unknown), told("EHOSTUNREACH", absent)]);
  });

  test("a port without a socket behind two routers: ECONNREFUSED finds back", async () => {
    const opener = chain(3);
    const sender = opener.open("a", { family });
    sender.socket.connect(at(c));
    sender.send("x");
    await opener.settle();
    expect(sender.failures).toEqual([told("ECONNREFUSED", c)]);
  });

  test("a group goes as far as its TTL, and only where members are", async () => {
    const opener = chain(4);
    const members = ["b", "c", "d"].map((host) => opener.member(host, group, { options: { receiveTtl: 1 } }));
    const sender = opener.open("a", { family });
    for (const hops of [1, 2, 3, 4]) {
      sender.socket.setOption("multicastTtl", hops);
      sender.send(`${hops}`, at(group));
    }
    await opener.settle();
    expect(members.map(({ texts }) => texts)).toEqual([["2", "3", "4"], ["3", "4"], ["4"]]);
    expect(members[2]?.datagrams[0]?.arrival.ttl).toBe(1);
  });

  test("a group is not carried where nobody is a member", async () => {
    const opener = chain(4);
    opener.member("b", group);
    const sender = opener.open("a", { family, options: { multicastTtl: 9 } });
    sender.send("x", at(group));
    await opener.settle();
    const carriers = opener.network.trace.records.filter(({ event }) => event === "forwarded").map(({ node }) => node);
    expect(carriers).toEqual(["r1"]);
  });

  test("a group of the link stays on it, whatever its TTL", async () => {
    const opener = chain(2);
    const member = opener.member("b", linkGroup);
    opener.open("a", { family, options: { multicastTtl: 9 } }).send("x", at(linkGroup));
    await opener.settle();
    expect(member.texts).toEqual([]);
  });

  test("where two ways lead to a switch, one copy arrives, and none comes back", async () => {
    const opener = new ProbeOpener(new MemoryNetwork());
    const { network } = opener;
    network.switch("other");
    for (const name of ["r1", "r2"]) network.router(name, { switches: ["lan", "other"] });
    network.host("a");
    network.host("b", { switch: "other" });
    const members = ["a", "b"].map((host) => opener.member(host, group));
    opener.open("a", { family, port: 4000, options: { multicastTtl: 9 } }).send("x", at(group));
    await opener.settle();
    expect(members.map(({ texts }) => texts)).toEqual([["x"], ["x"]]);
  });

  test("switched off, a router carries nothing; without a gateway sending is ENETUNREACH", async () => {
    const opener = chain(2);
    const receiver = opener.open("b", { family });
    const sender = opener.open("a", { family });
    opener.network.router("r1").setUp(false);
    expect(named(sender.send("x", at(b)))).toBe("ENETUNREACH");
    opener.network.router("r1").setUp(true);
    expect(sender.send("y", at(b))).toBe(1);
    await opener.settle();
    expect(receiver.texts).toEqual(["y"]);
  });
});

test("a link-local sender is not carried on", async () => {
  const opener = chain(2);
  const receiver = opener.open("b", { family: 6 });
  opener.open("a", { family: 6, address: "fe80::1%eth0" }).send("x", at("fd00:0:0:1::1"));
  await opener.settle();
  expect(receiver.texts).toEqual([]);
  expect(opener.network.trace.records.map(({ detail }) => detail)).toContain("link-local source");
});

test("attach() takes addresses of one's own, and the last free ones by default", () => {
  const network = new MemoryNetwork();
  const router = network.router("r", { switches: ["lan"] });
  network.switch("other");
  router.attach("other", { addresses: ["10.0.1.77/24"] });
  expect(router.addresses).toEqual(["10.0.0.254/24", "fd00::ffff/64", "10.0.1.77/24"]);
  expect(network.router("r")).toBe(router);
  expect(network.router("r2", { switches: ["lan"] }).addresses).toEqual(["10.0.0.253/24", "fd00::fffe/64"]);
});

test("link conditions of a router's cable count", async () => {
  const opener = new ProbeOpener(new MemoryNetwork());
  const router = opener.network.router("r", { switches: ["lan"] });
  router.attach(opener.network.switch("other"), { link: { delayMs: 7 } });
  opener.network.host("b", { switch: "other" });
  const receiver = opener.open("b");
  opener.open("a").send("x", at("10.0.1.1"));
  await opener.clock.advance(10);
  expect(receiver.datagrams.map(({ atMs }) => atMs)).toEqual([7]);
});

test("router() that throws leaves no router behind, and takes no address of the switches that there are", async () => {
  const opener = new ProbeOpener(new MemoryNetwork());
  const { network } = opener;
  const small = network.switch("small", { subnets: ["10.0.1.0/30"] });
  for (const name of ["b", "c"]) network.host(name, { switch: small });
  expect(() => network.router("r", { switches: ["lan", "missing"] })).toThrow(
    expect.objectContaining({ code: "ERR_NAME_UNKNOWN", operation: "router", argument: "switch" }),
  );
  expect(() => network.router("r", { switches: ["lan", small] })).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_RANGE" }));
  network.switch("other");
  const router = network.router("r", { switches: ["lan", "other"] });
  expect(router.addresses).toEqual(["10.0.0.254/24", "fd00::ffff/64", "10.0.2.254/24", "fd00:0:0:2::ffff/64"]);
  const member = opener.member(network.host("d", { switch: "other" }), "239.1.1.1");
  opener.open("a", { options: { multicastTtl: 2 } }).send("x", at("239.1.1.1"));
  await opener.settle();
  expect(member.texts).toEqual(["x"]);
});
