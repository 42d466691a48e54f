import { randomBytes } from "node:crypto";
import { ChannelRelay, LcmTransport, type LcmTransportOptions, UdpTransport } from "@groupcast/channels";
import type { MulticastPort } from "groupcast";
import { describe, expect, test, vi } from "vitest";
import { KeptLog, MemorySite } from "../../support/channels/memory-site.js";

const GROUP = "239.255.76.67";
const PORT = 7667;
const X = Buffer.from("x");
const MEBIBYTE = 1024 * 1024;

/** A transport on a host in memory, and a node on it. */
function join(site: MemorySite, host: string, options: LcmTransportOptions = {}) {
  const transport = new LcmTransport(site.reactor(host), options);
  return { transport, node: site.node(host, { transport }) };
}

/** What a subscriber gets, as text. */
function texts(node: ReturnType<MemorySite["node"]>, channel: string): string[] {
  const got: string[] = [];
  node.channel(channel).subscribe((data) => void got.push(data.toString()));
  return got;
}

/** A port that hears the group, and keeps what it hears. */
function tap(site: MemorySite, host: string): Buffer[] {
  const heard: Buffer[] = [];
  const protocol = { datagramReceived: (data: Buffer) => void heard.push(data) };
  site.reactor(host).listenMulticast(PORT, protocol, { listenMultiple: true }).joinGroup(GROUP, "all");
  return heard;
}

/** A short message on the wire. */
function short(sequence: number, channel: string, text: string): Buffer {
  const header = Buffer.from("LC02\0\0\0\0", "latin1");
  header.writeUInt32BE(sequence, 4);
  return Buffer.concat([header, Buffer.from(`${channel}\0${text}`, "latin1")]);
}

/** Sends datagrams to the group, from one port of a host. */
function sender(site: MemorySite, host: string): (datagram: Buffer) => void {
  const port = site.reactor(host).listenMulticast(0, { datagramReceived() {} }, { ttl: 0 });
  return (datagram) => void port.write(datagram, { address: GROUP, port: PORT });
}

describe("options", () => {
  test.each<[string, object, string]>([
    ["group", { group: "192.0.2.1" }, "ERR_ARGUMENT_RANGE"],
    ["group", { group: "ff02::1" }, "ERR_ARGUMENT_RANGE"],
    ["group", { group: 7 }, "ERR_ARGUMENT_TYPE"],
    ["port", { port: 0 }, "ERR_ARGUMENT_RANGE"],
    ["ttl", { ttl: 256 }, "ERR_ARGUMENT_RANGE"],
    ["maxReassemblyBytes", { maxReassemblyBytes: 1 }, "ERR_ARGUMENT_RANGE"],
    ["url", { url: "tcpq://127.0.0.1:7700" }, "ERR_ARGUMENT_RANGE"],
    ["url", { url: "udpm://239.255.76.67:7667?ttl=1&ttl=2" }, "ERR_ARGUMENT_RANGE"],
    ["port", { url: "udpm://239.255.76.67:99999" }, "ERR_ARGUMENT_RANGE"],
    ["group", { url: "udpm://192.0.2.1" }, "ERR_ARGUMENT_RANGE"],
    ["ttl", { url: "udpm://", ttl: 1 }, "ERR_ARGUMENT_RANGE"],
    ["option", { multicast: true }, "ERR_OPTION_UNKNOWN"],
  ])("LcmTransport refuses a wrong %s: %j", (argument, options, code) => {
    const make = () => new LcmTransport(new MemorySite().reactor("a"), options as LcmTransportOptions);
    expect(make).toThrow(expect.objectContaining({ code, argument, operation: "new LcmTransport" }));
  });

  test("LcmTransport refuses what is no reactor", () => {
    expect(() => new LcmTransport({} as never)).toThrow(expect.objectContaining({ argument: "reactor" }));
  });

  test.each([
    ["udpm://239.255.1.1:7000?ttl=1", "239.255.1.1", 7000],
    ["udpm://239.255.1.1", "239.255.1.1", 7667],
    ["udpm://", GROUP, 7667],
    ["udpm://:7001", GROUP, 7001],
  ])("LcmTransport takes the address %s", async (url, group, port) => {
    const site = new MemorySite();
    join(site, "a", { url, interface: "lo" })
      .node.channel("c")
      .subscribe(() => {});
    const [open] = site.reactor("a").ports as readonly MulticastPort[];
    expect(open!.getHost().port).toBe(port);
    expect(open!.memberships.map((membership) => membership.group)).toEqual([group]);
  });

  test("LcmTransport keeps messages on this host by default, and warns when an interface makes that surprising", async () => {
    const site = new MemorySite();
    const logger = new KeptLog();
    const { node } = join(site, "a", { interface: "eth0", logger });
    node.channel("c").publish(X);
    node.channel("d").publish(X);
    await site.settle();
    expect(logger.warnings).toEqual([expect.stringContaining("TTL 0")]);
    expect(new Set(site.leftBy("a"))).not.toContain("eth0");
  });

  test("LcmTransport with a TTL reaches another host", async () => {
    const site = new MemorySite();
    const got = texts(join(site, "b", { ttl: 1, interface: "eth0" }).node, "c");
    join(site, "a", { ttl: 1, interface: "eth0" }).node.channel("c").publish(X);
    await site.settle();
    expect(got).toEqual(["x"]);
  });
});

