import { MemoryNetwork } from "@groupcast/backend-memory";
import { expect, test } from "vitest";
import { at, named, ProbeOpener } from "./socket-probe.js";

function twoHosts(): ProbeOpener {
  const opener = new ProbeOpener(new MemoryNetwork());
  opener.network.host("a");
  opener.network.host("b");
  return opener;
}

test("send() of a :: socket to a mapped address leaves as IPv4, and answers reach it mapped", async () => {
  const opener = twoHosts();
  const six = opener.open("a", { family: 6, options: { receivePacketInfo: 1, receiveTtl: 1 } });
  const four = opener.open("b");
  expect(six.send("hello", at("::ffff:10.0.0.2"))).toBe(1);
  await opener.settle();
  expect(four.datagrams).toMatchObject([{ text: "hello", from: "10.0.0.1:5000" }]);
  four.send("answer", at("10.0.0.1"));
  await opener.settle();
  expect(six.datagrams).toMatchObject([{ text: "answer", from: "[::ffff:10.0.0.2]:5000" }]);
  const arrival = { destination: "::ffff:10.0.0.1", interface: "eth0", interfaceIndex: 2, ttl: 64, truncated: false };
  expect(six.datagrams[0]?.arrival).toEqual(arrival);
});

test("connect() of a :: socket to a mapped address makes it an IPv4 one until disconnect()", async () => {
  const opener = twoHosts();
  const six = opener.open("a", { family: 6 });
  expect(six.socket.connect(at("::ffff:10.0.0.2"))).toBe(0);
  expect(six.socket.localAddress()).toMatchObject({ address: "::ffff:10.0.0.1" });
  expect(six.socket.peerAddress()).toMatchObject({ address: "::ffff:10.0.0.2" });
  expect(named(six.send("x", at("fd00::2")))).toBe("EAFNOSUPPORT");
  six.socket.disconnect();
  expect(six.send("x", at("fd00::2"))).toBe(1);
});

test("ipv6Only shuts IPv4 out, both ways", async () => {
  const opener = twoHosts();
  const six = opener.open("a", { family: 6, options: { ipv6Only: 1 } });
  expect(named(six.send("x", at("::ffff:10.0.0.2")))).toBe("ENETUNREACH");
  expect(named(six.socket.connect(at("::ffff:10.0.0.2")))).toBe("ENETUNREACH");
  opener.open("b").send("x", at("10.0.0.1"));
  await opener.settle();
  expect(six.texts).toEqual([]);
});

test("ipv6Only is EINVAL after bind, and ENOPROTOOPT on an IPv4 socket", () => {
  const opener = twoHosts();
  expect(named(opener.open("a", { family: 6 }).socket.setOption("ipv6Only", 1))).toBe("EINVAL");
  const four = opener.open("b");
  expect(named(four.socket.setOption("ipv6Only", 1))).toBe("ENOPROTOOPT");
  expect(named(four.socket.getOption("ipv6Only"))).toBe("ENOPROTOOPT");
});

test("a :: socket gets IPv4 broadcasts, and no IPv4 groups of others", async () => {
  const opener = twoHosts();
  const six = opener.open("a", { family: 6, options: { reuseAddress: 1 } });
  const four = opener.member("a", "239.1.1.1", { options: { reuseAddress: 1 } });
  const sender = opener.open("b", { options: { broadcast: 1 } });
  sender.send("group", at("239.1.1.1"));
  sender.send("broadcast", at("10.0.0.255"));
  await opener.settle();
  expect(four.texts).toEqual(["group", "broadcast"]);
  expect(six.texts).toEqual(["broadcast"]);
});

test("a :: socket gets IPv4 groups of others once multicastAll was set", async () => {
  const opener = twoHosts();
  const six = opener.open("a", { family: 6, options: { reuseAddress: 1, multicastAll: 1 } });
  opener.member("a", "239.1.1.1", { options: { reuseAddress: 1 } });
  opener.open("b").send("group", at("239.1.1.1"));
  await opener.settle();
  expect(six.texts).toEqual(["group"]);
});

