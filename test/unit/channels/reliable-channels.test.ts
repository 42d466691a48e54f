// Reliable channels on networks that lose, repeat and reorder datagrams.
import { type ChannelReceiver, type ChannelSender, type RepairingSender, UdpTransport } from "@groupcast/channels";
import { Reactor } from "groupcast";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { countTo, LossySite, Reader } from "../../support/channels/lossy-site.js";
import { KEYS } from "../../support/channels/sealed-pair.js";
import { TappedTransport } from "../../support/channels/tapped-transport.js";

const DISTURBED = { duplicate: 0.02, reorder: 0.02, delayMs: 1 };
const SEEDS = 350; // of each share of loss; a run of some thousand seeds takes RELIABLE_SEEDS
const seeds = Number(process.env.RELIABLE_SEEDS ?? SEEDS);
const MESSAGES = 60;
const SEAL = { keys: { 1: KEYS[1] }, current: 1 };

// The back-off is random. Here it is the same in each run, as the network is.
beforeEach(() => {
  let state = 1;
  vi.spyOn(Math, "random").mockImplementation(() => {
    state = (state * 16_807) % 2_147_483_647; // Park and Miller, 1988
    return state / 2_147_483_647;
  });
});

afterEach(() => void vi.restoreAllMocks());

/** A transport that takes a packet now and then. */
class SlowTransport extends UdpTransport {
  isOpen = true;

  constructor(site: LossySite) {
    super(new Reactor({ backend: site.network.host("a"), clock: site.network.clock }), { ttl: 1 });
  }

  override openSender(channel: string): ChannelSender {
    const sender = super.openSender(channel);
    return { send: (payload) => this.#takes() && sender.send(payload), close: () => sender.close() };
  }

  override openRepairingSender(channel: string, asks: ChannelReceiver): RepairingSender {
    const sender = super.openRepairingSender(channel, asks);
    const { send } = sender;
    sender.send = (payload) => this.#takes() && send(payload);
    return sender;
  }

  #takes(): boolean {
    const takes = this.isOpen;
    this.isOpen = false;
    return takes;
  }
}

describe("losses", () => {
  test.each([0.01, 0.05, 0.2])(
    "reliable: all of a sender's messages come once and in order when %d of all datagrams are lost",
    async (loss) => {
      const wrong: number[] = [];
      for (let seed = 1; seed <= seeds; seed++) {
        const site = new LossySite(seed, { ...DISTURBED, loss });
        const reader = await site.reader("b");
        await site.publish(site.open(site.node("a")), MESSAGES);
        await site.pass(1500);
        if (reader.numbers.join() !== countTo(MESSAGES).join()) wrong.push(seed);
      }
      expect(wrong).toEqual([]);
    },
  );

  test("reliable: what is sent again is less than twice what was lost, at 20,000 messages a second", async () => {
    const site = new LossySite(7, { loss: 0.2, delayMs: 0.2 });
    const reader = await site.reader("b");
    const publisher = site.open(site.node("a"));
    await site.publish(publisher, 20_000);
    await site.pass(1500);
    const { repaired, repairedForAll } = publisher.statistics().reliable!.sender;
    const { missing, givenUp } = reader.counters;
    expect(missing).toBeGreaterThan(3000);
    expect(givenUp).toBeLessThanOrEqual(2); // a ten thousandth
    expect(reader.numbers.length).toBe(20_000 - givenUp);
    expect((repaired + repairedForAll) / missing).toBeLessThan(2);
  });

  test("reliable: several receivers on a bad network get all, and what several ask for is sent to all of them", async () => {
    const site = new LossySite(3, { loss: 0.1, delayMs: 1 });
    const readers = [await site.reader("b"), await site.reader("c"), await site.reader("d"), await site.reader("e")];
    const publisher = site.open(site.node("a"));
    await site.publish(publisher, 1000);
    await site.pass(1500);
    for (const { numbers } of readers) expect(numbers).toEqual(countTo(1000));
    expect(publisher.statistics().reliable!.sender.repairedForAll).toBeGreaterThan(0);
  });

  test("reliable: the loss of the last message is noticed without a further one", async () => {
    const site = new LossySite();
    const publisher = site.open(site.node("a"));
    const reader = await site.reader("b");
    await site.publish(publisher, 3);
    await site.pass(5);
    site.cut("a", true);
    publisher.publish(Buffer.from("3"));
    await site.pass(15);
    site.cut("a", false);
    await site.pass(100);
    expect(reader.numbers).toEqual([0, 1, 2, 3]);
    expect(reader.messages.map(({ lead, lost }) => [lead, lost])).toEqual(countTo(4).map(() => [1, 0]));
  });

  test("reliable: a publisher tells that it can be asked before its first packet", async () => {
    const site = new LossySite();
    await site.publish(site.open(site.node("a")), 2);
    await site.pass(1);
    const sent = site.network.trace.records.filter(({ event, node }) => event === "sent" && node === "a");
    expect(sent.map(({ packet }) => packet.payload.includes("/c"))).toEqual([true, false, false]);
  });

  test("reliable: packets that change places are not asked for", async () => {
    const site = new LossySite(5, { reorder: 0.05, reorderDelayMs: 0.4, delayMs: 0.1 });
    const reader = await site.reader("b");
    const publisher = site.open(site.node("a"));
    await site.publish(publisher, 200);
    await site.pass(50);
    expect(reader.numbers).toEqual(countTo(200));
    expect(reader.counters.recovered).toBeGreaterThan(0);
    expect(publisher.statistics().reliable!.sender.repaired).toBeLessThan(reader.counters.recovered);
  });
});

