// The way back of the UDP transport: senders that can be asked, and those who ask them.
import { type ChannelReceiver, type ReceivedPacket, UdpTransport } from "@groupcast/channels";
import { describe, expect, test } from "vitest";
import { MemorySite } from "../../support/channels/memory-site.js";

const X = Buffer.from("x");

/** Takes packets, and tells what was in them. */
class Recorder implements ChannelReceiver {
  readonly packets: ReceivedPacket[] = [];

  packetReceived(packet: ReceivedPacket): void {
    this.packets.push(packet);
  }

  get texts(): string[] {
    return this.packets.map(({ payload, sequence }) => `${sequence} ${payload.toString()}`);
  }
}

/** A sender that can be asked, and two hosts that receive and ask. */
async function asked(channel = "c") {
  const site = new MemorySite();
  const recorders = { asks: new Recorder(), b: new Recorder(), bNotes: new Recorder(), d: new Recorder(), dNotes: new Recorder() };
  const [a, b, d] = ["a", "b", "d"].map((host) => new UdpTransport(site.reactor(host), { ttl: 1 })) as [
    UdpTransport,
    UdpTransport,
    UdpTransport,
  ];
  b.startReceiving(channel, recorders.b);
  d.startReceiving(channel, recorders.d);
  const [asker, other] = [b.openAsker(channel, recorders.bNotes), d.openAsker(channel, recorders.dNotes)];
  await site.settle();
  const sender = a.openRepairingSender(channel, recorders.asks);
  sender.send(Buffer.from("first"));
  await site.settle();
  return { site, transports: { a, b, d }, sender, asker, other, ...recorders, source: recorders.b.packets[0]!.source };
}

describe("openRepairingSender()", () => {
  test("counts from 0, and a packet that is sent again has the number that it had, and takes none", async () => {
    const { site, sender, b, d } = await asked();
    expect(sender.nextSequence()).toBe(1);
    expect(sender.repeat(Buffer.from("again"), 0)).toBe(true);
    sender.send(Buffer.from("second"));
    await site.settle();
    for (const { texts } of [b, d]) expect(texts).toEqual(["0 first", "0 again", "1 second"]);
    expect(new Set(b.packets.map(({ source }) => source.id)).size).toBe(1);
  });

  test("gets what is asked, and answers the asker alone with packets and notes, from the same source", async () => {
    const { site, sender, asker, asks, b, bNotes, d, dNotes, source } = await asked();
    expect(asker.ask(Buffer.from("question"), source)).toBe(true);
    await site.settle();
    expect(asks.packets).toMatchObject([{ channel: "/c", payload: Buffer.from("question"), isRelayed: false }]);
    const from = asks.packets[0]!.source;
    expect(from.address).toBe("10.0.0.2");
    expect([
      sender.repeat(Buffer.from("again"), 7, from),
      sender.note(Buffer.from("note"), from),
      sender.note(Buffer.from("to all")),
    ]).toEqual([true, true, true]);
    await site.settle();
    expect([b.texts, d.texts]).toEqual([["0 first", "7 again"], ["0 first"]]);
    expect([bNotes.texts.toSorted(), dNotes.texts]).toEqual([["0 note", "0 to all"], ["0 to all"]]);
    expect(b.packets.map((packet) => packet.source.id)).toEqual([source.id, source.id]);
  });

  test("each has a source and a count of its own, apart from openSender()'s", async () => {
    const { site, transports, sender, b } = await asked();
    const second = transports.a.openRepairingSender("c", new Recorder());
    transports.a.openSender("c").send(X);
    second.send(X);
    sender.send(X);
    await site.settle();
    expect(b.texts).toEqual(["0 first", "0 x", "0 x", "1 x"]);
    expect(new Set(b.packets.map(({ source }) => source.id)).size).toBe(3);
  });

  test("close() gives the port back and refuses what comes after, as does the transport's", async () => {
    const { site, transports, sender } = await asked();
    const refusal = expect.objectContaining({ code: "ERR_TRANSPORT_CLOSED" });
    const ports = site.reactor("a").ports.length;
    await sender.close();
    expect([site.reactor("a").ports.length, await sender.close()]).toEqual([ports - 1, undefined]);
    for (const call of [() => sender.send(X), () => sender.repeat(X, 0), () => sender.note(X)]) expect(call).toThrow(refusal);
    const other = transports.a.openRepairingSender("c", new Recorder());
    await transports.a.close();
    expect(() => other.note(X)).toThrow(refusal);
    expect(() => transports.a.openRepairingSender("c", new Recorder())).toThrow(refusal);
    expect(site.reactor("a").ports).toEqual([]);
  });

  test("refuses what is no channel's name, and nothing is open", () => {
    const site = new MemorySite();
    const transport = new UdpTransport(site.reactor("a"));
    expect(() => transport.openRepairingSender("ü", new Recorder())).toThrow(expect.objectContaining({ code: "ERR_CHANNEL_NAME" }));
    expect(site.reactor("a").ports).toEqual([]);
  });

  test("its packets are those of pulicast, and its notes those of a name that no node can open", async () => {
    const { site, sender } = await asked();
    sender.note(X);
    await site.settle();
    const sent = site.network.trace.records.filter(({ event, node }) => event === "sent" && node === "a").map(({ packet }) => packet);
    expect(sent.map(({ payload }) => payload.toString("latin1"))).toEqual(["PULI\x01c\0\0\0\0first", "PULI\x02/c\0\0\0\0x"]);
    expect(new Set(sent.map(({ destination }) => destination)).size).toBe(1);
  });
});

