// Two sites that share no network but a NATS server: what is published on one is heard on the other, through relays.
import { fileURLToPath } from "node:url";
import { beforeEach, expect, test } from "vitest";
import { hasNatsServer } from "../support/channels/nats-server.js";
import type { Host } from "../support/lab/host.js";
import { Lab } from "../support/lab/lab.js";
import type { JsonLine, Program } from "../support/lab/program.js";
import { until } from "../support/lab/until.js";
import { canRunLab, skipUnless } from "../support/probe.js";
import type { SiteRole } from "./programs/channel-site.js";

const SITE = fileURLToPath(new URL("programs/channel-site.ts", import.meta.url));
const START_DEADLINE_MS = 20_000;

beforeEach((context) => skipUnless(context, canRunLab, hasNatsServer));

async function run(host: Host, role: SiteRole): Promise<Program> {
  const program = host.run(SITE, [JSON.stringify(role)]);
  await program.line({ event: "ready" }, { deadlineMs: START_DEADLINE_MS });
  return program;
}

/** a – left relay – hub – right relay – b: four cables, and nobody passes anything on between them. */
async function twoSites(lab: Lab) {
  const [a, left, hub, right, b] = await Promise.all(["a", "left", "hub", "right", "b"].map((name) => lab.addHost(name)));
  await lab.plug(a!.interface("eth0", ["10.77.1.1/24"]), left!.interface("site", ["10.77.1.2/24"]));
  await lab.plug(left!.interface("up", ["10.77.2.1/24"]), hub!.interface("left", ["10.77.2.2/24"]));
  await lab.plug(right!.interface("up", ["10.77.3.1/24"]), hub!.interface("right", ["10.77.3.2/24"]));
  await lab.plug(b!.interface("eth0", ["10.77.4.1/24"]), right!.interface("site", ["10.77.4.2/24"]));
  hub!.spawn("nats-server", ["--addr", "0.0.0.0", "--port", "4222"]);
  await until(() => isListening(hub!), { what: "the NATS server listens" });
  return { a: a!, left: left!, hub: hub!, right: right!, b: b! };
}

async function isListening(host: Host): Promise<boolean> {
  return (await host.exec("ss", ["-Hlnt", "sport = :4222"])).includes("4222");
}

test("two sites exchange channels through relays and one NATS server, sealed ones unread on the way", async () => {
  await using lab = await Lab.create("channels over NATS");
  const { a, left, right, b } = await twoSites(lab);
  const [alice, bob] = [await run(a, { interface: "eth0" }), await run(b, { interface: "eth0" })];
  const channels = "robot/**";
  await run(left, { interface: "site", relay: { server: "10.77.2.2", network: "left", channels } });
  await run(right, { interface: "site", relay: { server: "10.77.3.2", network: "right", channels } });
  const heardByBob = await firstToPass(alice, bob, "robot/pose");
  expect(heardByBob).toMatchObject({ isRelayed: true });
  await firstToPass(bob, alice, "robot/pose");
  await firstToPass(alice, bob, "robot/secret");

  // In order, none twice, and nothing that no rule names.
  alice.write({ channel: "private", text: "not for others" });
  for (let i = 0; i < 20; i++) alice.write({ channel: "robot/pose", text: `number ${i}` });
  await bob.line({ text: "number 19" });
  const numbered = bob.lines({ channel: "robot/pose" }).filter(({ text }) => String(text).startsWith("number"));
  expect(numbered.map(({ text }) => text)).toEqual(Array.from({ length: 20 }, (_, index) => `number ${index}`));
  expect(numbered.every(({ lead }) => lead === 1)).toBe(true);
  expect(bob.lines({ channel: "private" })).toEqual([]);
  expect(alice.lines({ channel: "robot/pose", isRelayed: true }).some(({ text }) => String(text).startsWith("number"))).toBe(false);
});

test("a hub sees no multicast of the sites: what passes is the relays' connections", async () => {
  await using lab = await Lab.create("what a hub sees");
  const { a, left, hub, right, b } = await twoSites(lab);
  const wire = await hub.capture(hub.interface("left"));
  const [alice, bob] = [await run(a, { interface: "eth0" }), await run(b, { interface: "eth0" })];
  await run(left, { interface: "site", relay: { server: "10.77.2.2", network: "left", channels: "robot/pose" } });
  await run(right, { interface: "site", relay: { server: "10.77.3.2", network: "right", channels: "robot/pose" } });
  await firstToPass(alice, bob, "robot/pose");
  const channelDatagrams = wire.packets.filter(({ destination }) => destination?.startsWith("239."));
  expect(channelDatagrams).toEqual([]);
});

/** Publishes until something passes: relays find channels by heartbeats, which take their time. */
async function firstToPass(from: Program, to: Program, channel: string): Promise<JsonLine> {
  const text = `first on ${channel}`;
  let tries = 0;
  await until(
    () => {
      if (tries++ % 10 === 0) from.write({ channel, text });
      return to.lines({ channel, text, isRelayed: true }).length > 0;
    },
    { what: text, deadlineMs: 10_000 },
  );
  return to.lines({ channel, text, isRelayed: true })[0]!;
}
