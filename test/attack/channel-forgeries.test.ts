// Strangers who withhold, repeat and forge packets: they close no door for whoever is authentic, and turn no order round.
import { ChannelRelay, type ReceivedPacket } from "@groupcast/channels";
import { expect, test } from "vitest";
import { KEYS } from "../support/channels/sealed-pair.js";
import { TappedHubs } from "../support/channels/tapped-hubs.js";

const SEAL = { keys: KEYS, current: 1 };
const MESSAGES = 40;
const FORGED_LEAD = 100_000;

/** The texts of an ordered subscriber on the far network. */
function ordered(hubs: TappedHubs, options: object = {}, node: object = {}): string[] {
  const heard: string[] = [];
  const channel = hubs.node("reader", hubs.far.transport(), node).channel("c", options);
  channel.subscribe((data) => void heard.push(data.toString()), { ordered: true });
  return heard;
}

function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(index));
}

/** A packet that nobody sealed, in the name of the sender of `packet`. */
function forged(packet: ReceivedPacket, sequence: number): ReceivedPacket {
  return { ...packet, sequence: sequence >>> 0, payload: Buffer.from(packet.payload).reverse() };
}

test("a sealed message that was withheld for more than a second is late: nothing that an attacker keeps turns a sealed order round", async () => {
  const hubs = new TappedHubs();
  const heard = ordered(hubs, { seal: SEAL });
  const [first, second, third] = hubs.publish("c", ["1", "2", "3"], { seal: SEAL });
  hubs.give(first!, third!);
  await hubs.pass(1100);
  hubs.give(second!);
  expect(heard).toEqual(["1", "3"]);
});

test("invented sources on other channels do not make a node forget the order of a sealed one", () => {
  const hubs = new TappedHubs();
  const reader = hubs.node("reader", hubs.far.transport(), { maxSources: 4 });
  const heard: string[] = [];
  reader.channel("c", { seal: SEAL }).subscribe((data) => void heard.push(data.toString()), { ordered: true });
  reader.channel("open").subscribe(() => {});
  const [first, second, third] = hubs.publish("c", ["1", "2", "3"], { seal: SEAL });
  hubs.give(first!, third!);
  for (let i = 0; i < 100; i++) hubs.give({ ...first!, channel: "open", source: { id: `invented ${i}` } });
  hubs.give(second!);
  expect(heard).toEqual(["1", "3"]);
  expect(reader.statistics()).toMatchObject({ sources: 4, evicted: 96 });
});

test("forged packets before, between and in the place of true ones keep none from passing a relay", async () => {
  const hubs = new TappedHubs();
  const out = new TappedHubs();
  const heard: string[] = [];
  out
    .node("reader", out.far.transport())
    .channel("c", { seal: SEAL })
    .subscribe((data) => void heard.push(data.toString()), { ordered: true });
  const relay = new ChannelRelay(hubs.site.reactor("relay"), {
    sides: [
      { transport: hubs.far.transport(), network: "a" },
      { transport: out.far.transport(), network: "b" },
    ],
    allow: [{ channels: "c" }],
  });
  const packets = hubs.publish("c", numbers(MESSAGES), { seal: SEAL });
  for (const [index, packet] of packets.entries()) {
    if (index % 7 === 0) hubs.give(forged(packet, index + FORGED_LEAD), forged(packet, index - FORGED_LEAD));
    hubs.give(forged(packet, index), packet, packet);
    out.clock.run();
    await hubs.pass(100);
  }
  expect(heard).toEqual(numbers(MESSAGES));
  expect(relay.statistics()[0]).toMatchObject({ repeated: MESSAGES }); // the copies of the true ones
});

test("a forged number far ahead, again and again, silences no sender for ordered subscribers", async () => {
  const hubs = new TappedHubs();
  const heard = ordered(hubs);
  for (const [index, packet] of hubs.publish("c", numbers(MESSAGES)).entries()) {
    if (index % 7 === 3) hubs.give({ ...forged(packet, index + FORGED_LEAD), payload: Buffer.from("forged") });
    hubs.give(packet);
    await hubs.pass(100);
  }
  expect(heard.filter((text) => text !== "forged")).toEqual(numbers(MESSAGES));
});
