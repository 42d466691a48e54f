import { ping, respond } from "@groupcast/cli";
import { expect, test } from "vitest";
import { PingSite } from "./ping-site.js";

const reactor = new PingSite().reactor("client");

test.each([
  ["a name", "example.org", {}, "ERR_ARGUMENT_RANGE"],
  ["a number", 5, {}, "ERR_ARGUMENT_TYPE"],
  ["a source-specific group", "232.1.1.1", {}, "ERR_ARGUMENT_RANGE"],
  ["a group with a group", "239.1.2.3", { group: "239.1.2.4" }, "ERR_ARGUMENT_RANGE"],
  ["a group of the other family", "192.0.2.1", { group: "ff15::1" }, "ERR_ARGUMENT_RANGE"],
  ["a host for the group", "192.0.2.1", { group: "192.0.2.2" }, "ERR_ARGUMENT_RANGE"],
  ["count 0", "192.0.2.1", { count: 0 }, "ERR_ARGUMENT_RANGE"],
  ["an interval of 9 ms", "192.0.2.1", { intervalMs: 9 }, "ERR_ARGUMENT_RANGE"],
  ["a time-out of half a millisecond", "192.0.2.1", { timeoutMs: 0.5 }, "ERR_ARGUMENT_RANGE"],
  ["port 65,536", "192.0.2.1", { port: 65_536 }, "ERR_ARGUMENT_RANGE"],
  ["TTL 0", "192.0.2.1", { ttl: 0 }, "ERR_ARGUMENT_RANGE"],
  ["legacy as text", "192.0.2.1", { legacy: "no" }, "ERR_ARGUMENT_TYPE"],
  ["an option that does not exist", "192.0.2.1", { interval: 5 }, "ERR_OPTION_UNKNOWN"],
  ["a listener that is none", "192.0.2.1", { onEvent: 5 }, "ERR_ARGUMENT_TYPE"],
  ["a signal that is none", "192.0.2.1", { signal: {} }, "ERR_ARGUMENT_TYPE"],
])("ping() refuses %s before it opens anything", async (_, target, options, code) => {
  await expect(ping(reactor, target as string, options as object)).rejects.toMatchObject({ name: "InvalidArgumentError", code });
  expect(reactor.ports).toEqual([]);
});

test.each([
  ["a host for the group", { group: "192.0.2.1" }, "ERR_ARGUMENT_RANGE"],
  ["port 0", { port: 0 }, "ERR_ARGUMENT_RANGE"],
  ["TTL 256", { ttl: 256 }, "ERR_ARGUMENT_RANGE"],
  ["no client", { maxClients: 0 }, "ERR_ARGUMENT_RANGE"],
  ["a rate of 1,001", { clientRate: 1001 }, "ERR_ARGUMENT_RANGE"],
  ["empty server information", { serverInformation: "" }, "ERR_ARGUMENT_RANGE"],
  ["server information of 65 bytes", { serverInformation: "x".repeat(65) }, "ERR_ARGUMENT_RANGE"],
  ["an option that does not exist", { rate: 5 }, "ERR_OPTION_UNKNOWN"],
])("respond() refuses %s before it opens anything", async (_, options, code) => {
  await expect(respond(reactor, options as object)).rejects.toMatchObject({ name: "InvalidArgumentError", code });
  expect(reactor.ports).toEqual([]);
});

test("respond() leaves nothing open when one of its ports is taken", async () => {
  const site = new PingSite();
  const taken = site.reactor("server").listenUDP(4321, { datagramReceived: () => {} });
  await expect(respond(site.reactor("server"))).rejects.toMatchObject({ code: "ERR_LISTEN", port: 4321 });
  expect(site.reactor("server").ports).toEqual([taken]);
});

test("ping() leaves nothing open when it ends, and neither does respond()", async () => {
  const site = new PingSite();
  const responder = site.respond("server");
  site.reactor("client");
  const { report } = site.ping("client", site.address("server"), { count: 1 });
  await site.settled(report);
  await responder.stop();
  expect([...site.reactor("client").ports, ...site.reactor("server").ports]).toEqual([]);
  expect(site.network.clock.pendingCalls).toBe(0);
});

test("ping() ends with what a listener throws", async () => {
  const site = new PingSite();
  site.respond("server");
  const onEvent = () => {
    throw new RangeError("mine");
  };
  site.reactor("client");
  const { report } = site.ping("client", site.address("server"), { onEvent });
  await expect(site.settled(report)).rejects.toThrow("mine");
  expect(site.reactor("client").ports).toEqual([]);
});
