import { ManualClock } from "@groupcast/backend-memory";
import { expect, test } from "vitest";
import { zeroChannelCounters } from "../../../packages/channels/src/channel/channel-message.js";
import { Reassembler } from "../../../packages/channels/src/fragments/reassembler.js";
import { ReassemblyMemories } from "../../../packages/channels/src/fragments/reassembly-memories.js";

const HELD_BYTES = 10 + 384; // of a fragment: its bytes, and the objects around them

/** A fragment of ten bytes, the first of three. */
function fragment(): Buffer {
  return Buffer.concat([Buffer.from("GCF1"), Buffer.from("000000010000001e00000003", "hex"), Buffer.alloc(10)]);
}

function reassembler(memories: ReassemblyMemories, channel: string, isSealed: boolean): Reassembler {
  return new Reassembler(channel, memories.open(channel, isSealed), zeroChannelCounters());
}

test("open() gives open channels one memory, and each sealed one its own; heldBytes is the sum", () => {
  const memories = new ReassemblyMemories(new ManualClock(), 1 << 16);
  expect(memories.open("a", false)).toBe(memories.open("b", false));
  expect(new Set([memories.open("a", false), memories.open("c", true), memories.open("d", true)]).size).toBe(3);
  for (const [channel, isSealed] of [
    ["a", false],
    ["b", false],
    ["e", true],
    ["f", true],
  ] as const)
    reassembler(memories, channel, isSealed).take({ sourceId: "s", sequence: 0, payload: fragment() });
  expect(memories.heldBytes).toBe(4 * HELD_BYTES);
});

test("close() forgets the memory of a sealed channel, and that of a channel that is opened again is another", () => {
  const memories = new ReassemblyMemories(new ManualClock(), 1 << 16);
  const before = memories.open("c", true);
  new Reassembler("c", before, zeroChannelCounters()).take({ sourceId: "s", sequence: 0, payload: fragment() });
  memories.close("c");
  expect(memories.heldBytes).toBe(0);
  expect(memories.open("c", true)).not.toBe(before);
});
