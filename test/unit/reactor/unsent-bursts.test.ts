// The backlog by itself: what it owns, and that it keeps the order and the bytes, whatever is added and taken.
import type { SendBatch, SocketAddress } from "@groupcast/backend";
import { socketAddress } from "@groupcast/backend";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Backlog } from "../../../packages/reactor/src/sending/backlog.js";

const PEERS = [1, 2, 3].map((number) => socketAddress(`192.0.2.${number}`, number));

function batchOf(texts: readonly string[], to: readonly (SocketAddress | undefined)[]): SendBatch {
  const offsets = new Int32Array(texts.length + 1);
  for (const [i, text] of texts.entries()) offsets[i + 1] = offsets[i]! + text.length;
  return { bytes: Buffer.from(texts.join("")), offsets, to, via: texts.map(() => undefined) };
}

/** What a batch shows of its datagrams `from` … `to - 1`. */
function shown({ bytes, offsets, to }: SendBatch, from: number, end: number): string[] {
  return Array.from({ length: end - from }, (_, i) => {
    const at = from + i;
    return `${bytes.toString("latin1", offsets[at], offsets[at + 1])} ${to[at]?.port ?? "-"}`;
  });
}

const step = fc.oneof(
  fc.record({ add: fc.array(fc.tuple(fc.string({ maxLength: 9, unit: "grapheme-ascii" }), fc.nat(3)), { minLength: 1, maxLength: 64 }) }),
  fc.record({ take: fc.nat(200) }),
);

test("drain() sends what was added, in order and once, whatever the network takes at a time", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const backlog = new Backlog();
      const waiting: string[] = [];
      for (const each of steps) {
        if ("add" in each) {
          const to = each.add.map(([, peer]) => PEERS[peer]);
          const batch = batchOf(
            each.add.map(([text]) => text),
            to,
          );
          const from = Math.floor(each.add.length / 3);
          backlog.add(batch, from, each.add.length);
          waiting.push(...shown(batch, from, each.add.length));
        } else {
          let left = each.take;
          const sent: string[] = [];
          backlog.drain((batch, from, end) => {
            const taken = Math.min(left, end - from);
            left -= taken;
            sent.push(...shown(batch, from, from + taken));
            return from + taken;
          });
          expect(sent).toEqual(waiting.splice(0, sent.length));
          expect(sent.length).toBe(Math.min(each.take, sent.length + waiting.length));
        }
        expect(backlog.length).toBe(waiting.length);
      }
    }),
    { numRuns: 300 },
  );
});

test("a small burst owns no more memory than its datagrams need, and no slab of others", () => {
  const backlog = new Backlog();
  const slab = Buffer.alloc(65_536);
  backlog.add({ bytes: slab, offsets: Int32Array.of(0, 10), to: [undefined], via: [undefined] }, 0, 1);
  let owned: Buffer | undefined;
  backlog.drain((batch, from) => {
    owned = batch.bytes;
    return from;
  });
  expect(owned!.buffer).not.toBe(slab.buffer);
  expect(owned!.buffer.byteLength).toBe(10);
});

test("admits() counts what waits, and what has left no more", () => {
  const backlog = new Backlog();
  const batch = batchOf(
    Array.from({ length: 64 }, () => "x"),
    [],
  );
  for (let i = 0; i < 16; i++) backlog.add(batch, 0, 64);
  expect([backlog.length, backlog.admits(1, 1)]).toEqual([1024, false]);
  backlog.drain((_, from) => from + 1);
  expect([backlog.length, backlog.admits(1, 1), backlog.admits(2, 2)]).toEqual([1023, true, false]);
  backlog.clear();
  expect([backlog.length, backlog.admits(1024, 4 * 1024 * 1024), backlog.admits(1, 4 * 1024 * 1024 + 1)]).toEqual([0, true, false]);
});

test("a burst holds 64 datagrams, and the next one goes into another", () => {
  const backlog = new Backlog();
  const texts = Array.from({ length: 129 }, (_, number) => String(number));
  for (const text of texts) backlog.add(batchOf([text], []), 0, 1);
  const bursts: string[][] = [];
  backlog.drain((batch, from, end) => {
    bursts.push(shown(batch, from, end));
    return end;
  });
  expect(bursts.map(({ length }) => length)).toEqual([64, 64, 1]);
  expect(bursts.flat()).toEqual(texts.map((text) => `${text} -`));
});

test("a burst holds 65,536 bytes, and the next datagram goes into another", () => {
  const backlog = new Backlog();
  const half = "x".repeat(32_768);
  for (const text of [half, half, "y"]) backlog.add(batchOf([text], []), 0, 1);
  const lengths: number[] = [];
  backlog.drain((batch, from, end) => {
    lengths.push(end - from);
    expect(batch.bytes.length).toBeLessThanOrEqual(65_536);
    return end;
  });
  expect(lengths).toEqual([2, 1]);
});

test("admits() counts the bytes of what was added, and not of what has left of its burst", () => {
  const backlog = new Backlog();
  const texts = Array.from({ length: 64 }, () => "x");
  backlog.add(batchOf(texts, []), 32, 64);
  const room = 4 * 1024 * 1024 - 32;
  expect([backlog.admits(1, room), backlog.admits(1, room + 1)]).toEqual([true, false]);
});

test("what a burst leaves behind joins the last one when that has room for it, however much of the burst has left", () => {
  const backlog = new Backlog();
  const texts = Array.from({ length: 64 }, (_, number) => String(number));
  backlog.add(batchOf(texts, []), 34, 64);
  backlog.add(batchOf(texts, []), 30, 64);
  const bursts: string[][] = [];
  backlog.drain((batch, from, end) => {
    bursts.push(shown(batch, from, end));
    return end;
  });
  expect(bursts).toEqual([[...texts.slice(34), ...texts.slice(30)].map((text) => `${text} -`)]);
});
