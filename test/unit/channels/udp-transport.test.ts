import { multicastGroupForChannel, UdpTransport } from "@groupcast/channels";
import { DatagramProtocol, type MulticastPort } from "groupcast";
import { describe, expect, test, vi } from "vitest";
import { MemorySite } from "../../support/channels/memory-site.js";

const X = Buffer.from("x");

/** What a subscriber gets, as text. */
function texts(node: ReturnType<MemorySite["node"]>, channel: string): string[] {
  const got: string[] = [];
  node.channel(channel).subscribe((data) => void got.push(data.toString()));
  return got;
}

function memberships(site: MemorySite, host: string): string[] {
  const ports = site.reactor(host).ports as readonly MulticastPort[];
  return ports.flatMap((port) => port.memberships.map(({ group, interface: name }) => `${group} ${name}`)).sort();
}

/** Two names on one group. */
function collidingNames(): [string, string] {
  const byGroup = new Map<string, string>();
  for (let i = 0; ; i++) {
    const group = multicastGroupForChannel(`n${i}`);
    const other = byGroup.get(group);
    if (other !== undefined) return [other, `n${i}`];
    byGroup.set(group, `n${i}`);
  }
}

describe("sending", () => {
  test("a relay leaves the next port numbers to other networks", async () => {
    const site = new MemorySite();
    new UdpTransport(site.reactor("a"), { port: 8765 }).openSender("c", "relay").send(X);
    const got = texts(site.node("a", { port: 8766 }), "c");
    site.node("a", { port: 8766 }).channel("c").publish(X);
    await site.settle();
    expect(got).toEqual(["x"]);
    expect(site.reactor("a").ports.map((port) => port.getHost().port)).toContain(8765 + 64);
  });

  test("an interface that is not there is waited for by nodes, publishers and subscribers alike", async () => {
    const site = new MemorySite();
    const options = { interface: "eth7", ttl: 1 };
    const node = site.node("a", { ...options, heartbeatMs: 1000 });
    const got = texts(node, "c");
    expect(node.channel("c").publish(Buffer.from("too early"))).toBe(true);
    site.network.host("a").addInterface("eth7", { switch: site.network.switch("other") });
    await site.network.clock.advance(5000);
    node.channel("c").publish(X);
    await site.settle();
    expect(got).toEqual(["x"]);
    await node.close();
  });

  test("each channel has one socket, however many senders and nodes' channels use it", () => {
    const site = new MemorySite();
    const transport = new UdpTransport(site.reactor("a"));
    const senders = ["c", "c", "d"].map((channel) => transport.openSender(channel));
    expect(site.reactor("a").ports).toHaveLength(2);
    for (const sender of senders) for (let i = 0; i < 3; i++) sender.send(X);
    expect(site.reactor("a").ports).toHaveLength(2);
  });

  test("the socket of a channel closes with the last of its senders", async () => {
    const site = new MemorySite();
    const transport = new UdpTransport(site.reactor("a"));
    const [one, other] = [transport.openSender("c"), transport.openSender("c")];
    one.close();
    one.close();
    await site.settle();
    expect(site.reactor("a").ports).toHaveLength(1);
    other.close();
    await site.settle();
    expect(site.reactor("a").ports).toHaveLength(0);
  });

  test("goes to the channel's group on port 8765, with TTL 0 and so by loopback, unless something else is said", async () => {
    const site = new MemorySite();
    const [here, there] = [texts(site.node("a", { name: "other" }), "test"), texts(site.node("b"), "test")];
    site.node("a").channel("test").publish(X);
    await site.settle();
    const [sent] = site.network.trace.records.filter(({ event }) => event === "sent");
    expect(sent).toMatchObject({ interface: "lo", packet: { destination: "239.69.209.50", destinationPort: 8765, hops: 0 } });
    expect([here, there]).toEqual([["x"], []]);
  });

  test("a TTL of 1 reaches the link, and this host too: loopback is on", async () => {
    const site = new MemorySite();
    const [here, there] = [texts(site.node("a", { ttl: 1 }), "c"), texts(site.node("b", { ttl: 1 }), "c")];
    site.node("a", { ttl: 1 }).channel("c").publish(X);
    await site.settle();
    expect([here, there]).toEqual([["x"], ["x"]]);
  });

  test("an interface decides where it leaves", async () => {
    const site = new MemorySite();
    site.network.host("a").addInterface("eth1", { switch: site.network.switch("other") });
    site.node("a", { ttl: 1, interface: "eth1" }).channel("c").publish(X);
    await site.settle();
    expect(site.leftBy("a")).toEqual(["eth1"]);
  });

  test("TTL 0 with a real interface warns, and nothing leaves the host, while members on that interface hear it", async () => {
    const site = new MemorySite();
    const [here, there] = [texts(site.node("a", { interface: "eth0" }), "c"), texts(site.node("b", { ttl: 1 }), "c")];
    site.log.warnings.length = 0;
    site.node("a", { interface: "eth0" }).channel("c").publish(X);
    await site.settle();
    expect(site.log.warnings).toEqual([expect.stringMatching(/^TTL 0 with an interface other than loopback/)]);
    expect(site.leftBy("a")).not.toContain("eth0");
    expect([here, there]).toEqual([["x"], []]);
  });

  test.each(["lo", "127.0.0.1", "any", "0.0.0.0", undefined])("TTL 0 with interface %s warns of nothing", (selector) => {
    const site = new MemorySite();
    site
      .node("a", selector === undefined ? {} : { interface: selector })
      .channel("c")
      .publish(X);
    expect(site.log.warnings).toEqual([]);
  });

  test("asks for the interfaces with the first channel only, and sends though there is no list of them", async () => {
    const site = new MemorySite();
    const got = texts(site.node("a"), "c");
    vi.spyOn(site.reactor("a").network, "interfaces").mockImplementation(() => {
      throw new Error("no list");
    });
    site.node("a", { interface: "eth0" }).channel("c").publish(X);
    await site.settle();
    expect(got).toEqual(["x"]);
  });

  test.each([
    [{ port: 0 }, "port"],
    [{ port: 65_472 }, "port"],
    [{ ttl: 256 }, "ttl"],
    [{ ttl: "1" }, "ttl"],
    [{ interface: true }, "interface"],
    [{ interfaces: "eth0" }, "option"],
  ])("options %j are refused before anything is opened", (options, argument) => {
    const site = new MemorySite();
    expect(() => new UdpTransport(site.reactor("a"), options as never)).toThrow(expect.objectContaining({ argument }));
    expect(site.reactor("a").ports).toHaveLength(0);
  });
});