describe("channels", () => {
  test.each(["x".repeat(64), "a\0b"])("publish() and subscribe() refuse the name %j", (name) => {
    const site = new MemorySite();
    const { node } = join(site, "a");
    const refused = expect.objectContaining({ code: "ERR_CHANNEL_LCM_NAME", remedy: expect.stringContaining("63") });
    expect(() => node.channel(name).publish(X)).toThrow(refused);
    expect(() => node.channel(name).subscribe(() => {})).toThrow(refused);
    expect(site.reactor("a").ports).toHaveLength(0);
  });

  test("publish() and subscribe() take a name of 63 characters", async () => {
    const site = new MemorySite();
    const { node } = join(site, "a");
    const name = "x".repeat(63);
    const got = texts(node, name);
    node.channel(name).publish(X);
    await site.settle();
    expect(got).toEqual(["x"]);
  });

  test("publish() sends up to 8 KiB in one datagram, and a byte more in fragments of at most that", async () => {
    const site = new MemorySite();
    const { node } = join(site, "a");
    const heard = tap(site, "a");
    const longest = Buffer.alloc(8192 - "LC02nnnnc0".length);
    node.channel("c").publish(longest);
    node.channel("c").publish(Buffer.concat([longest, X]));
    await site.settle();
    const fragments = [8192, 20 + "c0".length + longest.length + 1 - (8192 - 20)];
    expect(heard.map(({ length }) => length)).toEqual([8192, ...fragments]);
  });

  test.each<[string, object]>([
    ["seal", { seal: { keys: { 0: randomBytes(32) }, current: 0 } }],
    ["fragment", { fragment: true }],
    ["reliable", { reliable: true }],
    ["history", { history: { messages: 10 } }],
    ["latest", { latest: true }],
  ])("node.channel() refuses %s on LCM, and opens the channel without it", async (option, options) => {
    const site = new MemorySite();
    const { node } = join(site, "a");
    const open = () => node.channel("c", options);
    expect(open).toThrow(
      expect.objectContaining({ code: "ERR_CHANNEL_MESSAGES_ONLY", argument: "option", value: option, operation: "channel" }),
    );
    const got: unknown[] = [];
    const channel = node.channel("c", { codec: "text", deadlineMs: 1000, fragment: false, reliable: false, latest: false });
    channel.subscribe((text) => void got.push(text));
    channel.publish("x");
    await site.settle();
    expect(got).toEqual(["x"]);
  });

  test.each<[string, object]>([
    ["heartbeatMs", { heartbeatMs: 1000 }],
    ["seal", { seal: { keys: { 0: randomBytes(32) }, current: 0 } }],
  ])("ChannelNode refuses %s on LCM", (option, options) => {
    const site = new MemorySite();
    const transport = new LcmTransport(site.reactor("a"));
    const make = () => site.node("a", { transport, ...options });
    expect(make).toThrow(
      expect.objectContaining({ code: "ERR_CHANNEL_MESSAGES_ONLY", argument: "option", value: option, operation: "new ChannelNode" }),
    );
  });

  test("ChannelNode announces nothing on LCM unless told to", async () => {
    const site = new MemorySite();
    const heard = tap(site, "a");
    const transport = new LcmTransport(site.reactor("a"));
    const node = site.node("a", { transport, heartbeatMs: undefined });
    node.channel("c").subscribe(() => {});
    await site.network.clock.advance(5000);
    node.channel("c").publish(X);
    await site.settle();
    expect(heard.map((datagram) => datagram.toString("latin1"))).toEqual(["LC02\0\0\0\0c\0x"]);
    expect(node.nodes).toEqual([]);
  });

  test("publish() on all channels uses one port and one count, and subscribe() one port", async () => {
    const site = new MemorySite();
    const { node } = join(site, "a");
    const heard = tap(site, "a");
    const got = ["c", "d", "e"].map((channel) => texts(node, channel));
    for (const channel of ["c", "d", "e"]) node.channel(channel).publish(Buffer.from(channel));
    await site.settle();
    expect(got).toEqual([["c"], ["d"], ["e"]]);
    expect(site.reactor("a").ports).toHaveLength(3); // with that of the tap
    expect(heard.map((datagram) => datagram.readUInt32BE(4))).toEqual([0, 1, 2]);
  });

  test("subscribe() tries again after a group that could not be joined, and leaves no port open", async () => {
    const site = new MemorySite();
    const { node } = join(site, "a");
    const listen = site.reactor("a").listenMulticast.bind(site.reactor("a"));
    const failing = vi.spyOn(site.reactor("a"), "listenMulticast").mockImplementationOnce((...given) => {
      return Object.assign(listen(...given), {
        joinGroup() {
          throw new Error("no room");
        },
      });
    });
    expect(() => node.channel("c").subscribe(() => {})).toThrow("no room");
    failing.mockRestore();
    await site.settle();
    expect(site.reactor("a").ports).toHaveLength(0);
    const got = texts(node, "c");
    node.channel("c").publish(X);
    await site.settle();
    expect(got).toEqual(["x"]);
  });

  test("subscribe() leaves the group with the last channel", async () => {
    const site = new MemorySite();
    const { node } = join(site, "a");
    const [one, two] = ["c", "d"].map((channel) => node.channel(channel).subscribe(() => {}));
    const [port] = site.reactor("a").ports as readonly MulticastPort[];
    one!.unsubscribe();
    expect(port!.memberships).not.toEqual([]);
    two!.unsubscribe();
    expect(port!.memberships).toEqual([]);
  });

  test("publish() refuses a message of more than 16 MiB", () => {
    const site = new MemorySite();
    const { node, transport } = join(site, "a");
    const refused = expect.objectContaining({ code: "ERR_CHANNEL_MESSAGE_TOO_LONG", maxBytes: 16 * MEBIBYTE });
    expect(() => node.channel("c").publish(Buffer.alloc(16 * MEBIBYTE + 1))).toThrow(refused);
    const sender = transport.openSender("c");
    expect(() => sender.send(Buffer.alloc(16 * MEBIBYTE + 1))).toThrow(refused);
  });

  test("a message keeps what was published, and its place, while the fragments of a long one leave", async () => {
    const site = new MemorySite();
    const { node } = join(site, "a");
    const got: [number, number][] = [];
    node.channel("c").subscribe((data) => void got.push([data.length, data.at(-1)!]));
    const contents = Buffer.alloc(200_000, 1);
    node.channel("c").publish(contents);
    node.channel("c").publish(contents.fill(2).subarray(0, 10));
    contents.fill(3);
    await site.settle();
    await site.network.clock.advance(100);
    expect(got).toEqual([
      [200_000, 1],
      [10, 2],
    ]);
  });

  test("publish() drops what has no room behind long messages, and counts it without a gap in the numbers", async () => {
    const site = new MemorySite();
    const { node, transport } = join(site, "a");
    const heard = tap(site, "a");
    const long = Buffer.alloc(16 * MEBIBYTE);
    const taken = Array.from({ length: 5 }, () => node.channel("c").publish(long));
    expect(taken).toEqual([true, true, true, false, false]); // 64 MiB, and their costs
    expect(transport.statistics()).toMatchObject({ dropped: 2, waitingBytes: expect.any(Number) });
    expect(transport.statistics().waitingBytes).toBeLessThanOrEqual(64 * MEBIBYTE);
    await site.network.clock.advance(4000);
    node.channel("c").publish(X);
    await site.settle();
    expect(transport.statistics()).toMatchObject({ sent: 4, dropped: 2, waitingBytes: 0 });
    expect(heard.at(-1)!.readUInt32BE(4)).toBe(3);
  });
});

