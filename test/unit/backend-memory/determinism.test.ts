import { MemoryNetwork } from "@groupcast/backend-memory";
import { expect, test } from "vitest";
import { at, batchOf, ProbeOpener } from "./socket-probe.js";

/** A run with everything that is left to chance in it; what happened, as text. */
async function run(seed: number): Promise<string> {
  const link = { loss: 0.1, delayMs: 3, jitterMs: 5, duplicate: 0.05, reorder: 0.1, reorderDelayMs: 4 };
  const opener = new ProbeOpener(new MemoryNetwork({ seed, link, trace: true }));
  const members = ["a", "b", "c", "d"].map((host) => opener.member(host, "239.1.1.1", { options: { reuseAddress: 1 } }));
  members.forEach((member, index) => {
    member.onReceived = (batch) => {
      if (batch.lengthBytes(0) < 6) member.send(`${batch.view(0)}${index}`, at("239.1.1.1"));
    };
  });
  opener.open("a", { port: 0 }).socket.send(batchOf(["x", "y"], at("239.1.1.1")), 0, 2);
  await opener.clock.advance(40);
  return String(opener.network.trace);
}

test("the same seed gives the same run, to the datagram and to the microsecond", async () => {
  const first = await run(42);
  expect(first.split("\n").length).toBeGreaterThan(200);
  expect(await run(42)).toBe(first);
});

test("another seed gives another run", async () => {
  expect(await run(43)).not.toBe(await run(42));
});

test.each([0, 1, -1, 2 ** 31, 123_456_789])("seed %d spreads losses evenly", async (seed) => {
  const opener = new ProbeOpener(new MemoryNetwork({ seed, link: { loss: 0.5 } }));
  const receiver = opener.open("a", { options: { receiveBufferBytes: 200_000 } });
  const sender = opener.open("b");
  for (let round = 0; round < 40; round++) {
    sender.socket.send(batchOf(Array(100).fill("x"), at("10.0.0.1")), 0, 100);
    await opener.settle();
  }
  expect(receiver.texts.length / 4000).toBeGreaterThan(0.47);
  expect(receiver.texts.length / 4000).toBeLessThan(0.53);
});
