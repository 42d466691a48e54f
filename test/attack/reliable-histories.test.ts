// Histories at the edges of what is kept, and of what a publisher sends again within a deadline.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { countTo, LossySite } from "../support/channels/lossy-site.js";

beforeEach(() => {
  let state = 1;
  vi.spyOn(Math, "random").mockImplementation(() => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  });
});

afterEach(() => void vi.restoreAllMocks());

test.each([
  ["more than is sent again within a deadline", 12_000, 1000],
  ["more packets than a receiver may lose", 30_000, 20],
  ["more than 65,536 packets", 70_000, 8],
])("a late subscriber gets a history of %s, in order, each once, and nothing of it is lost", async (_what, messages, bytes) => {
  const site = new LossySite();
  const publisher = site.open(site.node("a"), { reliable: { packets: messages + 1000, bytes: 64 * 1024 * 1024 } });
  for (let i = 0; i < messages; i++) {
    publisher.publish(Buffer.from(`${i}`.padEnd(bytes)));
    if (i % 500 === 0) await site.pass(1);
  }
  const late = await site.reader("b", { history: { messages }, reliable: { bytes: 64 * 1024 * 1024 } });
  for (let i = 0; late.numbers.length < messages && i < 300; i++) {
    publisher.publish(Buffer.from(`${messages + i}`.padEnd(bytes))); // what comes meanwhile waits for it
    await site.pass(100);
  }
  await site.pass(1000);
  expect(late.numbers).toEqual(countTo(late.numbers.length));
  expect(late.numbers.length).toBeGreaterThanOrEqual(messages);
  expect([late.losses, publisher.statistics().reliable!.sender.letGo]).toEqual([[], 0]);
});

test("the latest message of 16 MiB comes, though it takes longer than a deadline", async () => {
  const site = new LossySite();
  const publisher = site.open(site.node("a"), { latest: true, fragment: true });
  publisher.publish(Buffer.alloc(16 * 1024 * 1024, "x"));
  await site.pass(3000);
  const late = await site.reader("b", { latest: true, fragment: true });
  await site.pass(12_000);
  expect(late.texts.map(({ length }) => length)).toEqual([16 * 1024 * 1024]);
  expect(late.losses).toEqual([]);
});
