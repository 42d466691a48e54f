import { expect, test } from "vitest";
import type { ReceivedPacket } from "../../../packages/channels/src/contract/channel-transport.js";
import { RelayedPackets } from "../../../packages/channels/src/relay/relayed-packets.js";

const LARGEST = 0xffff_ffff;
const ENVELOPE = { origin: "net", source: "aaaaaaaaaaaaaaaa", sequence: 0, hops: 1, via: "bbbbbbbbbbbbbbbb" };

function packetOf(payload: string, changes: Partial<ReceivedPacket> = {}): ReceivedPacket {
  return { channel: "c", source: { id: "a" }, sequence: 0, payload: Buffer.from(payload), isRelayed: false, ...changes };
}

/** Tells of each packet, number and contents, whether it is a repeat. */
function isRepeat(packets: RelayedPackets, sequence: number, nowMs: number, packet = packetOf("x")): boolean {
  return packets.isRepeat(packet, packets.sourceOf(packet, "net"), sequence, nowMs);
}

/** Tells of each number, in order and at one time, whether it is a repeat. */
function repeats(...sequences: number[]): boolean[] {
  const packets = new RelayedPackets("0123456789abcdef");
  return sequences.map((sequence) => isRepeat(packets, sequence, 0));
}

test("isRepeat() is true for a copy alone, early or late", () => {
  expect(repeats(5, 5, 4, 6, 4, 6, LARGEST, 0, LARGEST)).toEqual([false, true, false, false, true, true, false, false, true]);
});

test("isRepeat() takes nothing for a copy that differs in number, contents, channel or source, whatever came before it", () => {
  const packets = new RelayedPackets("0123456789abcdef");
  expect(isRepeat(packets, 900_000, 0, packetOf("forged"))).toBe(false);
  expect(isRepeat(packets, 7, 0, packetOf("forged"))).toBe(false);
  expect([isRepeat(packets, 7, 0), isRepeat(packets, 8, 0)]).toEqual([false, false]);
  expect(isRepeat(packets, 7, 0, packetOf("x", { channel: "d" }))).toBe(false);
  expect(isRepeat(packets, 7, 0, packetOf("x", { source: { id: "b" } }))).toBe(false);
  expect(isRepeat(packets, 7, 0)).toBe(true);
});

test("isRepeat() takes a source that starts again for new, after the time that no copy takes on a network without relays", () => {
  const packets = new RelayedPackets("0123456789abcdef");
  expect([0, 99, 100, 199, 200].map((nowMs) => isRepeat(packets, 0, nowMs))).toEqual([false, true, false, true, false]);
  expect([0, 999, 1000].map((nowMs) => isRepeat(packets, 1, nowMs))).toEqual([false, true, false]);
});

test("isRepeat() takes what a relay brings for a copy, however late", () => {
  const packets = new RelayedPackets("0123456789abcdef");
  const relayed = packetOf("x", { isRelayed: true, envelope: ENVELOPE });
  expect([0, 1_000_000].map((nowMs) => isRepeat(packets, 0, nowMs, relayed))).toEqual([false, true]);
});

test("isRepeat() remembers 16,384 packets of a source and 65,536 of all, the latest, and all of those that go on", () => {
  const packets = new RelayedPackets("0123456789abcdef");
  const from = (id: string): ReceivedPacket => packetOf("x", { source: { id } });
  const honest = from("honest");
  isRepeat(packets, 1, 0, honest);
  const greedy = from("greedy");
  for (let sequence = 0; sequence < 20_000; sequence++) isRepeat(packets, sequence, 0, greedy);
  expect([packets.remembered, isRepeat(packets, 1, 0, honest)]).toEqual([1 + 16_384, true]);
  expect([isRepeat(packets, 3616, 0, greedy), isRepeat(packets, 3615, 0, greedy)]).toEqual([true, false]);
  for (const id of ["a", "b", "c", "d"]) {
    const other = from(id);
    for (let sequence = 0; sequence < 16_384; sequence++) isRepeat(packets, sequence, 0, other);
    expect(isRepeat(packets, 1, 0, honest)).toBe(true);
  }
  expect(packets.remembered).toBe(1 + 3 * 16_384); // a made room for d, and greedy for c
  for (let i = 0; i < 20_000; i++) isRepeat(packets, 1, 0, from(`invented ${i}`));
  expect([packets.remembered, isRepeat(packets, 1, 0, honest)]).toEqual([16_384, false]);
});

test("isRepeat() does not mix the sources of different channels, networks and ids", () => {
  const packets = new RelayedPackets("0123456789abcdef");
  const source = { id: "a" };
  const sourceOf = (channel: string, id: { readonly id: string }, network: string): object =>
    packets.sourceOf({ channel, source: id, sequence: 0 } as unknown as ReceivedPacket, network);
  const known = sourceOf("c", source, "net");
  expect(sourceOf("c", source, "net")).toBe(known);
  expect(sourceOf("d", source, "net")).not.toBe(known);
  expect(sourceOf("c", { id: "b" }, "net")).not.toBe(known);
  expect(sourceOf("c", { id: "a" }, "other")).not.toBe(known);
});