describe("deadline", () => {
  test("repairWithinMs is the longest that a gap holds messages back, and then it is told as lost", async () => {
    const site = new LossySite();
    const sender = site.node("a");
    const publisher = site.open(sender);
    const reader = await site.reader("b", { reliable: { repairWithinMs: 200 } });
    await site.publish(publisher, 2);
    await site.pass(100);
    site.cut("a", true);
    await site.publish(publisher, 3, 2);
    await site.pass(1);
    site.cut("a", false);
    publisher.publish(Buffer.from("5"));
    await site.pass(1);
    site.cut("a", true); // no question comes through
    await site.pass(195);
    expect(reader.numbers).toEqual([0, 1]);
    await site.pass(30);
    expect(reader.numbers).toEqual([0, 1, 5]);
    expect(reader.messages.at(-1)).toMatchObject({ lead: 4, lost: 3 });
    expect(reader.losses).toMatchObject([{ count: 3, reason: "deadline", from: { address: "10.0.0.1" } }]);
    expect([reader.channel.statistics().lost, reader.counters.givenUp]).toEqual([3, 3]);
  });

  test("a message that comes after it was told as lost is delivered late, and ordered subscribers do not get it", async () => {
    const site = new LossySite();
    const publisher = site.open(site.node("a"));
    const reader = await site.reader("b", { reliable: { repairWithinMs: 20 } });
    const ordered: string[] = [];
    reader.channel.subscribe((data) => void ordered.push(data.toString()), { ordered: true });
    await site.publish(publisher, 1);
    await site.pass(100);
    site.cut("a", true);
    await site.publish(publisher, 1, 1);
    await site.pass(1);
    site.network.host("a").setLink("eth0", { delayMs: 40 });
    publisher.publish(Buffer.from("2"));
    await site.pass(300);
    expect(reader.messages.map(({ lead }) => lead)).toEqual([1, 2, -1]);
    expect([reader.numbers, ordered]).toEqual([
      [0, 2, 1],
      ["0", "2"],
    ]);
    expect(reader.counters).toMatchObject({ givenUp: 1, unordered: 1 });
  });

  test("what a publisher keeps no more is told as lost at once", async () => {
    const site = new LossySite();
    const publisher = site.open(site.node("a"), { reliable: { packets: 4 } });
    const reader = await site.reader("b", { reliable: { repairWithinMs: 60_000 } });
    await site.publish(publisher, 2);
    await site.pass(50);
    site.cut("a", true);
    await site.publish(publisher, 8, 2);
    await site.pass(1);
    site.cut("a", false);
    await site.pass(300);
    expect(reader.numbers).toEqual([0, 1, 6, 7, 8, 9]);
    expect(reader.losses).toMatchObject([{ count: 4, reason: "gone" }]);
    expect(publisher.statistics().reliable!.sender.gone).toBe(1);
  });
});

