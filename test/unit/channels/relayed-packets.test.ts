import { expect, test } from "vitest";
import type { ReceivedPacket } from "../../../packages/channels/src/contract/channel-transport.js";
import { RelayedPackets } from "../../../packages/channels/src/relay/relayed-packets.js";

const LARGEST = 0xffff_ffff;

/** Tells of each number, in order and at one time, whether it is a repeat. */
function repeats(...sequences: number[]): boolean[] {
  const packets = new RelayedPackets("0123456789abcdef");
  const packet = { channel: "c", source: { id: "a" }, sequence: 0 } as unknown as ReceivedPacket;
  return sequences.map((sequence) => packets.isRepeat(packets.sourceOf(packet, "net", 0), sequence, 0));
}

test("isRepeat() is true for a copy alone, early or late", () => {
  expect(repeats(5, 5, 4, 6, 4, 6)).toEqual([false, true, false, false, true, true]);
});

test("isRepeat() goes on when the counter of a source begins again at 0", () => {
  expect(repeats(LARGEST - 1, LARGEST, 0, 1, 0, 1, 2)).toEqual([false, false, false, false, true, true, false]);
});

test("isRepeat() goes on when a source goes past its largest number with a loss", () => {
  expect(repeats(LARGEST - 2, 3, 3, 4)).toEqual([false, false, true, false]);
});

test("isRepeat() takes a source that starts again for new, after the time that no late packet takes", () => {
  const packets = new RelayedPackets("0123456789abcdef");
  const packet = { channel: "c", source: { id: "a" }, sequence: 0 } as unknown as ReceivedPacket;
  const isRepeat = (sequence: number, nowMs: number): boolean => packets.isRepeat(packets.sourceOf(packet, "net", nowMs), sequence, nowMs);
  expect([isRepeat(0, 0), isRepeat(1, 10), isRepeat(0, 109), isRepeat(0, 110), isRepeat(1, 110)]).toEqual([
    false,
    false,
    true,
    false,
    false,
  ]);
});

test("isRepeat() takes a source for new that starts again after its first packet, number 0", () => {
  const packets = new RelayedPackets("0123456789abcdef");
  const packet = { channel: "c", source: { id: "a" }, sequence: 0 } as unknown as ReceivedPacket;
  const isRepeat = (nowMs: number): boolean => packets.isRepeat(packets.sourceOf(packet, "net", nowMs), 0, nowMs);
  expect([isRepeat(0), isRepeat(99), isRepeat(100)]).toEqual([false, true, false]);
});

test("isRepeat() does not mix the sources of different channels, networks and ids", () => {
  const packets = new RelayedPackets("0123456789abcdef");
  const source = { id: "a" };
  const sourceOf = (channel: string, id: { readonly id: string }, network: string): object =>
    packets.sourceOf({ channel, source: id, sequence: 0 } as unknown as ReceivedPacket, network, 0);
  const known = sourceOf("c", source, "net");
  expect(sourceOf("c", source, "net")).toBe(known);
  expect(sourceOf("d", source, "net")).not.toBe(known);
  expect(sourceOf("c", { id: "b" }, "net")).not.toBe(known);
  expect(sourceOf("c", { id: "a" }, "other")).not.toBe(known);
});
