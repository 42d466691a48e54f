import type { DatagramBatch } from "@groupcast/backend";
import { describe, expect, test } from "vitest";
import type { Addon } from "../../../packages/backend-native/src/addon.js";
import type { AddressTranslator } from "../../../packages/backend-native/src/address-translator.js";
import { ENTRY, sharedTables } from "../../../packages/backend-native/src/batch-layout.js";
import type { MemoryGuard } from "../../../packages/backend-native/src/memory-guard.js";
import { ReceivedBatch } from "../../../packages/backend-native/src/received-batch.js";
import { NativeSockets, needAddonAnd, sendTo } from "../../support/native-sockets.js";

needAddonAnd();

function textsOf(batch: DatagramBatch): string[] {
  return Array.from({ length: batch.length }, (_, index) => batch.view(index).toString());
}

test.each([0, 1])(
  "view() shows each datagram of each batch, whatever lay in its place before, with receiveOffload %i",
  async (receiveOffload) => {
    using sockets = new NativeSockets();
    const { socket, seen, local } = sockets.listen("127.0.0.1", { receiveOffload });
    const viewed: string[] = [];
    seen.onReceived = (batch) => viewed.push(...textsOf(batch));
    const sent = Array.from({ length: 300 }, (_, index) => `${index}`.repeat(1 + (index % 5)));
    for (let at = 0; at < sent.length; at += 20) {
      sendTo(socket, local, ...sent.slice(at, at + 20));
      await seen.arrivals(Math.min(at + 20, sent.length));
    }
    expect(viewed).toEqual(sent);
  },
);

test.each([0, 1])("runEnd() finds the end of long runs, with receiveOffload %i", async (receiveOffload) => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen("127.0.0.1", { receiveOffload });
  const other = sockets.listen();
  const [like, ends] = [Array<string>(12).fill("head one"), [] as number[][]];
  seen.onReceived = (batch) => {
    for (const [prefix, least] of [[4], [5], [0], [4, 6], [4, 8]] as const) {
      ends.push([0, 3, 13, 26, 39].filter((first) => first < batch.length).map((first) => batch.runEnd(first, prefix, least)));
    }
  };
  sendTo(socket, local, ...like, "hear two", ...like, "head5", ...like, "head two");
  sendTo(other.socket, local, ...like);
  await seen.arrivals(51);
  expect(ends).toEqual([
    [12, 12, 39, 39, 51], // four bytes that are the same: "hear" ends a run, and so does the other sender
    [12, 12, 25, 39, 51],
    [39, 39, 39, 39, 51],
    [12, 12, 25, 39, 51], // "head5" is too short
    [12, 12, 25, 39, 51],
  ]);
});

test("view() of a datagram twice in a batch is the same bytes", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen();
  const pairs: string[][] = [];
  seen.onReceived = (batch) => pairs.push([batch.view(0).toString(), batch.view(0).toString()]);
  sendTo(socket, local, "bytes");
  await seen.arrivals(1);
  expect(pairs).toEqual([["bytes", "bytes"]]);
});

test("view() shows the datagrams that come after somebody has tried to detach the memory of the ones before", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen();
  const viewed: string[] = [];
  seen.onReceived = (batch) => {
    viewed.push(...textsOf(batch));
    tryToDetach(batch.view(0));
  };
  for (const [index, text] of ["first", "again", "third"].entries()) {
    sendTo(socket, local, text);
    await seen.arrivals(index + 1);
  }
  expect(viewed).toEqual(["first", "again", "third"]);
});