describe("close()", () => {
  test("LcmTransport.close() lets a long message leave first, and refuses further ones", async () => {
    const site = new MemorySite();
    const { node } = join(site, "a");
    const other = join(site, "a");
    const got: number[] = [];
    other.node.channel("c").subscribe((data) => void got.push(data.length));
    const { transport } = join(site, "a");
    const sender = transport.openSender("c");
    sender.send(Buffer.alloc(MEBIBYTE));
    const closed = transport.close();
    expect(transport.close()).toBe(closed);
    expect(() => sender.send(X)).toThrow(expect.objectContaining({ code: "ERR_TRANSPORT_CLOSED" }));
    expect(() => transport.openSender("c")).toThrow(expect.objectContaining({ code: "ERR_TRANSPORT_CLOSED" }));
    expect(() => transport.startReceiving("c", { packetReceived() {} })).toThrow(expect.objectContaining({ code: "ERR_TRANSPORT_CLOSED" }));
    await site.network.clock.advance(200);
    await closed;
    await site.settle();
    expect(got).toEqual([MEBIBYTE]);
    expect(transport.statistics()).toMatchObject({ sent: 1, dropped: 0, waitingBytes: 0 });
    await node.close();
  });

  test("LcmTransport.close() gives up after a second when its port has closed before it, and counts what waits", async () => {
    const site = new MemorySite();
    const { transport } = join(site, "a", { logger: site.log });
    const errors: Error[] = [];
    transport.on("error", (error) => errors.push(error));
    transport.openSender("c").send(Buffer.alloc(MEBIBYTE));
    for (const port of site.reactor("a").ports) void port.stopListening();
    await site.network.clock.advance(10);
    await transport.close();
    expect(errors).toHaveLength(1);
    expect(transport.statistics()).toMatchObject({ sent: 0, dropped: 1, waitingBytes: 0 });
  });

  test("LcmTransport.close() gives up when the network takes nothing for a second, and goes on while it takes something", async () => {
    const site = new MemorySite();
    const { transport } = join(site, "a");
    transport.openSender("c").send(Buffer.alloc(MEBIBYTE));
    const [port] = site.reactor("a").ports as readonly MulticastPort[];
    const writing = vi.spyOn(port!, "write").mockReturnValue(false);
    let isClosed = false;
    const closed = transport.close().then(() => {
      isClosed = true;
    });
    await site.network.clock.advance(900);
    writing.mockReturnValueOnce(true);
    await site.network.clock.advance(900);
    expect(isClosed).toBe(false);
    await site.network.clock.advance(200);
    await closed;
    expect(transport.statistics()).toMatchObject({ sent: 0, dropped: 1, waitingBytes: 0 });
  });

  test("LcmTransport.close() forgets incomplete messages", async () => {
    const site = new MemorySite();
    const { node, transport } = join(site, "a");
    node.channel("c").subscribe(() => {});
    const fragment = Buffer.concat([Buffer.from("LC03\0\0\0\0\0\0\0\x02\0\0\0\x01\0\x01\0\x02", "latin1"), X]);
    sender(site, "a")(fragment);
    await site.settle();
    expect(transport.statistics().heldBytes).toBeGreaterThan(0);
    await transport.close();
    expect(transport.statistics()).toMatchObject({ heldBytes: 0, incomplete: 1 });
  });
});