test("a :: socket keeps 0.0.0.0 to itself while it is connected to an IPv6 peer", () => {
  const opener = twoHosts();
  const six = opener.open("a", { family: 6 });
  six.socket.connect(at("fd00::2"));
  expect(named(opener.tryToBind("a", { address: "0.0.0.0" }).outcome)).toBe("EADDRINUSE");
  expect(opener.tryToBind("a", { address: "10.0.0.1" }).outcome).toBe(0);
});

test("from() carries the zone of a link-local sender, and an answer there arrives", async () => {
  const opener = twoHosts();
  const a = opener.open("a", { family: 6 });
  const b = opener.open("b", { family: 6 });
  expect(a.send("hello", at("fe80::2%eth0"))).toBe(1);
  await opener.settle();
  expect(b.datagrams).toMatchObject([{ text: "hello", from: "[fe80::1%eth0]:5000" }]);
  b.send("answer", at("fe80::1%eth0"));
  await opener.settle();
  expect(a.texts).toEqual(["answer"]);
});

test("connect() to a link-local address needs a zone, and keeps it", () => {
  const opener = twoHosts();
  const a = opener.open("a", { family: 6 });
  expect(named(a.socket.connect(at("fe80::2")))).toBe("EINVAL");
  expect(a.socket.connect(at("fe80::2%eth0"))).toBe(0);
  expect(a.socket.peerAddress()).toMatchObject({ address: "fe80::2%eth0", scope: "eth0" });
  expect(a.socket.localAddress()).toMatchObject({ address: "fe80::1%eth0" });
});

test("bind() to a link-local address ties the socket to its interface", () => {
  const opener = twoHosts();
  const a = opener.open("a", { family: 6, address: "fe80::1%eth0" });
  expect(a.socket.localAddress()).toMatchObject({ address: "fe80::1%eth0", scope: "eth0" });
  expect(a.socket.getOption("bindToInterface")).toBe(2);
});

test("connect() with a zone ties the socket to its interface until disconnect()", () => {
  const opener = twoHosts();
  opener.network.host("a").addInterface("eth1", { switch: opener.network.switch("other") });
  const a = opener.open("a", { family: 6 });
  a.socket.connect(at("fe80::2%eth0"));
  expect(a.socket.getOption("bindToInterface")).toBe(2);
  expect(named(a.socket.connect(at("ff02::1%eth1")))).toBe("EINVAL");
  a.socket.disconnect();
  expect(a.socket.getOption("bindToInterface")).toBe(0);
});

test.each(["fe80::2", "ff02::fb", "ff12::1"])("connect() to %s without a zone is EINVAL", (address) => {
  expect(named(twoHosts().open("a", { family: 6 }).socket.connect(at(address)))).toBe("EINVAL");
});

test("connect() to a group of link scope takes the interface for multicast where there is no zone", () => {
  const opener = twoHosts();
  const a = opener.open("a", { family: 6 });
  a.socket.setMulticastInterface(opener.interface("a"));
  expect(a.socket.connect(at("ff02::fb"))).toBe(0);
  expect(a.socket.getOption("bindToInterface")).toBe(2);
  expect(a.socket.peerAddress()).toMatchObject({ address: "ff02::fb%eth0" });
  expect(named(opener.open("a", { family: 6, port: 5001 }).socket.connect(at("ff15::1")))).toBe(0);
});

test("bindToInterface set while connected outlasts disconnect()", () => {
  const a = twoHosts().open("a", { family: 6 });
  a.socket.connect(at("fe80::2%eth0"));
  a.socket.setOption("bindToInterface", 2);
  a.socket.disconnect();
  expect(a.socket.getOption("bindToInterface")).toBe(2);
});

test("an ICMP error from a link-local peer carries the zone", async () => {
  const opener = twoHosts();
  const a = opener.open("a", { family: 6, options: { receiveErrors: 1 } });
  a.send("x", at("fe80::2%eth0", 9));
  await opener.settle();
  expect(a.failures).toEqual(["ECONNREFUSED [fe80::2%eth0]:9"]);
});

test("send() chooses the source by scope", async () => {
  const opener = twoHosts();
  const b = opener.open("b", { family: 6 });
  const a = opener.open("a", { family: 6 });
  a.send("global", at("fd00::2"));
  a.send("link", at("fe80::2%eth0"));
  await opener.settle();
  expect(b.datagrams.map(({ from }) => from)).toEqual(["[fd00::1]:5000", "[fe80::1%eth0]:5000"]);
});