describe("sealed and fragmented", () => {
  test("reliable: a sealed channel repairs, and questions without the key are refused", async () => {
    const site = new LossySite(4, { loss: 0.1, delayMs: 1 });
    const options = { reliable: true, seal: SEAL };
    const reader = await site.reader("b", options);
    const publisher = site.open(site.node("a"), options);
    const stranger = await site.reader("c", { reliable: true }); // asks without a key
    await site.publish(publisher, 500);
    await site.pass(1500);
    expect(reader.numbers).toEqual(countTo(500));
    expect(new Set(reader.messages.map(({ sender }) => sender))).toEqual(new Set([publisher.seal!.sender]));
    expect(stranger.counters.questions).toBeGreaterThan(0);
    const { malformed, sender } = publisher.statistics().reliable!;
    expect(malformed).toBeGreaterThan(0);
    expect(sender.introductions).toBeLessThanOrEqual(reader.counters.questions);
  });

  test("reliable: repairs go on while the key of a sealed channel is rotated", async () => {
    const site = new LossySite(4, { loss: 0.1, delayMs: 1 });
    const options = { reliable: true, seal: SEAL };
    const reader = await site.reader("b", options);
    const publisher = site.open(site.node("a"), options);
    const rotations = [
      { keys: { 1: KEYS[1], 2: KEYS[2] }, current: 1 },
      { keys: { 1: KEYS[1], 2: KEYS[2] }, current: 2 },
      { keys: { 2: KEYS[2] }, current: 2 },
    ];
    await site.publish(publisher, 100);
    for (const [index, rotation] of rotations.entries()) {
      for (const { seal } of [reader.channel, publisher]) seal!.rotate(rotation);
      await site.publish(publisher, 100, 100 * (index + 1));
      await site.pass(1000); // the next step when the last has come everywhere
    }
    expect(reader.numbers).toEqual(countTo(400));
  });

  test("reliable: packets more than 1024 behind are accepted on a sealed channel, as a repair may be", async () => {
    const site = new LossySite();
    const options = { reliable: true, seal: SEAL };
    const reader = await site.reader("b", options);
    const publisher = site.open(site.node("a"), options);
    await site.publish(publisher, 1);
    await site.pass(50);
    site.cut("a", true);
    await site.publish(publisher, 1, 1);
    await site.pass(1);
    site.cut("a", false);
    for (let i = 2; i < 3000; i++) {
      publisher.publish(Buffer.from(`${i}`));
      if (i % 100 === 0) await site.pass(0.1); // before the gap can be asked for
    }
    await site.pass(500);
    expect(reader.numbers).toEqual(countTo(3000));
  });

  test("reliable: a message of 16 MiB arrives whole when 1 of 100 frames is lost, and only its missing fragments are sent again", async () => {
    const site = new LossySite(2, { loss: 0.01, delayMs: 0.2 });
    const options = { reliable: true, fragment: true };
    const lengths: number[] = [];
    site.open(site.node("b"), options).subscribe((data) => void lengths.push(data.length));
    await site.pass(10);
    const publisher = site.open(site.node("a"), options);
    publisher.publish(Buffer.alloc(16 * 1024 * 1024));
    await site.pass(2000);
    expect(lengths).toEqual([16 * 1024 * 1024]);
    const { repaired } = publisher.statistics().reliable!.sender;
    expect(repaired).toBeGreaterThan(0);
    expect(repaired).toBeLessThan(2048 / 4); // a fragment is six frames
  });
});

describe("a slow publisher of a long message", () => {
  test.each([
    [true, 1],
    [false, 0],
  ])("reliable: %j, and of a message that takes ten seconds %d arrives", async (reliable, count) => {
    const site = new LossySite();
    const options = { reliable, fragment: true };
    let received = 0;
    const reader = site.open(site.node("b"), options);
    reader.subscribe(() => void received++);
    await site.pass(10);
    const transport = new SlowTransport(site);
    const publisher = site.open(site.node("a", { transport, ttl: undefined, receiveBufferBytes: undefined }), options);
    publisher.publish(Buffer.alloc(40 * 8000));
    for (let i = 0; i < 40; i++) {
      transport.isOpen = true;
      await site.pass(1);
      transport.isOpen = false;
      await site.pass(249);
    }
    await site.pass(40_000);
    expect([received, reader.statistics().incomplete > 0]).toEqual([count, count === 0]);
  });
});

