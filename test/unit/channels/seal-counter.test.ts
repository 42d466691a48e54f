// Counters of four packets instead of 2 ** 48, and a limit of five forgeries instead of 2 ** 36, so that they come to an end.
import { HEARTBEAT_CHANNEL } from "@groupcast/channels";
import { expect, test, vi } from "vitest";
import { ChannelNode } from "../../../packages/channels/src/channel-node.js";
import { MemorySite } from "../../support/channels/memory-site.js";
import { KEYS, SealedEnd } from "../../support/channels/sealed-pair.js";

vi.mock("../../../packages/channels/src/seal/sealed-packet.js", async (original) => ({
  ...(await original<object>()),
  MAX_COUNTER: 3,
}));
vi.mock("../../../packages/channels/src/seal/forgery-limit.js", () => ({ MAX_FORGERIES: 5 }));

test("seal() takes a new salt after the largest counter, and begins again at 0, so that no nonce comes twice under one key", () => {
  const sender = new SealedEnd();
  const packets = Array.from({ length: 10 }, (_, index) => sender.packet(String(index)));
  expect(packets.map((packet) => packet.readUIntBE(19, 6))).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0, 1]);
  const salts = packets.map((packet) => packet.toString("hex", 3, 19));
  expect(salts.map((salt) => salts.indexOf(salt))).toEqual([0, 0, 0, 0, 4, 4, 4, 4, 8, 8]);
  expect(new SealedEnd().texts(...packets)).toEqual(packets.map((_, index) => String(index)));
});

test("position() has the salt and the counter of the next packet, and none when the next one takes a new salt", () => {
  const sender = new SealedEnd({ now: () => 5 });
  expect(sender.seal.position()).toBeUndefined(); // it has sealed nothing
  const [packet] = sender.packets("0", "1", "2");
  expect(sender.seal.position()).toEqual({ salt: packet!.toString("latin1", 3, 19), counter: 3, timeMs: 5 });
  sender.packet();
  expect(sender.seal.position()).toBeUndefined();
  expect(sender.packet().toString("latin1", 3, 19)).not.toBe(packet!.toString("latin1", 3, 19));
  expect(sender.seal.position()!.counter).toBe(1);
});

test("keyWorn is told for each five forgeries of one key, and the channel goes on", () => {
  const reader = new SealedEnd({ keys: KEYS, current: 1 });
  const sender = new SealedEnd();
  const forged = (keyId: number): Buffer => {
    const packet = sender.packet();
    packet[2] = keyId;
    packet[packet.length - 1]! ^= 1;
    return packet;
  };
  for (let i = 0; i < 4; i++) for (const id of [1, 2]) reader.open(forged(id));
  expect(reader.worn).toEqual([]);
  reader.seal.rotate({ keys: KEYS, current: 2 }); // a key that stays keeps its count
  for (let i = 0; i < 7; i++) reader.open(forged(1));
  expect(reader.worn).toEqual([
    { keyId: 1, forged: 5 },
    { keyId: 1, forged: 10 },
  ]);
  expect(reader.texts(sender.packet("still heard"))).toEqual(["still heard"]);
  expect(reader.seal.statistics().forged).toBe(15);
});

test("keyWorn is an event of the channel, and of the node for its heartbeats", async () => {
  const site = new MemorySite();
  const seal = { keys: { 1: KEYS[1] }, current: 1 };
  const node = new ChannelNode(site.reactor("a"), { name: "a", ttl: 1, heartbeatMs: 60_000, seal });
  const channel = node.channel("c", { seal });
  channel.subscribe(() => {});
  const worn: unknown[] = [];
  node.on("keyWorn", ({ keyId, forged }) => worn.push(["node", keyId, forged]));
  channel.on("keyWorn", ({ keyId, forged }) => worn.push(["channel", keyId, forged]));
  const mallory = site.node("mallory", { ttl: 1 });
  for (const name of [HEARTBEAT_CHANNEL, "c"]) {
    for (let i = 0; i < 5; i++) mallory.channel(name).publish(Buffer.from(new SealedEnd({}, "another").packet()));
    await site.settle();
  }
  expect(worn).toEqual([
    ["node", 1, 5],
    ["channel", 1, 5],
  ]);
});