describe("receiving", () => {
  test("statistics().lost counts what is missing in the numbers of a sender, over all channels", async () => {
    const site = new MemorySite();
    const { node, transport } = join(site, "a");
    const got = texts(node, "c");
    const send = sender(site, "a");
    for (const [number, channel] of [
      [0, "c"],
      [1, "other"],
      [2, "c"],
      [5, "other"],
      [6, "c"],
    ] as const) {
      send(short(number, channel, String(number)));
    }
    await site.settle();
    expect(got).toEqual(["0", "2", "6"]);
    expect(transport.statistics()).toMatchObject({ received: 3, foreign: 2, lost: 2 });
  });

  test("statistics().kernelDrops counts what the receive buffer had no room for", async () => {
    const site = new MemorySite();
    const { node, transport } = join(site, "a", { receiveBufferBytes: 4096 });
    expect(transport.statistics().kernelDrops).toBe(0);
    const got = texts(node, "c");
    const send = sender(site, "a");
    for (let number = 0; number < 100; number++) send(short(number, "c", "x".repeat(1000)));
    await site.settle();
    const { kernelDrops } = transport.statistics();
    expect(kernelDrops).toBeGreaterThan(0);
    expect(got.length).toBe(100 - kernelDrops);
  });

  test("a fragment that comes again does not begin its message again, and a sender that starts again is heard", async () => {
    const site = new MemorySite();
    const { node, transport } = join(site, "a");
    const got = texts(node, "c");
    const send = sender(site, "a");
    const parts = ["LC03\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x02c\0a", "LC03\0\0\0\0\0\0\0\x02\0\0\0\x01\0\x01\0\x02b"].map((text) =>
      Buffer.from(text, "latin1"),
    );
    for (const part of [...parts, ...parts]) send(part);
    await site.settle();
    expect(got).toEqual(["ab"]);
    expect(transport.statistics()).toMatchObject({ heldBytes: 0, incomplete: 0, malformed: 0 });
    await site.network.clock.advance(3000);
    for (const part of parts) send(part);
    await site.settle();
    expect(got).toEqual(["ab", "ab"]);
  });

  test("a receiver that throws keeps the message from no other, and its error is told", async () => {
    const site = new MemorySite();
    const { transport } = join(site, "a");
    const errors: Error[] = [];
    transport.on("error", (error) => errors.push(error));
    const got: string[] = [];
    transport.startReceiving("c", {
      packetReceived() {
        throw new Error("mine");
      },
    });
    transport.startReceiving("c", { packetReceived: ({ payload }) => void got.push(payload.toString()) });
    sender(site, "a")(short(0, "c", "x"));
    await site.settle();
    expect(got).toEqual(["x"]);
    expect(errors).toEqual([new Error("mine")]);
  });

  test("a long message whose last subscriber leaves while its fragments come is foreign", async () => {
    const site = new MemorySite();
    const { node, transport } = join(site, "a");
    const fence = texts(node, "fence");
    const subscription = node.channel("c").subscribe(() => {});
    const send = sender(site, "a");
    send(Buffer.from("LC03\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x02c\0a", "latin1"));
    await site.settle();
    subscription.unsubscribe();
    send(Buffer.from("LC03\0\0\0\0\0\0\0\x02\0\0\0\x01\0\x01\0\x02b", "latin1"));
    send(short(1, "fence", "x"));
    await site.settle();
    expect(fence).toEqual(["x"]);
    expect(transport.statistics()).toMatchObject({ received: 1, foreign: 1 });
  });
});

