import type { DatagramBatch } from "@groupcast/backend";
import { socketAddress } from "@groupcast/backend";
import { expect, test } from "vitest";
import { BatchSelection } from "../../../packages/reactor/src/receiving/batch-selection.js";
import { HeldBatch } from "../../../packages/reactor/src/receiving/held-batch.js";
import { FakeBatch } from "../../support/fake-batch.js";

const FROM = socketAddress("fe80::7%eth0", 700);

function batchOfThree(): FakeBatch {
  return new FakeBatch(
    ["zero", { bytes: "one", from: FROM, arrival: { destination: "ff02::1", interfaceIndex: 2, ttl: 1 } }, { bytes: "longer than that" }],
    8,
  );
}

/** Everything a batch tells of one datagram. */
function describeAt(batch: DatagramBatch, index: number): unknown[] {
  return [
    batch.lengthBytes(index),
    batch.view(index).toString(),
    batch.copy(index).toString(),
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
  expect(Array.from({ length: held.length }, (_, index) => held.copy(index).toString())).toEqual(["longer t", "zero", "one", "longer t"]);
});

test("HeldBatch can keep the rest of another HeldBatch, as when a port pauses while it resumes", () => {
  const first = new HeldBatch();
  first.keep(batchOfThree(), 0);
  const second = new HeldBatch();
  second.keep(first, 1);
  expect([describeAt(second, 0), describeAt(second, 1)]).toEqual([describeAt(first, 1), describeAt(first, 2)]);
});

test("BatchSelection tells of the chosen datagrams what the whole batch tells, without copies", () => {
  const batch = batchOfThree();
  const selection = new BatchSelection(batch, [1, 2]);
  expect(selection.length).toBe(2);
  expect([describeAt(selection, 0), describeAt(selection, 1)]).toEqual([describeAt(batch, 1), describeAt(batch, 2)]);
  expect(selection.view(0)).toBe(batch.view(1));
});
