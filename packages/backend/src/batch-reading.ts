/** Reading of a batch through its views, for backends that have no faster way. */
import type { DatagramBatch } from "./backend.js";
import { checkOffset, checkRun } from "./batch-errors.js";

/** {@link DatagramBatch.runEnd}. */
export function runEndOf(batch: DatagramBatch, first: number, prefixBytes: number, leastBytes: number = prefixBytes): number {
  const whole = batch.view(first);
  checkRun(prefixBytes, leastBytes, whole.length);
  const [prefix, from] = [whole.subarray(0, prefixBytes), batch.from(first)];
  const isOfRun = (index: number): boolean => {
    const view = batch.view(index);
    return view.length >= leastBytes && prefix.equals(view.subarray(0, prefixBytes)) && batch.from(index) === from;
  };
  let end = first + 1;
  while (end < batch.length && isOfRun(end)) end++;
  return end;
}

/** {@link DatagramBatch.uint32}. */
export function uint32Of(batch: DatagramBatch, index: number, offset: number): number {
  const whole = batch.view(index);
  checkOffset(offset, whole.length);
  return whole.readUInt32BE(offset);
}