test("ChannelRelay passes named channels between LCM and UDP, both ways, and not what another relay has passed", async () => {
  const site = new MemorySite();
  const reactor = site.reactor("a");
  const relays = [0, 1].map(() => {
    const lcm = { network: "lcm", transport: new LcmTransport(reactor) };
    const udp = { network: "udp", transport: new UdpTransport(reactor) };
    return new ChannelRelay(reactor, { sides: [lcm, udp], allow: [{ channels: "c" }] });
  });
  const onLcm = join(site, "a").node;
  const onUdp = site.node("a");
  const got = [texts(onLcm, "c"), texts(onUdp, "c")];
  onLcm.channel("c").publish(Buffer.from("from lcm"));
  onUdp.channel("c").publish(Buffer.from("from udp"));
  await site.settle();
  // Each of the two relays passes each message once.
  expect(got.map((heard) => heard.sort())).toEqual([
    ["from lcm", "from udp", "from udp"],
    ["from lcm", "from lcm", "from udp"],
  ]);
  for (const relay of relays) await relay.close();
});

test("ChannelRelay passes LCM's messages as they come by a rule with reliable: true, as nobody can be asked for them", async () => {
  const site = new MemorySite();
  const reactor = site.reactor("a");
  const lcm = { network: "lcm", transport: new LcmTransport(reactor) };
  const udp = { network: "udp", transport: new UdpTransport(reactor) };
  using relay = new ChannelRelay(reactor, { sides: [lcm, udp], allow: [{ channels: "c", reliable: true }] });
  const got = texts(site.node("a"), "c");
  const send = sender(site, "a");
  for (const number of [0, 5, 3]) send(short(number, "c", String(number)));
  await site.settle();
  expect(got).toEqual(["0", "5", "3"]);
  expect(relay.statistics()[0]).toMatchObject({ forwarded: 3, recovered: 0, givenUp: 0 });
});
