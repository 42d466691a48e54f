// Relays between multicast on loopback and a NATS server: real sockets, a real broker.
import { ChannelNode, ChannelRelay, NatsTransport, type RelayRule, UdpTransport } from "@groupcast/channels";
import { Reactor } from "groupcast";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freeChannelPort } from "../../support/channels/free-channel-port.js";
import { hasNatsServer, NatsServer } from "../../support/channels/nats-server.js";
import { until } from "../../support/lab/until.js";
import { hasMulticastLoopback, skipUnless } from "../../support/probe.js";

const RULES: readonly RelayRule[] = [{ channels: "c" }];

let server: NatsServer;
let port: number;
let reactor: Reactor;
let disposals: (() => Promise<unknown>)[];

beforeEach(async (context) => {
  await skipUnless(context, hasNatsServer, hasMulticastLoopback);
  server = await NatsServer.start();
  port = await freeChannelPort();
  reactor = new Reactor();
  disposals = [() => reactor.stop(), () => server.kill()];
});

afterEach(async () => {
  for (const dispose of disposals) await dispose();
});

async function nats(): Promise<NatsTransport> {
  const transport = await NatsTransport.connect({ servers: server.url, connection: { reconnectTimeWait: 50 } });
  disposals.splice(1, 0, () => transport.close());
  return transport;
}

/** A relay between the site on loopback and the server. */
async function relay(rules = RULES): Promise<{ relay: ChannelRelay; cloud: NatsTransport }> {
  const [site, cloud] = [new UdpTransport(reactor, { port }), await nats()];
  const sides = [
    { transport: site, network: "site" },
    { transport: cloud, network: "cloud" },
  ] as const;
  return { relay: new ChannelRelay(reactor, { sides, allow: rules }), cloud };
}

/** A node, with what it hears on channel c. */
async function node(at: "site" | "cloud") {
  const transport = at === "site" ? new UdpTransport(reactor, { port }) : await nats();
  const made = new ChannelNode(reactor, { name: at, heartbeatMs: 0, transport });
  const heard: string[] = [];
  const ordered: string[] = [];
  const channel = made.channel("c");
  channel.subscribe((data) => void heard.push(data.toString()));
  channel.subscribe((data) => void ordered.push(data.toString()), { ordered: true });
  return { channel, heard, ordered, publish: (text: string) => channel.publish(Buffer.from(text)) };
}

type Heard = Awaited<ReturnType<typeof node>>;

/** Publishes until it is heard there: subscriptions take a moment to be known to the server. */
async function passes(from: Heard, to: Heard): Promise<void> {
  let tries = 0;
  await until(
    () => {
      if (tries++ % 10 === 0) from.publish("first");
      return to.heard.includes("first");
    },
    { what: "a first message" },
  );
}

test("two relays that face each other, both ways: each message comes as often as there are relays, and none comes back", async () => {
  const relays = [(await relay()).relay, (await relay()).relay];
  const [site, cloud] = [await node("site"), await node("cloud")];
  await passes(site, cloud);
  await passes(cloud, site);
  for (let i = 1; i <= 200; i++) {
    site.publish(`site ${i}`);
    cloud.publish(`cloud ${i}`);
    const last = (heard: readonly string[]) => heard.filter((text) => text.endsWith(` ${i}`)).length;
    // In steps that a receive buffer holds: what is proven here is that nothing comes too often, not that UDP loses nothing.
    if (i % 20 === 0) await until(() => last(site.heard) >= 3 && last(cloud.heard) >= 3, { what: `number ${i}, everywhere` });
  }
  site.publish("fence");
  cloud.publish("fence");
  const fences = (heard: readonly string[]) => heard.filter((text) => text === "fence").length;
  await until(() => fences(site.heard) === 3 && fences(cloud.heard) === 3, { what: "each fence: as published, and twice relayed" });
  const count = (heard: readonly string[], start: string) => heard.filter((text) => text.startsWith(start)).length;
  expect([count(site.heard, "site"), count(site.heard, "cloud")]).toEqual([200, 400]);
  expect([count(cloud.heard, "site"), count(cloud.heard, "cloud")]).toEqual([400, 200]);
  expect(count(cloud.ordered, "site")).toBe(200);
  const before = relays.map((one) => one.statistics().map(({ forwarded }) => forwarded));
  site.publish("last");
  await until(() => cloud.heard.filter((text) => text === "last").length === 2, { what: "the last message" });
  expect(relays.map((one) => one.statistics().map(({ forwarded }) => forwarded))).toEqual(before.map(([out, back]) => [out! + 1, back]));
});

test("a relay goes on when its server has died and come back", async () => {
  const { cloud: transport } = await relay();
  const [site, cloud] = [await node("site"), await node("cloud")];
  await passes(site, cloud);
  let isConnected = true;
  transport.on("connection", (change) => {
    isConnected = change.isConnected;
  });
  await server.kill();
  await until(() => !isConnected, { what: "the relay to notice" });
  for (let i = 0; i < 100; i++) site.publish(`meanwhile ${i}`);
  await until(() => transport.waiting > 0, { what: "messages to wait" });
  await server.restart();
  await until(() => isConnected, { what: "the relay to be back" });
  cloud.heard.length = 0;
  await passes(site, cloud);
});

test("a relay hears the channels of a pattern on both networks", async () => {
  await relay([{ channels: "robot/**" }]);
  const site = new ChannelNode(reactor, { name: "site", heartbeatMs: 50, port });
  const cloud = new ChannelNode(reactor, { name: "cloud", heartbeatMs: 0, transport: await nats() });
  const heard: string[] = [];
  site.channel("robot/arm/command").subscribe((data) => void heard.push(`site ${data}`));
  cloud.channel("robot/arm/pose").subscribe((data) => void heard.push(`cloud ${data}`));
  let tries = 0;
  await until(
    () => {
      if (tries++ % 10 === 0) {
        site.channel("robot/arm/pose").publish(Buffer.from("pose"));
        cloud.channel("robot/arm/command").publish(Buffer.from("command"));
      }
      return new Set(heard).size === 2;
    },
    { what: "both" },
  );
  expect(new Set(heard)).toEqual(new Set(["site command", "cloud pose"]));
});
