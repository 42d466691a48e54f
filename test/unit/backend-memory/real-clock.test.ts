// A network on a clock that moves by itself.

import { MemoryNetwork } from "@groupcast/backend-memory";
import type { Clock } from "@groupcast/base";
import { expect, test } from "vitest";
import { at, batchOf, LIMITS } from "./socket-probe.js";

/** The system's clock, which counts who keeps the process alive. */
class CountingClock implements Clock {
  holds = 0;

  nowMs(): number {
    return performance.now();
  }

  schedule(delayMs: number, fn: () => void): { cancel: () => void } {
    const timer = setTimeout(fn, delayMs);
    return { cancel: () => clearTimeout(timer) };
  }

  hold(): () => void {
    this.holds += 1;
    return () => {
      this.holds -= 1;
    };
  }
}

const SILENT = { writable: () => {}, sendFailed: () => {}, failed: () => {} };

test("datagrams arrive by themselves, and not before their delay", async () => {
  const network = new MemoryNetwork({ clock: new CountingClock(), link: { delayMs: 20 } });
  const [sender, receiver] = await new Promise<[number, number]>((resolve) => {
    const sentAtMs = network.clock.nowMs();
    const opened = ["a", "b"].map((host) =>
      network.host(host).openSocket(4, { ...SILENT, received: () => resolve([sentAtMs, network.clock.nowMs()]) }),
    );
    for (const socket of opened) {
      if (typeof socket === "number") throw new Error(`openSocket: ${socket}`);
      socket.bind(at("0.0.0.0"));
      socket.startReading(LIMITS);
    }
    const [a] = opened;
    if (typeof a === "object") a.send(batchOf(["x"], at("10.0.0.2")), 0, 1);
  });
  expect(receiver - sender).toBeGreaterThan(19.9);
});

test("open sockets hold the clock while they are referenced", () => {
  const clock = new CountingClock();
  const socket = new MemoryNetwork({ clock }).host("a").openSocket(4, { ...SILENT, received: () => {} });
  if (typeof socket === "number") throw new Error(`openSocket: ${socket}`);
  const holds = [clock.holds];
  for (const step of ["unref", "unref", "ref", "ref", "close", "ref", "unref"] as const) {
    socket[step]();
    holds.push(clock.holds);
  }
  expect(holds).toEqual([1, 0, 0, 1, 1, 0, 0, 0]);
});