describe("others on the channel", () => {
  test("reliable: a subscriber without the option gets each message, and repairs to all as late ones or repeats", async () => {
    const site = new LossySite(3, { loss: 0.1, delayMs: 1 });
    const readers = [await site.reader("b"), await site.reader("c"), await site.reader("d")];
    site.network.host("e").setLink("eth0", {});
    const plain: number[] = [];
    const leads: number[] = [];
    site.open(site.node("e"), {}).subscribe((data, { lead }) => {
      if (lead > 0) plain.push(Number(data.toString()));
      leads.push(lead);
    });
    await site.publish(site.open(site.node("a")), 500);
    await site.pass(1500);
    expect(readers.map(({ numbers }) => numbers.length)).toEqual([500, 500, 500]);
    expect(plain).toEqual(plain.toSorted((a, b) => a - b));
    expect(leads.filter((lead) => lead < 0).length).toBeGreaterThan(0);
  });

  test("reliable: the messages of a publisher without the option are delivered as they come, gaps told", async () => {
    const site = new LossySite();
    const reader = await site.reader("b");
    const publisher = site.open(site.node("a"), {});
    await site.publish(publisher, 2);
    await site.pass(1000);
    site.cut("a", true);
    await site.publish(publisher, 1, 2);
    await site.pass(1);
    site.cut("a", false);
    await site.publish(publisher, 2, 3);
    await site.pass(1);
    expect(reader.numbers).toEqual([0, 1, 3, 4]);
    expect(reader.messages.map(({ lost }) => lost)).toEqual([0, 0, 1, 0]);
    const asked = reader.counters.questions;
    await site.pass(10_000);
    expect([asked, reader.counters.questions]).toEqual([8, 8]);
  });

  test("reliable: a gap of a publisher that has not answered is given up when it counts as one that cannot", async () => {
    const site = new LossySite();
    const reader = await site.reader("b");
    const publisher = site.open(site.node("a"), {});
    await site.publish(publisher, 1);
    await site.pass(1);
    site.cut("a", true);
    await site.publish(publisher, 1, 1);
    await site.pass(1);
    site.cut("a", false);
    await site.publish(publisher, 1, 2);
    await site.pass(500);
    expect(reader.numbers).toEqual([0, 2]);
    expect(reader.losses).toMatchObject([{ count: 1, reason: "unanswered" }]);
  });

  test("reliable: a subscriber that comes late begins with the message that is next, in order", async () => {
    const site = new LossySite(1, { loss: 0.05 });
    const publisher = site.open(site.node("a"));
    await site.publish(publisher, 400);
    await site.pass(100);
    const reader = await site.reader("b");
    await site.publish(publisher, 400, 400);
    await site.pass(1500);
    const [first] = reader.numbers;
    expect(first).toBeGreaterThanOrEqual(400);
    expect(first).toBeLessThan(420);
    expect(reader.numbers).toEqual(countTo(800, first));
    expect(reader.losses).toEqual([]);
  });

  test("reliable: a publisher that closes its channel and opens it again is another sender, all of whose messages come", async () => {
    const site = new LossySite(1, { loss: 0.05 });
    const reader = await site.reader("b");
    const node = site.node("a");
    const before = site.open(node);
    await site.publish(before, 100);
    await site.pass(500);
    await before.close();
    await site.publish(site.open(node), 100, 100);
    await site.pass(1000);
    expect(reader.numbers).toEqual(countTo(200));
  });

  test("reliable: what a relay brings is delivered as it comes, and no relay is asked", async () => {
    const site = new LossySite();
    const reader = await site.reader("b");
    const relay = new UdpTransport(new Reactor({ backend: site.network.host("relay"), clock: site.network.clock }), { ttl: 1 });
    const sender = relay.openSender("c", "relay");
    for (let i = 0; i < 3; i++) {
      sender.send(Buffer.from(`${i}`));
      await site.pass(1);
      site.cut("relay", i === 0); // the second is lost
    }
    expect(reader.numbers).toEqual([0, 2]);
    await site.pass(1000);
    expect(reader.counters.questions).toBe(0);
    await relay.close();
  });

  test("reliable: a sender that had to make room for 4096 others is not heard again with what it had sent", async () => {
    const site = new LossySite();
    const publisher = site.open(site.node("a"));
    const transport = new TappedTransport(new Reactor({ backend: site.network.host("b"), clock: site.network.clock }), { ttl: 1 });
    const reader = new Reader(site.open(site.node("b", { transport, ttl: undefined, receiveBufferBytes: undefined })));
    await site.pass(5);
    await site.publish(publisher, 5);
    await site.pass(1000);
    for (let i = 0; i < 4096; i++) transport.forge("packets", { id: `${i}` }, Buffer.from("9"), 0);
    await site.pass(5000);
    publisher.publish(Buffer.from("5"));
    await site.pass(1000);
    expect(reader.numbers.filter((number) => number !== 9)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("unsubscribe() ends the questions, and what waited counts as discarded", async () => {
    const site = new LossySite();
    const publisher = site.open(site.node("a"));
    const node = site.node("b");
    const channel = site.open(node);
    const subscription = channel.subscribe(() => {});
    await site.pass(5);
    await site.publish(publisher, 1);
    await site.pass(50);
    site.cut("a", true);
    await site.publish(publisher, 1, 1);
    await site.pass(1);
    site.cut("a", false);
    await site.publish(publisher, 2, 2);
    await site.pass(0.1);
    subscription.unsubscribe();
    const { discarded, questions } = channel.statistics().reliable!.receiver;
    await site.pass(1000);
    expect([discarded, channel.statistics().reliable!.receiver.questions - questions, node.statistics().orderingBytes]).toEqual([2, 0, 0]);
    const again = new Reader(channel);
    await site.publish(publisher, 1, 4);
    await site.pass(100);
    expect(again.numbers).toEqual([4]);
  });

  test("close() gives back what a publisher kept, and its port", async () => {
    const site = new LossySite();
    const node = site.node("a");
    const publisher = site.open(node);
    await site.publish(publisher, 100);
    expect(node.statistics().keptBytes).toBe(100 * 256 + 10 + 90 * 2);
    await Promise.all([publisher.close(), site.pass(200)]);
    expect([node.statistics().keptBytes, publisher.statistics().reliable!.keptBytes]).toEqual([0, 0]);
  });
});

describe("options", () => {
  test.each([
    [{ reliable: 1 }, "ERR_ARGUMENT_TYPE"],
    [{ reliable: { repairWithinMs: 0 } }, "ERR_ARGUMENT_RANGE"],
    [{ reliable: { repairWithinMs: 60_001 } }, "ERR_ARGUMENT_RANGE"],
    [{ reliable: { packets: 0 } }, "ERR_ARGUMENT_RANGE"],
    [{ reliable: { bytes: 65_535 } }, "ERR_ARGUMENT_RANGE"],
    [{ reliable: { repairBytesPerSecond: 1 } }, "ERR_ARGUMENT_RANGE"],
    [{ reliable: { lingerMs: -1 } }, "ERR_ARGUMENT_RANGE"],
    [{ reliable: { lingerMs: 60_001 } }, "ERR_ARGUMENT_RANGE"],
    [{ reliable: { deadlineMs: 5 } }, "ERR_OPTION_UNKNOWN"],
    [{ history: {} }, "ERR_ARGUMENT_TYPE"],
    [{ history: { messages: 0 } }, "ERR_ARGUMENT_RANGE"],
    [{ history: { messages: 1, bytes: 0 } }, "ERR_ARGUMENT_RANGE"],
    [{ history: 5 }, "ERR_ARGUMENT_TYPE"],
    [{ latest: "yes" }, "ERR_ARGUMENT_TYPE"],
  ])("channel() refuses %j with %s, and the name stays free", (options, code) => {
    const node = new LossySite().node("a");
    expect(() => node.channel("c", options as never)).toThrow(expect.objectContaining({ code }));
    expect(node.channel("c", { reliable: true }).isClosed).toBe(false);
  });

  test("channel() refuses a reliable channel whose name leaves no room for its notes", () => {
    const node = new LossySite().node("a");
    const refusal = expect.objectContaining({ code: "ERR_CHANNEL_NAME" });
    expect(() => node.channel("x".repeat(255), { reliable: true })).toThrow(refusal);
    expect(node.channel("x".repeat(254), { reliable: true }).isClosed).toBe(false);
  });
});
