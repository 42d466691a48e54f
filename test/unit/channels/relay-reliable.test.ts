// Relays and reliable channels: a relay passes repairs on once, no notes at all, and asks for what is missing where its rule says so.
import { type Channel, ChannelRelay, type ReceivedPacket, type RelayRule, UdpTransport } from "@groupcast/channels";
import { Reactor } from "groupcast";
import { describe, expect, test, vi } from "vitest";
import { encodeQuestion, NO_STREAM, NO_TOKEN } from "../../../packages/channels/src/reliable/repair-notes.js";
import { Hub, HubClock } from "../../support/channels/hub.js";
import { countTo, LossySite, Reader } from "../../support/channels/lossy-site.js";
import { KEYS } from "../../support/channels/sealed-pair.js";

const CHANNELS_PORT = 8765;
const RELAY_PORT = CHANNELS_PORT + 64;
const MESSAGES = 1000;

/** A site with multicast, a hub, and a relay between them on host "relay". */
class RelayedSite {
  readonly site: LossySite;
  readonly clock = new HubClock();
  readonly hub = new Hub(this.clock);
  readonly reactor: Reactor;
  readonly relay: ChannelRelay;
  readonly heard: { channel: string; text: string }[] = [];

  constructor(rule: Partial<RelayRule>, loss = 0, ttl = 1) {
    this.site = new LossySite(1, { loss });
    this.reactor = new Reactor({ backend: this.site.network.host("relay"), clock: this.site.network.clock });
    const sides = [
      { transport: new UdpTransport(this.reactor, { ttl }), network: "site" },
      { transport: this.hub.transport(), network: "hub" },
    ] as const;
    this.relay = new ChannelRelay(this.reactor, { sides, allow: [{ channels: "c", ...rule }], logger: this.site.log });
    this.hub.transport().startReceiving("**", {
      packetReceived: ({ channel, payload }) => void this.heard.push({ channel, text: payload.toString() }),
    });
  }

  get numbers(): number[] {
    this.clock.run();
    return this.heard.map(({ text }) => Number(text));
  }

  get there() {
    return this.relay.statistics()[0];
  }

  /** Publishes the numbers from 0 to 9; the relay hears 0 to 4 and 8 and 9. */
  async publishWithGap(channel: Channel): Promise<void> {
    await this.site.publish(channel, 5);
    await this.site.pass(50);
    this.site.cut("relay", true);
    await this.site.publish(channel, 3, 5);
    await this.site.pass(1);
    this.site.cut("relay", false);
    await this.site.publish(channel, 2, 8);
    await this.site.pass(200);
  }
}

describe("a rule with reliable: true", () => {
  test.each([0.01, 0.2])("at a loss of %d each packet passes, once and in order, and what was missing is counted", async (loss) => {
    const relayed = new RelayedSite({ reliable: true }, loss);
    const publisher = relayed.site.open(relayed.site.node("a"));
    await relayed.site.publish(publisher, MESSAGES);
    await relayed.site.pass(1500);
    expect(relayed.numbers).toEqual(countTo(MESSAGES));
    expect(relayed.there).toMatchObject({ forwarded: MESSAGES, repeated: 0, givenUp: 0 });
    expect(relayed.there.recovered).toBeGreaterThan((MESSAGES * loss) / 2);
  });

  test("a pattern's channels are repaired, too, and no notes pass", async () => {
    const relayed = new RelayedSite({ channels: "**", reliable: true });
    const publisher = relayed.site.open(relayed.site.node("a", { heartbeatMs: 100 }));
    publisher.publish(Buffer.from("0")); // by which the relay finds the channel
    await relayed.site.pass(500);
    await relayed.site.publish(publisher, 4, 1);
    await relayed.site.pass(50);
    relayed.site.cut("relay", true);
    await relayed.site.publish(publisher, 1, 5);
    relayed.site.cut("relay", false);
    await relayed.site.publish(publisher, 1, 6);
    await relayed.site.pass(300);
    expect(relayed.numbers).toEqual(countTo(7, 1));
    expect(new Set(relayed.heard.map(({ channel }) => channel))).toEqual(new Set(["c"]));
  });

  test("what nobody sends again holds the rest back for a second, and is counted as given up", async () => {
    const relayed = new RelayedSite({ reliable: true });
    const publisher = relayed.site.open(relayed.site.node("a"), { reliable: { packets: 1 } });
    await relayed.site.publish(publisher, 5);
    await relayed.site.pass(50);
    relayed.site.cut("relay", true);
    await relayed.site.publish(publisher, 3, 5);
    await relayed.site.pass(1);
    relayed.site.cut("a", true); // it cannot say that it has them no more
    relayed.site.cut("relay", false);
    await relayed.site.pass(10);
    relayed.site.cut("a", false);
    await relayed.site.publish(publisher, 1, 8);
    await relayed.site.pass(1200);
    expect(relayed.numbers).toEqual([0, 1, 2, 3, 4, 8]);
    expect(relayed.there).toMatchObject({ recovered: 0, givenUp: 3 });
  });

  test("the packets of senders that do not repair pass as they come", async () => {
    const relayed = new RelayedSite({ reliable: true });
    await relayed.publishWithGap(relayed.site.open(relayed.site.node("a"), {}));
    await relayed.site.pass(400); // after which the sender counts as one that cannot be asked
    expect(relayed.numbers).toEqual([0, 1, 2, 3, 4, 8, 9]);
  });

  test("those of a sealed channel pass as they come: their notes are for members", async () => {
    const relayed = new RelayedSite({ reliable: true });
    const publisher = relayed.site.open(relayed.site.node("a"), { reliable: true, seal: { keys: { 1: KEYS[1] }, current: 1 } });
    await relayed.publishWithGap(publisher);
    await relayed.site.pass(2000);
    relayed.clock.run();
    expect(relayed.heard).toHaveLength(7);
    expect(publisher.statistics().reliable!.sender).toMatchObject({ introductions: 0, repaired: 0 });
  });

  test("only the channels themselves are asked about: no companions, and none whose name leaves no room for notes", () => {
    const openAsker = vi.spyOn(UdpTransport.prototype, "openAsker");
    new RelayedSite({ reliable: true });
    new RelayedSite({ reliable: true, channels: "x".repeat(255) });
    expect(openAsker.mock.calls.map(([channel]) => channel)).toEqual(["c"]);
    openAsker.mockRestore();
  });

  test("close() ends the questions, and leaves nothing open but what the transport has", async () => {
    const relayed = new RelayedSite({ reliable: true });
    const publisher = relayed.site.open(relayed.site.node("a"));
    await relayed.site.publish(publisher, 5);
    await relayed.site.pass(50);
    relayed.relay.close();
    await relayed.site.pass(10);
    const { questions } = publisher.statistics().reliable!.sender;
    await relayed.site.publish(publisher, 5, 6);
    await relayed.site.pass(500);
    expect(publisher.statistics().reliable!.sender.questions).toBe(questions);
    expect(relayed.reactor.ports).toHaveLength(1); // that which receives stays for the next channel
    expect(relayed.numbers).toEqual(countTo(5));
  });

  test.each([1, "yes", null])("new ChannelRelay() refuses reliable: %j", (reliable) => {
    const refusal = expect.objectContaining({ code: "ERR_ARGUMENT_TYPE", message: expect.stringContaining("reliable") });
    expect(() => new RelayedSite({ reliable: reliable as never })).toThrow(refusal);
  });
});

