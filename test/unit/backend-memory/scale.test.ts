import { MemoryNetwork } from "@groupcast/backend-memory";
import { expect, test } from "vitest";
import { at, batchOf, LIMITS, ProbeOpener } from "./socket-probe.js";

const GENEROUS_MS = 60_000; // several times what it takes on a slow machine with others at work; the probe holds the limit

test("a thousand hosts of one group receive every datagram", async () => {
  const opener = new ProbeOpener(new MemoryNetwork({ subnets: ["10.0.0.0/16", "fd00::/64"] }));
  const members = Array.from({ length: 1000 }, (_, index) => opener.member(`host ${index}`, "239.1.1.1"));
  for (const member of members.slice(0, 10)) member.send("hello", at("239.1.1.1"));
  await opener.settle();
  expect(members.every(({ texts }) => texts.length === 10)).toBe(true);
  expect(opener.network.hosts).toHaveLength(1000);
});

test("a million datagrams pass", { timeout: GENEROUS_MS }, async () => {
  const opener = new ProbeOpener(new MemoryNetwork());
  const sender = opener.open("a");
  let received = 0;
  const socket = opener.network.host("b").openSocket(4, {
    received: (batch) => {
      received += batch.length;
    },
    writable: () => {},
    sendFailed: () => {},
    failed: () => {},
  });
  if (typeof socket === "number") throw new Error(`openSocket: ${socket}`);
  socket.bind(at("0.0.0.0"));
  socket.startReading(LIMITS);
  const batch = batchOf(Array(64).fill("x".repeat(100)), at("10.0.0.2"));
  for (let sent = 0; sent < 1_000_000; sent += 64) {
    sender.socket.send(batch, 0, 64);
    await opener.settle();
  }
  expect(received).toBe(1_000_000);
});

test("an hour of a hundred hosts that beacon once a second to ten members is 3.6 million deliveries", {
  timeout: GENEROUS_MS,
}, async () => {
  const opener = new ProbeOpener(new MemoryNetwork());
  const { clock, network } = opener;
  let received = 0;
  const observer = {
    received: (batch: { readonly length: number }) => {
      received += batch.length;
    },
    writable: () => {},
    sendFailed: () => {},
    failed: () => {},
  };
  const beacon = batchOf(["I am here"], at("239.1.1.1"));
  for (let index = 0; index < 100; index++) {
    const host = network.host(`host ${index}`);
    const socket = host.openSocket(4, observer);
    if (typeof socket === "number") throw new Error(`openSocket: ${socket}`);
    socket.bind(at("0.0.0.0"));
    socket.startReading(LIMITS);
    if (index < 10) socket.join("239.1.1.1", opener.interface(host), undefined);
    const send = (): void => {
      socket.send(beacon, 0, 1);
      clock.schedule(1000, send);
    };
    clock.schedule(7 * index, send);
  }
  await clock.advance(3_600_000 - 1);
  expect(received).toBe(3_600_000);
});
