import { MemoryNetwork } from "@groupcast/backend-memory";
import { ChannelNode, ChannelRelay, UdpTransport } from "@groupcast/channels";
import { ChannelSource, type MonitoredNode, type MonitoredRelay, ReactorSource } from "@groupcast/monitor";
import { Reactor } from "groupcast";
import { expect, test } from "vitest";

function reactorOn(network: MemoryNetwork, host: string): Reactor {
  return new Reactor({ backend: network.host(host), clock: network.clock });
}

test("ReactorSource reads ports with groups, rates and losses", async () => {
  const network = new MemoryNetwork();
  const [a, b] = [reactorOn(network, "a"), reactorOn(network, "b")];
  const receiver = a.listenMulticast(5000, { datagramReceived: () => {}, logPrefix: () => "camera" }, { group: "239.1.2.3" });
  const sender = b.listenMulticast(0, { datagramReceived: () => {} }, { ttl: 1 });
  const source = new ReactorSource(a);
  source.read(0);
  for (let count = 0; count < 10; count++) sender.write(Buffer.alloc(100), { address: "239.1.2.3", port: 5000 });
  await network.clock.advance(10);
  const { ports, groups, totals } = source.read(2000);
  expect(receiver.statistics().received, "they arrive").toBe(10);
  expect(ports).toEqual([
    expect.objectContaining({
      port: 5000,
      program: "camera",
      groups: ["239.1.2.3"],
      groupCount: 1,
      isMember: true,
      receivedPerSecond: 5,
      receivedBytesPerSecond: 500,
      sendFailures: 0,
    }),
  ]);
  expect(groups).toEqual([expect.objectContaining({ group: "239.1.2.3", users: 1 })]);
  expect(totals).toEqual({ receivedPerSecond: 5, sentPerSecond: 0, lostPerSecond: 0 });
});

test("ReactorSource tells two ports on one number apart, and keeps their ids", () => {
  const network = new MemoryNetwork();
  const reactor = reactorOn(network, "a");
  const open = () => reactor.listenMulticast(5000, { datagramReceived: () => {} }, { listenMultiple: true });
  open();
  open();
  const source = new ReactorSource(reactor);
  const ids = () => source.read(1000).ports?.map(({ id }) => id);
  const first = ids();
  expect(new Set(first).size).toBe(2);
  expect(ids()).toEqual(first);
});

test("ChannelSource shows nodes and relays of @groupcast/channels, its own left out when it was made to look", async () => {
  const network = new MemoryNetwork();
  const [a, b] = [reactorOn(network, "a"), reactorOn(network, "b")];
  const looking = new ChannelNode(a, { name: "monitor", ttl: 1 });
  const camera = new ChannelNode(b, { name: "camera", ttl: 1 });
  camera.channel("frames").publish(Buffer.from("one"));
  camera.channel("commands").subscribe(() => {});
  await network.clock.advance(3000);
  const seen: MonitoredNode = looking;
  const expected = { name: "camera", publishes: ["frames"], subscribes: ["commands"], channelCount: 2, isOwn: false };
  expect(new ChannelSource({ nodes: [seen], isHidden: true }).read(0).nodes).toEqual([expect.objectContaining(expected)]);
  expect(new ChannelSource({ nodes: [seen] }).read(0).nodes).toEqual([
    expect.objectContaining(expected),
    expect.objectContaining({ name: "monitor", isOwn: true }),
  ]);
  await Promise.all([a.stop(), b.stop()]);
});

test("ChannelSource counts what a relay passes on and keeps back", async () => {
  const network = new MemoryNetwork();
  const reactor = reactorOn(network, "a");
  const sides = [5100, 5300].map((port) => ({ network: `site-${port}`, transport: new UdpTransport(reactor, { port }) }));
  const relay: MonitoredRelay = new ChannelRelay(reactor, { sides: [sides[0]!, sides[1]!], allow: [{ channels: "**" }] });
  const { relays } = new ChannelSource({ relays: [relay] }).read(0);
  expect(relays).toEqual([{ id: relay.id, name: "site-5100 ↔ site-5300", forwardedPerSecond: 0, refusedPerSecond: 0 }]);
  let forwarded = 3;
  const lane = { from: "a", to: "b", refused: 1, limited: 2, tooLong: 3 };
  const source = new ChannelSource({
    relays: [
      {
        id: "r",
        statistics: () => [
          { ...lane, forwarded },
          { ...lane, forwarded: 0, limited: forwarded },
        ],
      },
    ],
  });
  source.read(0);
  forwarded = 13;
  expect(source.read(1000).relays).toEqual([{ id: "r", name: "a ↔ b", forwardedPerSecond: 10, refusedPerSecond: 10 }]);
  await reactor.stop();
});
