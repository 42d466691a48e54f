// Adopts descriptor 3 and spins for it; prints whether the loop stays awake. With the argument "sleeps" it waits until the loop sleeps.
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { NativeBackend } from "@groupcast/backend-native";

const SPIN_US = 1_000_000;
const sleptMs = () => performance.eventLoopUtilization().idle;
const adopted = NativeBackend.load().adoptSocket(3, { received() {}, writable() {}, sendFailed() {}, failed() {} }, undefined);
const before = adopted.getOption("busyPollUs");
adopted.startReading({ maxPacketBytes: 65_535, maxDatagrams: 64, maxBytes: 1_000_000 });
await delay(20); // the loop runs, and counts from here on
adopted.setOption("busyPollUs", SPIN_US);
const after = adopted.getOption("busyPollUs");
let isAwake = await staysAwake();
while (process.argv[2] === "sleeps" && isAwake) isAwake = await staysAwake();
adopted.close();
process.stdout.write(JSON.stringify({ before, after, isAwake }));

/** Whether the loop did not sleep for a moment. Begins again when the machine took longer than the loop spins. */
async function staysAwake() {
  for (;;) {
    adopted.setOption("busyPollUs", 0);
    adopted.setOption("busyPollUs", SPIN_US);
    const [startMs, slept] = [performance.now(), sleptMs()];
    await delay(10);
    const isStillAwake = sleptMs() === slept;
    if (performance.now() - startMs < SPIN_US / 1000) return isStillAwake;
  }
}