describe("receiving", () => {
  test("on any interface: every one of them is joined", () => {
    const site = new MemorySite();
    site.network.host("a").addInterface("eth1", { switch: site.network.switch("other") });
    texts(site.node("a"), "a");
    expect(memberships(site, "a")).toEqual(["239.0.0.97 eth0", "239.0.0.97 eth1", "239.0.0.97 lo"]);
  });

  test("on a real interface: loopback is joined, too, and what is sent by either arrives once", async () => {
    const site = new MemorySite();
    const got = texts(site.node("a", { interface: "eth0", ttl: 1 }), "a");
    expect(memberships(site, "a")).toEqual(["239.0.0.97 eth0", "239.0.0.97 lo"]);
    site.node("a", { interface: "eth0", ttl: 1 }).channel("a").publish(Buffer.from("by eth0"));
    site.node("a").channel("a").publish(Buffer.from("by loopback"));
    await site.settle();
    expect(got.sort()).toEqual(["by eth0", "by loopback"]);
  });

  test.each(["lo", "127.0.0.1", 1])("on loopback, given as %s: it is joined once", (selector) => {
    const site = new MemorySite();
    texts(site.node("a", { interface: selector }), "a");
    expect(memberships(site, "a")).toEqual(["239.0.0.97 lo"]);
  });

  test("two channels on one group join it once, and it is left with the second of them", () => {
    const site = new MemorySite();
    const node = site.node("a", { interface: "lo" });
    const [one, other] = collidingNames();
    const subscriptions = [node.channel(one).subscribe(() => {}), node.channel(other).subscribe(() => {})];
    expect(memberships(site, "a")).toHaveLength(1);
    subscriptions[0]!.unsubscribe();
    expect(memberships(site, "a")).toHaveLength(1);
    subscriptions[1]!.unsubscribe();
    expect(memberships(site, "a")).toEqual([]);
  });

  test("subscribing twice joins once, and delivers once to each", async () => {
    const site = new MemorySite();
    const node = site.node("a");
    const got = [texts(node, "c"), texts(node, "c")];
    site.node("a").channel("c").publish(X);
    await site.settle();
    expect(got).toEqual([["x"], ["x"]]);
  });

  test("more channels than a socket has memberships are all received", async () => {
    const site = new MemorySite();
    const node = site.node("a");
    const names = Array.from({ length: 60 }, (_, index) => `channel ${index}`);
    const got: string[] = [];
    for (const name of names) node.channel(name).subscribe((_, { channel }) => void got.push(channel));
    const sender = site.node("a");
    for (const name of names) sender.channel(name).publish(X);
    await site.settle();
    expect(got.sort()).toEqual([...names].sort());
  });

  test("a channel that cannot be joined is not half open: the next try joins it", () => {
    const site = new MemorySite();
    const node = site.node("a", { interface: "no such name!" });
    expect(() => node.channel("c").subscribe(() => {})).toThrow(expect.objectContaining({ code: "ERR_INTERFACE_UNKNOWN" }));
    expect(node.channel("c").isSubscribed).toBe(false);
  });

  test("what is not of the format, or of another channel on the group, is dropped and counted", async () => {
    const site = new MemorySite();
    const node = site.node("a");
    const got = texts(node, "test");
    const port = site.reactor("a").listenMulticast(0, new (class extends DatagramProtocol {})(), { ttl: 0 });
    const to = { address: multicastGroupForChannel("test"), port: 8765 };
    const [one] = collidingNames();
    const datagrams = [Buffer.from("nonsense"), Buffer.alloc(0), frame("tesT", "other"), frame(one, "other"), frame("test", "mine")];
    for (const datagram of datagrams) port.write(datagram, to);
    await site.settle();
    expect(got).toEqual(["mine"]);
    expect(node.transport.statistics()).toMatchObject({ received: 1, malformed: 2, foreign: 2 });
  });
});

/** A first datagram on a channel, made by hand. */
function frame(channel: string, payload: string): Buffer {
  return Buffer.concat([Buffer.from("PULI"), Buffer.of(channel.length), Buffer.from(channel), Buffer.alloc(4), Buffer.from(payload)]);
}
