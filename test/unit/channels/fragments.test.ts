import { ManualClock } from "@groupcast/backend-memory";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { zeroChannelCounters } from "../../../packages/channels/src/channel/channel-message.js";
import {
  FRAGMENT_HEADER_BYTES,
  type FragmentHeader,
  writeFragmentHeader,
} from "../../../packages/channels/src/fragments/fragment-header.js";
import { Fragmenter } from "../../../packages/channels/src/fragments/fragmenter.js";
import { PartialMessage } from "../../../packages/channels/src/fragments/partial-message.js";
import { Reassembler, type WholeMessage } from "../../../packages/channels/src/fragments/reassembler.js";
import { ReassemblyMemory } from "../../../packages/channels/src/fragments/reassembly-memory.js";

const PACKET_BYTES = FRAGMENT_HEADER_BYTES + 10;

class Reassembly {
  readonly clock = new ManualClock();
  readonly statistics = zeroChannelCounters();
  readonly memory = new ReassemblyMemory(this.clock, 64 * 1024 * 1024);
  readonly reassembler = new Reassembler("c", this.memory, this.statistics);
  #sequence = 0;

  /** The messages that are whole with these payloads. */
  take(payloads: readonly Uint8Array[], sourceId = "a"): WholeMessage[] {
    return payloads.flatMap((payload) => {
      const whole = this.reassembler.take({ sourceId, sequence: this.#sequence++, payload: Buffer.from(payload) });
      return whole === undefined ? [] : [whole];
    });
  }

  texts(payloads: readonly Uint8Array[], sourceId = "a"): string[] {
    return this.take(payloads, sourceId).map(({ payload }) => payload.toString());
  }
}

const PART_COST_BYTES = 384; // what a fragment counts for besides its bytes

/** A fragment with `lengthBytes` of the message. */
function fragmentOf(header: FragmentHeader, lengthBytes: number): Buffer {
  const fragment = Buffer.alloc(FRAGMENT_HEADER_BYTES + lengthBytes);
  writeFragmentHeader(fragment, header);
  return fragment;
}

const text = "0123456789abcdefghijABCDEFGHI"; // three fragments

function fragments(message = text): readonly Uint8Array[] {
  return new Fragmenter().split(Buffer.from(message), PACKET_BYTES);
}

describe("Fragmenter", () => {
  test("leaves a message alone that fits", () => {
    const message = Buffer.alloc(PACKET_BYTES, "x");
    expect(new Fragmenter().split(message, PACKET_BYTES)).toEqual([message]);
  });

  test("splits into packets of the largest size, the last one shorter", () => {
    expect(fragments().map(({ length }) => length)).toEqual([26, 26, 25]);
  });

  test("writes magic, message number, length, index and count, big-endian", () => {
    const [, second] = fragments();
    const bytes = Buffer.from(second!);
    expect(bytes.toString("latin1", 0, 4)).toBe("GCF1");
    expect([bytes.readUInt32BE(8), bytes.readUInt16BE(12), bytes.readUInt16BE(14)]).toEqual([29, 1, 3]);
  });

  test("makes one fragment of a short message that looks like one", () => {
    const message = Buffer.from("GCF1 is how a fragment begins");
    const [only, ...others] = new Fragmenter().split(message, 1000);
    expect(others).toEqual([]);
    expect(new Reassembly().texts([only!])).toEqual([message.toString()]);
  });

  test("wraps a message that is the magic alone, and leaves one alone that is shorter", () => {
    const split = (text: string): readonly Uint8Array[] => new Fragmenter().split(Buffer.from(text), 1000);
    expect(split("GCF")).toEqual([Buffer.from("GCF")]);
    expect(split("GCF1")).not.toEqual([Buffer.from("GCF1")]);
    expect(new Reassembly().texts([...split("GCF"), ...split("GCF1")])).toEqual(["GCF", "GCF1"]);
  });

  test("takes what 65,535 fragments carry, 16 MiB at most, and always what fits a packet", () => {
    const lengths = [0, 10, 16, 17, 200, 8192, 1_048_320].map((packet) => new Fragmenter().maxMessageBytes(packet));
    expect(lengths).toEqual([0, 10, 16, 65_535, 184 * 65_535, 16_777_216, 16_777_216]);
    const message = Buffer.alloc(65_535, "x");
    const parts = new Fragmenter().split(message, 17);
    expect(parts).toHaveLength(65_535);
    expect(new Reassembly().take(parts)[0]!.payload).toEqual(message);
  });

  test("begins to count where nobody knows", () => {
    const numbers = Array.from({ length: 4 }, () => Buffer.from(fragments()[0]!).readUInt32BE(4));
    expect(new Set(numbers).size).toBeGreaterThan(1);
  });
});

describe("PartialMessage", () => {
  test("add() of a fragment that has come before changes neither memory nor the numbers of its packets", () => {
    const header = { message: 1, totalBytes: 20, index: 0, count: 2 };
    const partial = new PartialMessage({ key: "k", source: "a", startedMs: 0, counters: zeroChannelCounters() }, header, 10);
    partial.add(header, fragmentOf(header, 10), 7);
    const before = [partial.heldBytes, partial.span];
    partial.add(header, fragmentOf(header, 10), 9);
    expect([partial.heldBytes, partial.span]).toEqual(before);
    expect(before).toEqual([10 + PART_COST_BYTES, { first: 7, last: 7 }]);
  });
});

describe("Reassembler", () => {
  test("passes a message on that was not split", () => {
    expect(new Reassembly().take([Buffer.from("short")])).toEqual([{ payload: Buffer.from("short"), span: { first: 0, last: 0 } }]);
  });

  test("puts a message together, and says which numbers its packets had", () => {
    expect(new Reassembly().take(fragments())).toEqual([{ payload: Buffer.from(text), span: { first: 0, last: 2 } }]);
  });

  test("takes fragments in any order, and however often, and yields the message once", () => {
    const order = fc.shuffledSubarray([0, 1, 2, 0, 1, 2], { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(order, (indices) => {
        const parts = fragments();
        expect(new Reassembly().texts(indices.map((index) => parts[index]!))).toEqual([text]);
      }),
    );
  });

  test("does not mix messages of different sources that have the same number", () => {
    const reassembly = new Reassembly();
    const parts = fragments();
    expect([
      ...reassembly.texts(parts.slice(0, 2), "a"),
      ...reassembly.texts(parts, "b"),
      ...reassembly.texts(parts.slice(2), "a"),
    ]).toEqual([text, text]);
  });

  test("gives up a message two seconds after it began, and counts it", async () => {
    const reassembly = new Reassembly();
    const parts = fragments();
    reassembly.take(parts.slice(0, 2));
    await reassembly.clock.advance(1999);
    expect(reassembly.statistics.incomplete).toBe(0);
    await reassembly.clock.advance(1);
    expect(reassembly.statistics.incomplete).toBe(1);
    expect(reassembly.memory.heldBytes).toBe(0);
    expect(reassembly.texts(parts.slice(2))).toEqual([]);
  });

  test("lets a source begin eight messages, and then gives up its own oldest", () => {
    const reassembly = new Reassembly();
    const other = fragments();
    reassembly.take(other.slice(0, 1), "other");
    for (let i = 0; i < 20; i++) reassembly.take(fragments().slice(0, 1), "greedy");
    expect(reassembly.statistics.incomplete).toBe(12);
    expect(reassembly.texts(other.slice(1), "other")).toEqual([text]);
  });

  test("holds a bounded amount for fragments that never finish, from whomever", () => {
    const reassembly = new Reassembly();
    const part = new Fragmenter().split(Buffer.alloc(16 * 1024 * 1024), 65_000)[0]!;
    for (let i = 0; i < 2000; i++) reassembly.take([part], `spoofed ${i}`);
    expect(reassembly.memory.heldBytes).toBeLessThanOrEqual(64 * 1024 * 1024);
    expect(reassembly.statistics.incomplete).toBe(2000 - 1024);
  });

  test("holds 64 MiB, and gives up the oldest message for a byte more", () => {
    const reassembly = new Reassembly();
    const partBytes = 65_536 - PART_COST_BYTES;
    const messages = Array.from({ length: 4 }, (_, message) => ({ message, totalBytes: 256 * partBytes + 1, count: 257 }));
    for (const message of messages) {
      for (let index = 0; index < 256; index++)
        reassembly.take([fragmentOf({ ...message, index }, partBytes)], `source ${message.message}`);
    }
    expect(reassembly.memory.heldBytes).toBe(64 * 1024 * 1024);
    expect(reassembly.statistics.incomplete).toBe(0);
    reassembly.take(fragments().slice(0, 1), "one more");
    expect(reassembly.memory.heldBytes).toBe(48 * 1024 * 1024 + 10 + PART_COST_BYTES);
    expect(reassembly.statistics.incomplete).toBe(1);
  });

  test("holds half of that for one source, and gives up its own message whose latest fragment is oldest", () => {
    const reassembly = new Reassembly();
    const partBytes = 65_536 - PART_COST_BYTES;
    reassembly.take(fragments().slice(0, 1), "other");
    const part = (message: number, index: number) => fragmentOf({ message, totalBytes: 256 * partBytes + 1, count: 257, index }, partBytes);
    for (let index = 0; index < 171; index++) for (const message of [1, 2, 3]) reassembly.take([part(message, index)], "greedy");
    expect(reassembly.memory.heldBytes).toBe(171 * 2 * 65_536 + 10 + PART_COST_BYTES); // the first one went
    expect(reassembly.statistics.incomplete).toBe(1);
  });

  test("keeps a message whose fragments keep coming, however many others begin", () => {
    const reassembly = new Reassembly();
    const count = 3000;
    const parts = Array.from({ length: count }, (_, index) => fragmentOf({ message: 1, totalBytes: count, index, count }, 1));
    const wholes = parts.flatMap((part, index) => [
      ...reassembly.take([part], "true"),
      ...reassembly.take(fragments().slice(0, 1), `invented ${index}`),
    ]);
    expect(wholes.map(({ payload }) => payload.length)).toEqual([count]);
  });

  test("shares its memory with the other channels of a node, and gives up and counts only its own at its end", () => {
    const one = new Reassembly();
    const counters = zeroChannelCounters();
    const other = new Reassembler("d", one.memory, counters);
    const [part] = fragments();
    one.take([part!]);
    other.take({ sourceId: "a", sequence: 0, payload: Buffer.from(part!) });
    expect(one.memory.heldBytes).toBe(2 * (10 + PART_COST_BYTES));
    other.close();
    expect([one.memory.heldBytes, one.statistics.incomplete, counters.incomplete]).toEqual([10 + PART_COST_BYTES, 0, 1]);
  });

  test("takes a fragment that is a header alone for a message without bytes", () => {
    const reassembly = new Reassembly();
    expect(reassembly.texts([fragmentOf({ message: 1, totalBytes: 0, index: 0, count: 1 }, 0)])).toEqual([""]);
    expect(reassembly.statistics.malformed).toBe(0);
  });

  test("takes a message of 16 MiB, and none that is a byte longer", () => {
    const reassembly = new Reassembly();
    const [longest, tooLong] = [16 * 1024 * 1024, 16 * 1024 * 1024 + 1];
    reassembly.take([fragmentOf({ message: 1, totalBytes: tooLong, index: 0, count: 257 }, 65_536)]);
    expect(reassembly.statistics.malformed).toBe(1);
    expect(reassembly.memory.heldBytes).toBe(0);
    const parts = Array.from({ length: 256 }, (_, index) => fragmentOf({ message: 2, totalBytes: longest, index, count: 256 }, 65_536));
    expect(reassembly.take(parts).map(({ payload }) => payload.length)).toEqual([longest]);
    expect(reassembly.statistics.malformed).toBe(1);
  });

  test("says which numbers the packets had, in whatever order they came and though the counter began again at 0", () => {
    const parts = fragments().map((payload) => Buffer.from(payload));
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      const { reassembler } = new Reassembly();
      const wholes = order.map((index) =>
        reassembler.take({ sourceId: "a", sequence: (0xffff_fffe + index) % 2 ** 32, payload: parts[index]! }),
      );
      expect(wholes.at(-1)?.span).toEqual({ first: 0xffff_fffe, last: 0 });
    }
  });

  test("keeps no more memory alive than it counts, though a datagram came in a larger chunk", () => {
    const reassembly = new Reassembly();
    reassembly.take(fragments().slice(0, 1));
    expect(reassembly.memory.heldBytes).toBe(10 + PART_COST_BYTES);
  });

  test.each([
    ["a header that is cut off", "47434631000000010000"],
    ["an index beyond the count", "47434631000000010000001d00030003".concat("00".repeat(10))],
    ["an index right after the last", "47434631000000010000001d00030003".concat("00".repeat(9))],
    ["a last fragment without bytes", "47434631000000010000001400000003".concat("00".repeat(10))],
    ["no fragments at all", "47434631000000010000001d00000000".concat("00".repeat(10))],
    ["a length that its fragments cannot have", "47434631000000010000001d00000002".concat("00".repeat(5))],
    ["a length beyond 16 MiB", "4743463100000001ffffffff0000ffff".concat("00".repeat(10))],
  ])("counts %s as malformed", (_, hex) => {
    const reassembly = new Reassembly();
    expect(reassembly.take([Buffer.from(hex, "hex")])).toEqual([]);
    expect(reassembly.statistics.malformed).toBe(1);
  });

  test("counts a fragment as malformed that contradicts the first of its message, and still completes that", () => {
    const reassembly = new Reassembly();
    const parts = fragments();
    const contradicting = Buffer.from(parts[1]!);
    contradicting.writeUInt16BE(4, 14);
    expect(reassembly.texts([parts[0]!, contradicting, ...parts.slice(1)])).toEqual([text]);
    expect(reassembly.statistics.malformed).toBe(1);
  });

  test.each([
    ["another length", { totalBytes: 25, count: 3 }, 10],
    ["another number of fragments", { totalBytes: 29, count: 4 }, 8],
    ["fragments of another size", { totalBytes: 29, count: 3 }, 12],
  ])("counts a fragment as malformed that announces %s than the first of its message", (_, announced, lengthBytes) => {
    const reassembly = new Reassembly();
    const part = { message: 7, totalBytes: 29, index: 0, count: 3 };
    reassembly.take([fragmentOf(part, 10)]);
    expect(reassembly.take([fragmentOf({ ...part, ...announced, index: 1 }, lengthBytes)])).toEqual([]);
    expect(reassembly.statistics.malformed).toBe(1);
    const whole = reassembly.take([fragmentOf({ ...part, index: 1 }, 10), fragmentOf({ ...part, index: 2 }, 9)]);
    expect(whole.map(({ payload }) => payload.length)).toEqual([29]);
  });

  test("forgets a message once it is complete: it takes no memory, and is not given up later", async () => {
    const reassembly = new Reassembly();
    reassembly.take(fragments());
    expect(reassembly.memory.heldBytes).toBe(0);
    await reassembly.clock.advance(10_000);
    expect(reassembly.statistics.incomplete).toBe(0);
  });

  test("gives up each message at its own time, and wakes no more often than that", async () => {
    const reassembly = new Reassembly();
    const scheduled = vi.spyOn(reassembly.clock, "schedule");
    reassembly.take(fragments().slice(0, 1));
    await reassembly.clock.advance(500);
    reassembly.take(fragments().slice(0, 1));
    const counts: number[] = [];
    for (const ms of [1499, 1, 499, 1]) {
      await reassembly.clock.advance(ms);
      counts.push(reassembly.statistics.incomplete);
    }
    expect(counts).toEqual([0, 1, 1, 2]);
    expect(scheduled).toHaveBeenCalledTimes(2);
  });

  test("close() gives up every incomplete message, counts it, and leaves no timer", () => {
    const reassembly = new Reassembly();
    reassembly.take(fragments().slice(0, 1));
    reassembly.take(fragments().slice(0, 2), "b");
    reassembly.reassembler.close();
    expect(reassembly.statistics.incomplete).toBe(2);
    expect([reassembly.memory.heldBytes, reassembly.clock.pendingCalls]).toEqual([0, 0]);
    new Reassembly().reassembler.close(); // nothing began
  });

  test("never throws, and never makes a message nobody sent, of fragments that were changed on the way", () => {
    const changes = fc.array(fc.tuple(fc.nat(2), fc.nat(25), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(changes, fc.nat(1), (changed, cutBytes) => {
        const parts = fragments().map((part) => Buffer.from(part));
        for (const [part, offset, mask] of changed) parts[part]![offset % parts[part]!.length]! ^= mask;
        const messages = new Reassembly().take(parts.map((part) => part.subarray(0, part.length - cutBytes)));
        expect(messages.every(({ payload }) => payload.length <= PACKET_BYTES * 3)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
