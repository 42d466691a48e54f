import type { DatagramBatch } from "@groupcast/backend";
import { socketAddress } from "@groupcast/backend";
import { MemoryNetwork } from "@groupcast/backend-memory";
import { Reactor, systemClock } from "@groupcast/reactor";
import { chooseBackend } from "groupcast";
import { expect, test } from "vitest";
import { BatchSelection } from "../../../packages/reactor/src/receiving/batch-selection.js";
import { HeldBatch } from "../../../packages/reactor/src/receiving/held-batch.js";
import { canLoad } from "../../support/backends.js";
import { FakeBatch } from "../../support/fake-batch.js";
import { skipUnless } from "../../support/probe.js";

const FROM = socketAddress("fe80::7%eth0", 700);

function batchOfThree(): FakeBatch {
  return new FakeBatch(
    ["zero", { bytes: "once", from: FROM, arrival: { destination: "ff02::1", interfaceIndex: 2, ttl: 1 } }, { bytes: "longer than that" }],
    8,
  );
}

/** Everything a batch tells of one datagram. */
function describeAt(batch: DatagramBatch, index: number): unknown[] {
  return [
    batch.lengthBytes(index),
    batch.view(index).toString(),
    batch.copy(index).toString(),
    batch.copy(index, 2).toString(),
    batch.copy(index, batch.lengthBytes(index)).length,
    batch.uint32(index, 0),
    batch.from(index),
    batch.truncated(index),
    batch.arrival(index),
    batch.destination(index),
    batch.interfaceIndex(index),
  ];
}

test("HeldBatch keeps all that there is to tell from one number on, after the memory of the batch was used again", () => {
  const batch = batchOfThree();
  const expected = [describeAt(batch, 1), describeAt(batch, 2)];
  const held = new HeldBatch();
  held.keep(batch, 1);
  batch.end();
  expect(held.length).toBe(2);
  expect([describeAt(held, 0), describeAt(held, 1)]).toEqual(expected);
});

test("HeldBatch puts what it keeps later behind what it has", () => {
  const held = new HeldBatch();
  held.keep(batchOfThree(), 2);
  held.keep(batchOfThree(), 0);
  expect(Array.from({ length: held.length }, (_, index) => held.copy(index).toString())).toEqual(["longer t", "zero", "once", "longer t"]);
});

test("HeldBatch can keep the rest of another HeldBatch, as when a port pauses while it resumes", () => {
  const first = new HeldBatch();
  first.keep(batchOfThree(), 0);
  const second = new HeldBatch();
  second.keep(first, 1);
  expect([describeAt(second, 0), describeAt(second, 1)]).toEqual([describeAt(first, 1), describeAt(first, 2)]);
});

test("HeldBatch refuses bytes whose memory was transferred, and keeps their length", () => {
  const held = new HeldBatch();
  held.keep(batchOfThree(), 1);
  const { buffer, length } = held.view(0);
  structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
  for (const call of [() => held.view(0), () => held.copy(0), () => held.uint32(0, 0)]) {
    expect(call).toThrow(expect.objectContaining({ code: "ERR_BATCH_DETACHED" }));
  }
  expect(held.lengthBytes(0)).toBe(length);
  expect(held.lengthBytes(1)).toBe(held.view(1).length);
});

test("BatchSelection tells of the chosen datagrams what the whole batch tells, without copies", () => {
  const batch = batchOfThree();
  const selection = new BatchSelection(batch, [1, 2]);
  expect(selection.length).toBe(2);
  expect([describeAt(selection, 0), describeAt(selection, 1)]).toEqual([describeAt(batch, 1), describeAt(batch, 2)]);
  expect(selection.view(0)).toBe(batch.view(1));
});

test("runs end where the sender, the beginning or the least length ends, and at the end of the batch", () => {
  const texts = ["head one", "head two", { bytes: "head two", from: FROM }, { bytes: "head", from: FROM }, "head six", "heed six", "heed"];
  const batch = new FakeBatch(texts, 99);
  const held = new HeldBatch();
  held.keep(batch, 0);
  const whole = Array.from({ length: batch.length }, (_, index) => index);
  for (const same of [batch, held, new BatchSelection(batch, whole)]) {
    expect(whole.map((first) => same.runEnd(first, 4))).toEqual([2, 2, 4, 4, 5, 7, 7]);
    expect([0, 1, 2, 4, 5].map((first) => same.runEnd(first, 4, 5))).toEqual([2, 2, 3, 5, 6]);
    expect([0, 2, 4].map((first) => same.runEnd(first, 0))).toEqual([2, 4, 7]);
    expect(same.runEnd(0, 5)).toBe(2);
    expect(same.runEnd(0, 6)).toBe(1);
  }
  expect(new BatchSelection(batch, [0, 4, 1]).runEnd(0, 4)).toBe(3);
});