describe("a rule without it", () => {
  test("asks for nothing, and what was missing is missing on the other side", async () => {
    const relayed = new RelayedSite({});
    const publisher = relayed.site.open(relayed.site.node("a"));
    await relayed.publishWithGap(publisher);
    expect(relayed.numbers).toEqual([0, 1, 2, 3, 4, 8, 9]);
    expect(publisher.statistics().reliable!.sender.questions).toBe(0);
  });

  test("passes what is sent again to all at most once, and fills its own gaps by that", async () => {
    const relayed = new RelayedSite({}, 0.2);
    const readers = [await relayed.site.reader("b"), await relayed.site.reader("d"), await relayed.site.reader("e")];
    const publisher = relayed.site.open(relayed.site.node("a"));
    await relayed.site.publish(publisher, MESSAGES);
    await relayed.site.pass(1500);
    for (const reader of readers) expect(reader.numbers).toEqual(countTo(MESSAGES));
    const { numbers } = relayed;
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(relayed.there.repeated).toBeGreaterThan(0);
    expect(publisher.statistics().reliable!.sender.repairedForAll).toBeGreaterThan(0);
  });
});

describe("what a relay brings to a network", () => {
  test("is delivered as it comes, and a relay that is asked answers nobody", async () => {
    const relayed = new RelayedSite({ reliable: true });
    const { site, hub } = relayed;
    const reader = new Reader(site.open(site.node("b")));
    const sender = hub.transport().openSender("c");
    const bring = async (text: string): Promise<void> => {
      sender.send(Buffer.from(text));
      relayed.clock.run();
      await site.pass(50);
    };
    await bring("0");
    const sentByRelay = () => site.network.trace.records.filter(({ event, node }) => event === "sent" && node === "relay");
    const { source: address, sourcePort } = sentByRelay()[0]!.packet;
    expect(sourcePort).toBe(RELAY_PORT);
    const stranger = new UdpTransport(new Reactor({ backend: site.network.host("d"), clock: site.network.clock }), { ttl: 1 });
    const answers: ReceivedPacket[] = [];
    const asker = stranger.openAsker("c", { packetReceived: (packet) => void answers.push(packet) });
    const note = { stream: NO_STREAM, token: NO_TOKEN, nonce: 7, subscribedMs: 0, historyMessages: 9, historyBytes: 999, ranges: [] };
    for (const port of [RELAY_PORT, CHANNELS_PORT]) expect(asker.ask(encodeQuestion(note), { id: "relay", address, port })).toBe(true);
    await site.pass(200);
    await bring("1");
    expect(reader.messages.map(({ isRelayed }) => isRelayed)).toEqual([true, true]);
    expect([answers, sentByRelay().length, reader.counters.questions]).toEqual([[], 2, 0]);
  });
});
