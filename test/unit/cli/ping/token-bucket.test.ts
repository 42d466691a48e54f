import { expect, test } from "vitest";
import { TokenBucket } from "../../../../packages/cli/src/ping/token-bucket.js";

test("TokenBucket gives a token when a whole one has come back, and never more than it holds", () => {
  const bucket = new TokenBucket(1, 2, 0);
  expect([0, 0, 0, 999].map((nowMs) => bucket.take(nowMs))).toEqual([true, true, false, false]);
  expect([1001, 1001].map((nowMs) => bucket.take(nowMs))).toEqual([true, false]);
  expect([60_000, 60_000, 60_000].map((nowMs) => bucket.take(nowMs))).toEqual([true, true, false]);
});

test("TokenBucket.hasToken() tells of a token without taking it", () => {
  const bucket = new TokenBucket(1, 1, 0);
  expect([bucket.hasToken(0), bucket.hasToken(0), bucket.take(0), bucket.hasToken(0)]).toEqual([true, true, true, false]);
});
