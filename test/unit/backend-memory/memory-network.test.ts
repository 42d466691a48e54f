import { answered } from "@groupcast/backend-compliance";
import { MemoryNetwork } from "@groupcast/backend-memory";
import { describe, expect, test } from "vitest";
import { at, ProbeOpener } from "./socket-probe.js";

test("host() makes a host once, and gives it again", () => {
  const network = new MemoryNetwork();
  const host = network.host("a");
  expect(network.host("a")).toBe(host);
  expect([host.name, host.hostName, network.hosts]).toEqual(["memory", "a", [host]]);
  expect(host.reason).toBe('"a" is a host of a network in memory');
});

test("host() refuses options for a host that exists, and a switch that does not", () => {
  const network = new MemoryNetwork();
  network.host("a");
  expect(() => network.host("a", { switch: null })).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_RANGE", argument: "options" }));
  expect(() => network.host("b", { switch: "nonesuch" })).toThrow(
    expect.objectContaining({ code: "ERR_NAME_UNKNOWN", argument: "switch", operation: "host" }),
  );
  expect(() => network.host("b", { switch: new MemoryNetwork().switch("lan") })).toThrow(expect.objectContaining({ argument: "switch" }));
});

test("host() with switch null has a loopback interface only", async () => {
  const opener = new ProbeOpener(new MemoryNetwork());
  const host = opener.network.host("a", { switch: null });
  expect(answered(host.network.interfaces()).map(({ name }) => name)).toEqual(["lo"]);
  const socket = opener.open(host);
  socket.send("x", at("127.0.0.1"));
  await opener.settle();
  expect(socket.texts).toEqual(["x"]);
});

test("switch() makes a switch once, with subnets of its own, and takes new conditions", () => {
  const network = new MemoryNetwork();
  expect(network.switch("lan").subnets).toEqual(["10.0.0.0/24", "fd00::/64"]);
  expect(network.switch("one").subnets).toEqual(["10.0.1.0/24", "fd00:0:0:1::/64"]);
  expect(network.switch("two", { subnets: ["192.168.0.0/16"], delayMs: 1 }).subnets).toEqual(["192.168.0.0/16"]);
  expect(network.switch("two", { delayMs: 2 })).toBe(network.switch("two"));
  expect(() => network.switch("two", { subnets: ["10.9.0.0/16"] })).toThrow(expect.objectContaining({ argument: "subnets" }));
  expect(() => network.switch("three", { subnets: ["10.9.0.0"] })).toThrow(expect.objectContaining({ code: "ERR_ADDRESS_NOT_IP" }));
});

test("switch() that throws leaves no switch behind", () => {
  const network = new MemoryNetwork();
  expect(() => network.switch("s", { speed: 1 } as object)).toThrow(
    expect.objectContaining({ code: "ERR_OPTION_UNKNOWN", argument: "option", value: "speed" }),
  );
  expect(() => network.switch("s", { loss: 2 })).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_RANGE", argument: "loss" }));
  expect(() => network.host("a", { switch: "s" })).toThrow(expect.objectContaining({ argument: "switch" }));
  expect(network.switch("s", { subnets: ["10.9.0.0/16"] }).subnets).toEqual(["10.9.0.0/16"]);
});

test("addInterface() that throws takes no address of the switch", () => {
  const network = new MemoryNetwork();
  const host = network.host("a");
  expect(() => host.addInterface("eth0", { switch: "lan" })).toThrow(expect.objectContaining({ argument: "name" }));
  const [, eth0] = answered(network.host("b").network.interfaces());
  expect(eth0!.addresses[0]!.address).toBe("10.0.0.2");
});

test("two networks do not hear each other", async () => {
  const networks = [new MemoryNetwork(), new MemoryNetwork()];
  const members = networks.map((network) => new ProbeOpener(network).member("a", "239.1.1.1"));
  members[0]?.send("x", at("239.1.1.1"));
  for (const { clock } of networks) await clock.advance(0);
  expect(members.map(({ texts }) => texts)).toEqual([["x"], []]);
});

describe("addresses have one spelling (RFC 5952)", () => {
  test.each([
    ["FD00:0:0:0:0:0:0:2", "fd00::2"],
    ["fd00:0000::0002", "fd00::2"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["fd00:1:2:3:4:5:6::", "fd00:1:2:3:4:5:6:0"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
  ])("%s is %s", (written, expected) => {
    const host = new MemoryNetwork().host("a");
    host.addAddress("eth0", `${written}/128`);
    expect(answered(host.network.interfaces())[1]?.addresses.at(-1)?.address).toBe(expected);
  });
});

describe("subnets", () => {
  test.each([
    ["10.1.2.3/8", "10.255.255.255"],
    ["10.1.2.3/20", "10.1.15.255"],
    ["10.1.2.3/30", "10.1.2.3"],
    ["10.1.2.3/31", undefined],
    ["10.1.2.3/32", undefined],
  ])("the broadcast address of %s is %s", (address, broadcast) => {
    const host = new MemoryNetwork().host("a");
    host.addAddress("eth0", address);
    expect(answered(host.network.interfaces())[1]?.addresses.at(-1)?.broadcast).toBe(broadcast);
  });

  test.each([
    ["10.1.16.0/20", "10.1.31.255", true],
    ["10.1.16.0/20", "10.1.32.0", false],
    ["10.1.16.0/20", "10.1.15.255", false],
    ["fd00:1::/33", "fd00:1:7fff::1", true],
    ["fd00:1::/33", "fd00:1:8000::1", false],
  ])("%s holds %s: %s", (destination, address, isInside) => {
    const host = new MemoryNetwork().host("a");
    host.addRoute({ destination, interface: "eth0" });
    expect(typeof host.network.routeTo(address, undefined) === "object").toBe(isInside);
  });
});