describe("openAsker()", () => {
  test("all channels of a transport ask from one port, which is closed with the last", async () => {
    const { site, transports, asker, asks, source } = await asked();
    const ports = site.reactor("b").ports.length;
    const second = transports.b.openAsker("e", new Recorder());
    expect(site.reactor("b").ports.length).toBe(ports);
    asker.ask(X, source);
    await site.settle();
    const [{ source: from }] = asks.packets as [ReceivedPacket];
    asker.close();
    asker.close();
    expect(site.reactor("b").ports.length).toBe(ports);
    second.close();
    await site.settle();
    expect(site.reactor("b").ports.length).toBe(ports - 1);
    const again = transports.b.openAsker("c", new Recorder());
    again.ask(X, source);
    await site.settle();
    expect(asks.packets[1]!.source.address).toBe(from.address);
  });

  test("close() ends the notes, and ask() throws from then on, also when the transport closes", async () => {
    const { site, transports, sender, asker, other, bNotes, dNotes, source } = await asked();
    const refusal = expect.objectContaining({ code: "ERR_TRANSPORT_CLOSED" });
    asker.close();
    sender.note(X);
    await site.settle();
    expect([bNotes.texts, dNotes.texts]).toEqual([[], ["0 x"]]);
    expect(() => asker.ask(X, source)).toThrow(refusal);
    await transports.d.close();
    expect(() => other.ask(X, source)).toThrow(refusal);
    expect(() => transports.d.openAsker("c", new Recorder())).toThrow(refusal);
  });

  test("a source without an address is not asked, and that counts as dropped", async () => {
    const { transports, asker } = await asked();
    expect(asker.ask(X, { id: "0123456789abcdef" })).toBe(false);
    expect(transports.b.statistics()).toMatchObject({ sent: 0, dropped: 1 });
  });

  test("an address that the host loses is no longer its own, so that TTL 0 does not reach it", async () => {
    const site = new MemorySite();
    const transport = new UdpTransport(site.reactor("a"));
    const asker = transport.openAsker("c", new Recorder());
    const own = { id: "own", address: "10.0.0.1", port: 5000 };
    expect([asker.ask(X, own), asker.ask(X, { id: "other", address: "10.0.0.2", port: 5000 })]).toEqual([true, false]);
    site.network.host("a").removeAddress("eth0", "10.0.0.1");
    await site.network.clock.advance(1001);
    expect(asker.ask(X, own)).toBe(false);
  });
});

test("a channel whose asker cannot be opened is not subscribed, and nothing is received", () => {
  const site = new MemorySite();
  class Refusing extends UdpTransport {
    override openAsker(): never {
      throw new Error("no port is free");
    }
  }
  const node = site.node("a", { transport: new Refusing(site.reactor("a")) });
  const channel = node.channel("c", { reliable: true });
  expect(() => channel.subscribe(() => {})).toThrow("no port is free");
  expect([
    channel.isSubscribed,
    site.reactor("a").ports.flatMap((port) => [...(port as never as { memberships: unknown[] }).memberships]),
  ]).toEqual([false, []]);
});