const METHODS = [
  "lengthBytes",
  "view",
  "copy",
  "runEnd",
  "uint32",
  "from",
  "truncated",
  "arrival",
  "destination",
  "interfaceIndex",
] as const;

/** Refusals of each method of `batch` for indices that it does not have. */
function expectRefusals(batch: DatagramBatch): void {
  for (const method of METHODS) {
    for (const index of [-1, 0.5, batch.length, Number.NaN, 2 ** 32]) {
      expect(() => batch[method](index, 0), `${method}(${index})`).toThrow(
        expect.objectContaining({ code: "ERR_ARGUMENT_RANGE", argument: "index" }),
      );
    }
    for (const index of [undefined, null, "x", "0", "length", "push", [0], {}, 0n, Symbol("0")]) {
      expect(() => batch[method](index as unknown as number, 0), `${method}(${String(index)})`).toThrow(
        expect.objectContaining({ code: "ERR_ARGUMENT_TYPE" }),
      );
    }
  }
}

test("HeldBatch and BatchSelection refuse an index that they do not have", () => {
  const held = new HeldBatch();
  held.keep(batchOfThree(), 1);
  expectRefusals(held);
  expectRefusals(new BatchSelection(batchOfThree(), [1]));
});

/** Refusals of places that the first datagram does not have: memory before or after it is not its. */
function expectPlaceRefusals(batch: DatagramBatch): void {
  const length = batch.lengthBytes(0);
  const calls: readonly [argument: string, call: (place: number) => unknown, beyond: number][] = [
    ["startBytes", (start) => batch.copy(0, start), length + 1],
    ["prefixBytes", (prefix) => batch.runEnd(0, prefix), length + 1],
    ["leastBytes", (least) => batch.runEnd(0, 0, least), length + 1],
    ["leastBytes", (least) => batch.runEnd(0, length, least), length - 1],
    ["offset", (offset) => batch.uint32(0, offset), length - 3],
  ];
  for (const [argument, call, beyond] of calls) {
    for (const place of [-1, 0.5, beyond, Number.NaN, 2 ** 32]) {
      expect(() => call(place), `${argument} ${place}`).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_RANGE", argument }));
    }
    for (const place of [null, "1", {}, 0n, Symbol("0")]) {
      expect(() => call(place as unknown as number), `${argument} ${String(place)}`).toThrow(
        expect.objectContaining({ code: "ERR_ARGUMENT_TYPE", argument }),
      );
    }
  }
}

test("HeldBatch and BatchSelection refuse a place that the datagram does not have", () => {
  const held = new HeldBatch();
  held.keep(batchOfThree(), 1);
  expectPlaceRefusals(held);
  expectPlaceRefusals(new BatchSelection(batchOfThree(), [1]));
});

test.for(["native", "dgram", "memory"] as const)(
  "a batch of %s refuses an index or a place that it does not have, and every index afterwards",
  async (name, context) => {
    if (name !== "memory") await skipUnless(context, canLoad(name));
    const backend = name === "memory" ? new MemoryNetwork({ clock: systemClock }).host("a") : chooseBackend(name);
    await using reactor = new Reactor({ backend });
    let kept: DatagramBatch | undefined;
    let refused!: (error?: unknown) => void;
    const checked = new Promise<unknown>((resolve) => {
      refused = resolve;
    });
    const port = reactor.listenUDP(
      0,
      {
        datagramsReceived(batch) {
          kept = batch;
          refused(
            thrownBy(() => {
              expectRefusals(batch);
              expectPlaceRefusals(batch);
            }),
          );
        },
      },
      { interface: "127.0.0.1" },
    );
    port.write("abcdef", port.getHost());
    expect(await checked).toBeUndefined();
    expect(kept?.length).toBe(0);
    expectRefusals(kept!);
  },
);

function thrownBy(call: () => void): unknown {
  try {
    call();
    return undefined;
  } catch (error) {
    return error;
  }
}
