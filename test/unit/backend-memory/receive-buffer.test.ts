import { MemoryNetwork } from "@groupcast/backend-memory";
import { describe, expect, test } from "vitest";
import { at, LIMITS, ProbeOpener, type SocketProbe } from "./socket-probe.js";

function fullBuffer(
  size: number,
  options: Record<string, number> = {},
): { receiver: SocketProbe; sender: SocketProbe; opener: ProbeOpener } {
  const opener = new ProbeOpener(new MemoryNetwork({ trace: true }));
  const receiver = opener.open("a", { isIdle: true, options: { receiveBufferBytes: 200_000, ...options } });
  const sender = opener.open("b");
  for (let index = 0; index < 600; index++) sender.send(Buffer.alloc(size), at("10.0.0.1"));
  return { receiver, sender, opener };
}

/** Datagrams that a buffer of 400,000 bytes (200,000 doubled) has room for; measured on Linux 6.18, loopback. */
test.each([
  [0, 480],
  [1, 480],
  [100, 480],
  [200, 312],
  [600, 312],
  [700, 173],
  [1472, 173],
  [2000, 91],
  [4000, 47],
  [8000, 24],
  [32_000, 12],
  [65_000, 6],
])("a buffer of 400,000 bytes holds datagrams of %d bytes: %d", async (size, held) => {
  const { receiver, opener } = fullBuffer(size);
  await opener.settle();
  expect(receiver.socket.getOption("kernelDrops")).toBe(600 - held);
  receiver.socket.startReading({ ...LIMITS, maxDatagrams: 1000, maxBytes: 1e9 });
  await opener.settle();
  expect(receiver.texts).toHaveLength(held);
});

test("what finds no room is in the trace", async () => {
  const { opener } = fullBuffer(0);
  await opener.settle();
  expect(opener.network.trace.records.filter(({ detail }) => detail === "receive buffer full")).toHaveLength(120);
});

test("an empty buffer takes a datagram of any length", async () => {
  const opener = new ProbeOpener(new MemoryNetwork());
  const receiver = opener.open("a", { options: { receiveBufferBytes: 1 } });
  const sender = opener.open("b");
  for (let index = 0; index < 2; index++) {
    sender.send(Buffer.alloc(65_507), at("10.0.0.1"));
    await opener.settle();
  }
  expect(receiver.texts).toHaveLength(2);
});

describe("receiveDropCount", () => {
  test("tells of the loss with the next datagram that finds room, and not before", async () => {
    const { receiver, sender, opener } = fullBuffer(0, { receiveDropCount: 1 });
    await opener.settle();
    receiver.socket.startReading({ ...LIMITS, maxDatagrams: 1000 });
    await opener.settle();
    expect(receiver.datagrams.every(({ arrival }) => arrival.kernelDrops === undefined)).toBe(true);
    sender.send("next", at("10.0.0.1"));
    await opener.settle();
    expect(receiver.datagrams.at(-1)).toMatchObject({ text: "next", arrival: { kernelDrops: 120 } });
  });
});
