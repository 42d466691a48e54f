// A ping against responders on a network in memory: every number is exact.
import { expect, test } from "vitest";
import { GROUP, PingSite } from "./ping-site.js";

const DELAY_MS = 5;
const ALL = { sent: 4, received: 4, lost: 0, late: 0, duplicates: 0, reordered: 0, firstSequence: 1, lostSinceFirst: 0, hops: 0 };
const RTT = { min: 10, average: 10, max: 10, p50: 10, p90: 10, p99: 10 };

function siteWith(...hosts: readonly string[]): PingSite {
  const site = new PingSite({ link: { delayMs: DELAY_MS } });
  for (const host of ["client", ...hosts]) site.reactor(host);
  return site;
}

test("ping() asks a host for a session, and counts its answers on both paths", async () => {
  const site = siteWith("server");
  const responder = site.respond("server");
  const { report, events } = site.ping("client", site.address("server"), { count: 4 });
  const { responders, ...rest } = await site.settled(report);
  expect(responders).toEqual([
    {
      address: "10.0.0.2",
      protocol: "rfc6450",
      group: "232.43.211.234",
      serverInformation: expect.stringMatching(/^groupcast \d/),
      unicast: { ...ALL, rttMs: RTT },
      multicast: { ...ALL, rttMs: RTT },
    },
  ]);
  expect(rest).toMatchObject({ target: "10.0.0.2", localAddress: "10.0.0.1", asked: 1, refused: 0, durationMs: 3020 });
  expect(events.map(({ type }) => type)).toEqual(["responder", ...Array<string>(8).fill("answer")]);
  expect(await responder.stop()).toMatchObject({ answered: 4, sessions: 1, clients: 1, evicted: 0, failed: 0 });
});

test("ping() finds all responders of a group, those that come later among them", async () => {
  const site = siteWith("a", "b", "late");
  site.respond("a", { group: GROUP });
  site.respond("b", { group: GROUP });
  const { stop } = site.ping("client", GROUP);
  await site.network.clock.advance(5500);
  site.respond("late", { group: GROUP });
  await site.network.clock.advance(10_000);
  const { responders } = await stop();
  expect(responders.map(({ address, group, unicast, multicast }) => [address, group, unicast.received, multicast.received])).toEqual([
    ["10.0.0.2", GROUP, 16, 16],
    ["10.0.0.3", GROUP, 16, 16],
    ["10.0.0.4", GROUP, 6, 6],
  ]);
});

test("ping() sends one request a second to each responder", async () => {
  const site = siteWith("a");
  const responder = site.respond("a", { group: GROUP });
  const times: number[] = [];
  site.network.trace.start();
  const { report } = site.ping("client", GROUP, { count: 5 });
  await site.settled(report);
  for (const { event, packet, timeMs } of site.network.trace.records) {
    if (event === "sent" && packet.destinationPort === 9903 && packet.payload[0] === "Q".charCodeAt(0)) times.push(timeMs);
  }
  expect(times).toEqual([10, 1010, 2010, 3010, 4010]);
  expect(await responder.stop()).toMatchObject({ answered: 5 });
});

test("ping() speaks IPv6", async () => {
  const site = siteWith("server");
  site.respond("server");
  const { report } = site.ping("client", site.address("server", 6), { count: 2 });
  const { responders } = await site.settled(report);
  expect(responders).toMatchObject([
    { address: "fd00::2", group: "ff3e::4321:1234", unicast: { received: 2 }, multicast: { received: 2 } },
  ]);
});

test("ping() asks a host for the group that it is given", async () => {
  const site = siteWith("server");
  site.respond("server", { group: GROUP });
  const ssm = site.ping("client", site.address("server"), { count: 1, group: "232.43.211.234" });
  expect((await site.settled(ssm.report)).responders[0]?.group).toBe("232.43.211.234");
  const asm = site.ping("client", site.address("server"), { count: 1, group: GROUP });
  expect((await site.settled(asm.report)).responders[0]?.group).toBe(GROUP);
});

test("ping() ends with the groups that a host offers, when it declines the one that was asked for", async () => {
  const site = siteWith("server");
  site.respond("server");
  const { report } = site.ping("client", site.address("server"), { group: GROUP });
  expect(await site.settled(report)).toMatchObject({ responders: [], offered: [{ address: "232.43.211.234", lengthBits: 32 }] });
});

test("ping() finds a responder on its own host", async () => {
  const site = siteWith();
  site.respond("client", { group: GROUP });
  const { report } = site.ping("client", GROUP, { count: 2 });
  const { responders } = await site.settled(report);
  expect(responders).toMatchObject([{ address: "10.0.0.1", unicast: { received: 2 }, multicast: { received: 2 } }]);
});

test("ping() counts routers between it and the responder", async () => {
  const site = new PingSite();
  site.network.switch("far");
  site.network.host("server", { switch: "far" });
  site.network.router("r", { switches: ["lan", "far"] });
  site.respond("server");
  const { report } = site.ping("client", site.address("server"), { count: 2 });
  const { responders } = await site.settled(report);
  expect(responders).toMatchObject([{ unicast: { received: 2, hops: 1 }, multicast: { received: 2, hops: 1 } }]);
});

test("ping() reports nobody when nobody answers, and how often it asked", async () => {
  const site = siteWith("server");
  const { report } = site.ping("client", site.address("server"), { count: 3, legacy: false });
  expect(await site.settled(report)).toMatchObject({ responders: [], asked: 3, refused: 3 });
  const group = site.ping("client", GROUP, { count: 3 });
  expect(await site.settled(group.report)).toMatchObject({ responders: [], asked: 3, refused: 0, durationMs: 4000 });
});

test("ping() says when multicast stopped: 260 s after the membership report, on a switch without a querier", async () => {
  const site = siteWith("server");
  site.respond("server", { group: GROUP });
  site.network.switch("lan", { querier: false });
  const { stop, events } = site.ping("client", site.address("server"), { group: "232.43.211.234" });
  await site.network.clock.advance(300_000);
  const [responder] = (await stop()).responders;
  expect(responder?.multicast).toMatchObject({ received: 260, firstSequence: 1 });
  expect(responder?.unicast).toMatchObject({ lost: 0, received: 300 });
  expect(responder?.multicastStoppedAfterMs).toBe(259_010);
  expect(events.filter(({ type }) => type === "multicastStopped")).toEqual([
    { type: "multicastStopped", address: "10.0.0.2", afterMs: 259_010 },
  ]);
});

test("ping() does not say so on a switch with a querier", async () => {
  const site = siteWith("server");
  site.respond("server");
  const { stop, events } = site.ping("client", site.address("server"));
  await site.network.clock.advance(600_000);
  const [responder] = (await stop()).responders;
  expect(responder).toMatchObject({ multicast: { received: 600, lost: 0 }, unicast: { received: 600 } });
  expect(responder).not.toHaveProperty("multicastStoppedAfterMs");
  expect(events.every(({ type }) => type === "responder" || type === "answer")).toBe(true);
});

test("respond() answers from the address that was asked, on a host with several", async () => {
  const site = siteWith("server");
  site.network.host("server").addInterface("eth1", { switch: "lan" });
  const second = site
    .reactor("server")
    .network.interfaces()
    .find(({ name }) => name === "eth1")!.addresses[0]!.address;
  site.respond("server");
  for (const address of [site.address("server"), second]) {
    const { responders } = await site.settled(site.ping("client", address, { count: 2 }).report);
    expect(responders).toMatchObject([{ address, unicast: { received: 2 }, multicast: { received: 2 } }]);
  }
});
