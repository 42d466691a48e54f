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

function reassembler(memories: ReassemblyMemories, channel: string, seal: object | undefined): Reassembler {
  return new Reassembler(channel, memories.open(channel, seal), zeroChannelCounters());
}

test("open() gives open channels one memory, and each sealed one its own; heldBytes is the sum", () => {
  const memories = new ReassemblyMemories(new ManualClock(), 1 << 16);
  expect(memories.open("a", undefined)).toBe(memories.open("b", undefined));
  expect(new Set([memories.open("a", undefined), memories.open("c", {}), memories.open("d", {})]).size).toBe(3);
  for (const [channel, seal] of [
    ["a", undefined],
    ["b", undefined],
    ["e", {}],
    ["f", {}],
  ] as const)
    reassembler(memories, channel, seal).take({ sourceId: "s", sequence: 0, payload: fragment() });
  expect(memories.heldBytes).toBe(4 * HELD_BYTES);
});

test("close() forgets the memory of a sealed channel, and that of a channel that is opened again is another", () => {
  const memories = new ReassemblyMemories(new ManualClock(), 1 << 16);
  const before = memories.open("c", {});
  new Reassembler("c", before, zeroChannelCounters()).take({ sourceId: "s", sequence: 0, payload: fragment() });
  memories.close("c");
  expect(memories.heldBytes).toBe(0);
  expect(memories.open("c", {})).not.toBe(before);
});
