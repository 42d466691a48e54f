// Sealed channels that are closed and opened again by the same node: a recording is accepted at most once in the life of the node.
import { type Channel, ChannelNode, type SealOptions } from "@groupcast/channels";
import { beforeEach, describe, expect, test } from "vitest";
import { ClosedSeals } from "../../../packages/channels/src/seal/closed-seals.js";
import { Hub, HubClock } from "../../support/channels/hub.js";
import { MemorySite } from "../../support/channels/memory-site.js";
import { KEYS, SealedEnd, TestTime } from "../../support/channels/sealed-pair.js";
import { Wiretap } from "../../support/channels/wiretap.js";

const AGE_MS = 1000;

let site: MemorySite;
let time: TestTime;
let heard: string[];

beforeEach(() => {
  site = new MemorySite();
  time = new TestTime();
  heard = [];
});

function sealed(options: Partial<SealOptions> = {}): SealOptions {
  return { keys: { 1: KEYS[1] }, current: 1, maxAgeMs: AGE_MS, now: time.now, ...options };
}

/** A reader that can open its channel again, a writer, and a stranger who records. */
function cast(options: Partial<SealOptions> = {}) {
  const reader = site.node("reader", { ttl: 1 });
  const source = site.node("writer", { ttl: 1 }).channel("plans", { seal: sealed(options) });
  const open = (): Channel => {
    const channel = reader.channel("plans", { seal: sealed(options) });
    channel.subscribe((data) => void heard.push(data.toString()));
    return channel;
  };
  const say = async (text: string): Promise<void> => {
    source.publish(Buffer.from(text));
    await site.settle();
  };
  return { reader, open, say, tap: new Wiretap(site.node("mallory", { ttl: 1 }), "plans") };
}

/** Opens the channel, hears "1" and "2", and closes it. */
async function heardAndClosed(options: Partial<SealOptions> = {}) {
  const all = cast(options);
  const channel = all.open();
  await all.say("1");
  await all.say("2");
  expect(heard.splice(0)).toEqual(["1", "2"]);
  await channel.close();
  return { ...all, recording: all.tap.packets.slice() };
}

describe("a sealed channel that is opened again", () => {
  test("refuses what it had accepted before it closed, and hears what is sealed later", async () => {
    const { open, say, tap, recording } = await heardAndClosed();
    const again = open();
    tap.replay(recording);
    time.ms += 1;
    await say("3");
    tap.replay(recording); // now that the sender is known
    await site.settle();
    expect(heard).toEqual(["3"]);
    expect(again.seal!.statistics()).toMatchObject({ stale: 4, opened: 1 });
  });

  test("refuses it after many openings, however often it closed without a packet", async () => {
    const { open, say, tap, recording } = await heardAndClosed();
    for (let i = 0; i < 5; i++) await open().close();
    open();
    tap.replay(recording);
    time.ms += 1;
    await say("3");
    expect(heard).toEqual(["3"]);
  });

  test("refuses it though the sender's clock is ahead, and the key was rotated away and back", async () => {
    const { open, say, tap } = cast();
    const channel = open();
    time.ms += AGE_MS;
    await say("from the future");
    time.ms -= AGE_MS;
    expect(heard.splice(0)).toEqual(["from the future"]);
    channel.seal!.rotate({ keys: { 2: KEYS[2] }, current: 2 });
    await channel.close();
    open();
    const recording = tap.packets.slice();
    time.ms += AGE_MS;
    tap.replay(recording);
    time.ms += 1;
    await say("new");
    expect(heard).toEqual(["new"]);
  });

  test("refuses it though a listener opens the channel while it closes", () => {
    const clock = new HubClock();
    const hub = new Hub(clock);
    const transport = hub.transport();
    const stopReceiving = transport.stopReceiving.bind(transport);
    transport.stopReceiving = (...args) => {
      stopReceiving(...args);
      throw new Error("from the middle of close()");
    };
    const reader = new ChannelNode(site.reactor("reader"), { name: "reader", transport, heartbeatMs: 0 });
    const open = (): Channel => {
      const channel = reader.channel("plans", { seal: sealed() });
      channel.subscribe((data) => void heard.push(data.toString()));
      return channel;
    };
    const channel = open();
    reader.once("error", open);
    const packet = new SealedEnd(sealed(), "plans").packet("1");
    const sender = hub.transport().openSender("plans");
    sender.send(packet);
    clock.run();
    void channel.close();
    sender.send(packet);
    clock.run();
    expect([heard, reader.channel("plans").statistics().stale]).toEqual([["1"], 1]);
  });

  test("accepts recordings once more on a channel without freshness, as a receiver that starts does", async () => {
    const { open, tap, recording } = await heardAndClosed({ maxAgeMs: Number.MAX_SAFE_INTEGER });
    open();
    tap.replay(recording);
    tap.replay(recording);
    await site.settle();
    expect(heard).toEqual(["1", "2"]);
  });

  test("is not held up by what other channels of the node had accepted", async () => {
    const { reader, open, say } = cast();
    const other = reader.channel("other", { seal: sealed({ now: () => time.ms + AGE_MS }) });
    other.subscribe((data) => void heard.push(data.toString()));
    other.publish(Buffer.from("0"));
    await site.settle();
    await other.close();
    open();
    await say("1");
    expect(heard).toEqual(["0", "1"]);
  });
});

describe("ClosedSeals", () => {
  test("remembers the latest time of a name, whatever comes and goes", () => {
    const closed = new ClosedSeals();
    expect(closed.latestOf("plans")).toBe(-1);
    closed.close("plans", 1000);
    for (let i = 0; i < 100_000; i++) closed.close(`n/${i}`, 1);
    closed.close("plans", 900);
    expect(closed.latestOf("plans")).toBe(1000);
  });

  test("has a place for each of 4096 hashes, so that hardly any two of a hundred names share one", () => {
    const closed = new ClosedSeals();
    const names = Array.from({ length: 100 }, (_, index) => `robot/${index}`);
    for (const [index, name] of names.entries()) closed.close(name, index);
    expect(names.filter((name, index) => closed.latestOf(name) !== index).length).toBeLessThan(10);
  });
});