test.each([0, 1])(
  "whatever is done to the memory of one datagram, every other stays whole, with receiveOffload %i",
  async (receiveOffload) => {
    using sockets = new NativeSockets();
    const { socket, seen, local } = sockets.listen("127.0.0.1", { receiveOffload });
    const kept: Buffer[] = [];
    seen.received = (batch) => {
      for (let index = 0; index < batch.length; index++) {
        kept.push(batch.copy(index));
        if (kept.length % 3 !== 0) continue;
        tryToDetach(batch.view(index));
        tryToDetach(kept.at(-1)!);
      }
    };
    const sent = Array.from({ length: 60 }, (_, index) => `${index} `.repeat(index % 7 === 0 ? 3_000 : 1 + (index % 5)));
    for (const text of sent) sendTo(socket, local, text);
    while (kept.length < sent.length) await new Promise(setImmediate);
    const isOwn = (buffer: Buffer): boolean => buffer.buffer.byteLength === 0;
    for (const [index, buffer] of kept.entries()) {
      if ((index + 1) % 3 === 0 && isOwn(buffer)) continue; // a long one had memory of its own, which is gone as its owner wished
      expect(buffer.toString()).toBe(sent[index]);
    }
  },
);

test("copies of datagrams withstand structuredClone(), byte streams and transfer(): at the caller's cost, or in vain", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen();
  sendTo(socket, local, "first", "second");
  await seen.arrivals(2);
  const [first] = seen.datagrams;
  tryToDetach(first!.bytes);
  expect(seen.texts).toEqual(["first", "second"]);
});

describe("where this Node cannot protect memory", () => {
  const unprotected: MemoryGuard = { isEffective: false, protect() {} };

  test("each copy has memory of its own", () => {
    const batch = batchInMemory(["one", "two", ""], unprotected);
    const copies = [0, 1, 2].map((index) => batch.copy(index));
    expect(copies.map(String)).toEqual(["one", "two", ""]);
    expect(copies.map(({ buffer }) => buffer.byteLength)).toEqual([3, 3, 0]);
  });

  test("copy() and view() throw once the slab was detached, and the next batch is whole", () => {
    const batch = batchInMemory(["one", "two"], unprotected);
    expect([batch.view(0).toString(), batch.view(1).toString()]).toEqual(["one", "two"]);
    structuredClone(batch.view(0).buffer, { transfer: [batch.view(0).buffer as ArrayBuffer] });
    expect(() => batch.copy(1)).toThrow(expect.objectContaining({ code: "ERR_BATCH_DETACHED" }));
    expect(() => batch.view(1)).toThrow(expect.objectContaining({ code: "ERR_BATCH_DETACHED" }));
    batch.begin(2);
    expect([batch.copy(0).toString(), batch.view(1).toString()]).toEqual(["one", "two"]);
  });
});

test("runEnd() and uint32() throw once the slab was detached, and read the next batch", () => {
  const ineffective: MemoryGuard = { isEffective: true, protect() {} };
  const batch = batchInMemory(["head one", "head two"], ineffective);
  expect([batch.runEnd(0, 5), batch.uint32(1, 4)]).toEqual([2, 0x20_74_77_6f]);
  structuredClone(batch.view(0).buffer, { transfer: [batch.view(0).buffer as ArrayBuffer] });
  expect(() => batch.runEnd(0, 5)).toThrow(expect.objectContaining({ code: "ERR_BATCH_DETACHED" }));
  expect(() => batch.uint32(1, 4)).toThrow(expect.objectContaining({ code: "ERR_BATCH_DETACHED" }));
  batch.begin(2);
  expect([batch.runEnd(0, 5), batch.uint32(1, 4)]).toEqual([2, 0x20_74_77_6f]);
});

test("copy() takes a new chunk in place of one that was detached all the same", () => {
  const ineffective: MemoryGuard = { isEffective: true, protect() {} };
  const batch = batchInMemory(["one", "two", "three"], ineffective);
  const [one] = [batch.copy(0)];
  structuredClone(one.buffer, { transfer: [one.buffer as ArrayBuffer] });
  expect([1, 2].map((index) => batch.copy(index).toString())).toEqual(["two", "three"]);
  batch.begin(3);
  expect([0, 1, 2].map((index) => batch.copy(index).toString())).toEqual(["one", "two", "three"]);
});

