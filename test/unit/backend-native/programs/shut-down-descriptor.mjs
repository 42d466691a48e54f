// Adopts descriptor 3, which the program before this one has shut down, and prints what it is told, and whether it has rest then.

import { setTimeout as pause } from "node:timers/promises";
import { NativeBackend } from "@groupcast/backend-native";
import { errnoName } from "@groupcast/base";

const WIDE = { maxPacketBytes: 65_535, maxDatagrams: 64, maxBytes: 1_000_000 };
const told = [];
let heard = () => {};
const observer = {
  received: (batch) => told.push(`${batch.length} datagrams`),
  writable() {},
  sendFailed() {},
  failed(errno, operation) {
    told.push(`${operation} ${errnoName(errno)}`);
    heard();
  },
};

const alive = setInterval(() => {}, 1_000);
const adopted = NativeBackend.load().adoptSocket(3, observer, undefined);
await reading(); // and again, as after a pause
await reading();
const before = performance.eventLoopUtilization();
await pause(100);
const isAtRest = performance.eventLoopUtilization(before).utilization < 0.5;
adopted.close();
clearInterval(alive);
process.stdout.write(JSON.stringify({ told, isAtRest }));

function reading() {
  return new Promise((resolve) => {
    heard = resolve;
    adopted.startReading(WIDE);
    setTimeout(resolve, 500);
  });
}
