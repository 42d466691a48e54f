// A reliable channel that closes, or whose node does, goes on sending again what others miss: as long as somebody asks, and no longer than it may.
import { type Channel, type ChannelOptions, ChannelStateError, UdpTransport } from "@groupcast/channels";
import { Reactor } from "groupcast";
import { describe, expect, test } from "vitest";
import { countTo, LossySite, Reader } from "../../support/channels/lossy-site.js";

const QUIET_MS = 150;
const STEP_MS = 1;
const LONGEST_MS = 10_000;

/** Passes the time that it takes to close; returns it. */
async function passed(site: LossySite, closed: Promise<void>): Promise<number> {
  const { clock } = site.network;
  const from = clock.nowMs();
  let isClosed = false;
  void closed.then(() => {
    isClosed = true;
  });
  await closedNow();
  while (!isClosed && clock.nowMs() - from < LONGEST_MS) await site.pass(STEP_MS);
  expect(isClosed).toBe(true);
  return clock.nowMs() - from;
}

/** Lets promises settle that wait for no timer. */
async function closedNow(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** A reader on host b, and a channel on host a that has published the numbers 0 to 9, of which the last five were lost. */
async function halfHeard(options: ChannelOptions = { reliable: true }): Promise<{ site: LossySite; reader: Reader; channel: Channel }> {
  const site = new LossySite();
  const reader = await site.reader("b", options);
  const channel = site.open(site.node("a"), options);
  await site.publish(channel, 5);
  await site.pass(50);
  site.cut("a", true);
  await site.publish(channel, 5, 5);
  await site.pass(1);
  return { site, reader, channel };
}

describe("channel.close()", () => {
  test("lets the last messages be asked for, and resolves once nobody has asked for 150 ms", async () => {
    const { site, reader, channel } = await halfHeard();
    const closed = channel.close();
    site.cut("a", false);
    const ms = await passed(site, closed);
    expect(reader.numbers).toEqual(countTo(10));
    expect(ms).toBeGreaterThan(QUIET_MS);
    expect(ms).toBeLessThan(2 * QUIET_MS);
    expect(channel.statistics().reliable).toMatchObject({ keptBytes: 0, sender: { repaired: 5 } });
  });

  test("without a subscriber it takes 150 ms after the last message, and no time when that is long ago", async () => {
    const site = new LossySite();
    const [soon, late] = ["soon", "late"].map((name) => site.node("a").channel(name, { reliable: true }));
    late!.publish(Buffer.from("1"));
    await site.pass(QUIET_MS + 20);
    soon!.publish(Buffer.from("1"));
    expect(await passed(site, late!.close())).toBe(0);
    const ms = await passed(site, soon!.close());
    expect(ms).toBeGreaterThanOrEqual(QUIET_MS);
    expect(ms).toBeLessThanOrEqual(QUIET_MS + 20);
  });

  test("a channel that has published nothing, a plain one, and one with lingerMs: 0 close at once", async () => {
    const site = new LossySite();
    const node = site.node("a");
    const silent = node.channel("silent", { reliable: true });
    silent.subscribe(() => {});
    const plain = node.channel("plain");
    const hasty = node.channel("hasty", { reliable: { lingerMs: 0 } });
    for (const channel of [plain, hasty]) channel.publish(Buffer.from("1"));
    for (const channel of [silent, plain, hasty]) expect(await passed(site, channel.close())).toBe(0);
    expect(node.statistics().keptBytes).toBe(0);
  });

  test("a late subscriber that is receiving history gets the rest of it", async () => {
    const site = new LossySite();
    const options = { history: { messages: 2000 }, reliable: { repairBytesPerSecond: 1_000_000 } };
    const channel = site.open(site.node("a"), options);
    await site.publish(channel, 2000);
    await site.pass(1000);
    const reader = new Reader(site.open(site.node("b"), options));
    for (let ms = 0; reader.numbers.length === 0 && ms < LONGEST_MS; ms++) await site.pass(STEP_MS); // until the next status to all
    expect(reader.numbers.length).toBeLessThan(2000);
    await passed(site, channel.close());
    expect(reader.numbers).toEqual(countTo(2000));
  });

  test("what waits behind a long message still leaves, and arrives", async () => {
    const site = new LossySite(1, { loss: 0.01 });
    const options = { reliable: true, fragment: true };
    const reader = await site.reader("b", options);
    const channel = site.open(site.node("a"), options);
    channel.publish(Buffer.alloc(1024 * 1024, "x"));
    channel.publish(Buffer.from("last"));
    expect(await passed(site, channel.close())).toBeLessThan(500);
    expect(reader.texts.map(({ length }) => length)).toEqual([1024 * 1024, 4]);
    expect(channel.statistics()).toMatchObject({ published: 2, dropped: 0 });
  });

  test("what has not left when the time is over counts as dropped", async () => {
    const site = new LossySite();
    const channel = site.open(site.node("a"), { reliable: { lingerMs: 5 }, fragment: true });
    channel.publish(Buffer.alloc(1024 * 1024, "x"));
    channel.publish(Buffer.from("last"));
    expect(await passed(site, channel.close())).toBe(5);
    expect(channel.statistics()).toMatchObject({ published: 2, dropped: 2 });
  });

  test("the name can be opened again at once, and both senders are heard to their end", async () => {
    const { site, reader, channel } = await halfHeard();
    const node = site.node("a");
    const closed = channel.close();
    expect(() => channel.publish(Buffer.from("10"))).toThrow(ChannelStateError);
    const next = site.open(node);
    await site.publish(next, 3, 10);
    site.cut("a", false);
    await passed(site, closed);
    expect(reader.numbers.toSorted((a, b) => a - b)).toEqual(countTo(13));
  });
});

describe("node.close()", () => {
  test("lets the last messages of its channels be asked for, before it closes its transport", async () => {
    const site = new LossySite();
    const reader = await site.reader("b");
    const reactor = new Reactor({ backend: site.network.host("a"), clock: site.network.clock });
    const node = site.nodeOn(reactor, "a");
    const channel = site.open(node);
    await site.publish(channel, 5);
    await site.pass(50);
    site.cut("a", true);
    await site.publish(channel, 5, 5);
    await site.pass(1);
    const closed = node.close();
    expect(() => channel.publish(Buffer.from("10"))).toThrow(expect.objectContaining({ code: "ERR_NODE_CLOSED" }));
    site.cut("a", false);
    await passed(site, closed);
    expect(reader.numbers).toEqual(countTo(10));
    expect(reactor.ports).toEqual([]);
  });

  test("is waited for by a reactor that stops", async () => {
    const site = new LossySite();
    const reader = await site.reader("b");
    const reactor = new Reactor({ backend: site.network.host("a"), clock: site.network.clock });
    const channel = site.open(site.nodeOn(reactor, "a"));
    await site.publish(channel, 5);
    await site.pass(50);
    site.cut("a", true);
    await site.publish(channel, 5, 5);
    const stopped = reactor.stop();
    await site.pass(10);
    site.cut("a", false);
    await passed(site, stopped);
    expect(reader.numbers).toEqual(countTo(10));
  });

  test("when the transport was closed before, reports that once and waits for nothing", async () => {
    const site = new LossySite();
    const reactor = new Reactor({ backend: site.network.host("a"), clock: site.network.clock });
    const transport = new UdpTransport(reactor, { ttl: 1 });
    const node = site.nodeOn(reactor, "a", { transport, ttl: undefined, receiveBufferBytes: undefined });
    const errors: string[] = [];
    node.on("error", ({ message }) => void errors.push(message));
    site.open(node).publish(Buffer.from("1"));
    await Promise.all([transport.close(), site.pass(60)]);
    expect(await passed(site, node.close())).toBe(0);
    await site.pass(1000);
    expect(errors).toHaveLength(1);
  });
});