test("copy() takes larger chunks while wake-ups bring 8 KiB and more on an average, and small ones otherwise", () => {
  const ineffective: MemoryGuard = { isEffective: true, protect() {} };
  const text = "x".repeat(4_000); // four in a small chunk, sixteen in a large one
  const batch = batchInMemory(Array<string>(8).fill(text), ineffective);
  const chunks: ArrayBufferLike[] = [];
  const receive = (count: number): void => {
    batch.begin(count);
    for (let index = 0; index < count; index++) {
      const { buffer } = batch.copy(index);
      if (chunks.at(-1) !== buffer) chunks.push(buffer);
    }
  };
  const lengths = (): number[] => chunks.splice(0).map(({ byteLength }) => byteLength);
  receive(8);
  expect(lengths()).toEqual([16_384, 65_536]);
  for (let i = 0; i < 8; i++) receive(4);
  expect(lengths()).toEqual([65_536, 65_536, 65_536]);
  for (let i = 0; i < 32; i++) receive(1);
  expect(lengths()).toEqual([65_536, 16_384, 16_384, 16_384, 16_384, 16_384]);
});

test("copy() gives what was received when the slab is detached in the middle of a batch", () => {
  const ineffective: MemoryGuard = { isEffective: true, protect() {} };
  const batch = batchInMemory(["one", "two", "x".repeat(5_000)], ineffective);
  expect(batch.copy(0).toString()).toBe("one");
  structuredClone(batch.view(0).buffer, { transfer: [batch.view(0).buffer as ArrayBuffer] });
  expect(batch.copy(1).toString()).toBe("two"); // gathered with the first
  expect(() => batch.copy(1)).toThrow(expect.objectContaining({ code: "ERR_BATCH_DETACHED" })); // a second copy would have to come from the slab
  expect(() => batch.copy(2)).toThrow(expect.objectContaining({ code: "ERR_BATCH_DETACHED" }));
});

/** Tries every way of Node to take the memory of a Buffer away. */
function tryToDetach(buffer: Buffer): void {
  const memory = buffer.buffer as ArrayBuffer & { transfer?(): unknown };
  const ways: (() => unknown)[] = [
    () => structuredClone(buffer, { transfer: [memory] }),
    () => new MessageChannel().port1.postMessage(buffer, [memory]),
    () => new ReadableStream({ type: "bytes", start: (controller) => controller.enqueue(buffer) }),
    () => memory.transfer?.(),
    () => (memory as ArrayBuffer & { resize(length: number): void }).resize(0),
  ];
  for (const way of ways) {
    try {
      way();
    } catch {
      // The refusal is the user's to see; the bytes are what matters here.
    }
  }
}

/** A batch of `texts` in a slab of its own, without sockets. */
function batchInMemory(texts: readonly string[], guard: MemoryGuard): ReceivedBatch {
  const tables = sharedTables(new ArrayBuffer(1_000_000));
  let slab = new ArrayBuffer(0);
  const makeSlab = (): ArrayBuffer => {
    if (slab.byteLength > 0) return slab;
    slab = new ArrayBuffer(65_536);
    let offset = 0;
    for (const [index, text] of texts.entries()) {
      tables.entries.set([offset, Buffer.from(slab, offset).write(text), 0, 0, -1], index * ENTRY.SIZE);
      offset += text.length;
    }
    return slab;
  };
  const gather = (...[chunk, position, first, end, maxBytes]: Parameters<Addon["gather"]>): number => {
    let [at, index] = [position, first];
    for (; index < end; index++) {
      const [offset, length] = tables.entries.subarray(index * ENTRY.SIZE);
      if (length! > maxBytes || at + length! > chunk.length) break;
      chunk.set(new Uint8Array(slab, offset, length), at);
      tables.entries[index * ENTRY.SIZE + ENTRY.COPIED_AT] = at;
      at = Math.ceil((at + length!) / 8) * 8;
    }
    return index;
  };
  const batch = new ReceivedBatch({ slab: makeSlab, gather } as unknown as Addon, tables, {} as AddressTranslator, () => guard);
  batch.begin(texts.length);
  return batch;
}
