// Sockets with busyPollUs: the loop goes round instead of sleeping, for so long and no longer, and everybody gets a turn.
//
// The loop counts the time that it sleeps. A test that needs less time than the sockets spin begins again when the machine was slower.
import { readFile } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { ERRNO } from "@groupcast/base";
import { expect, test } from "vitest";
import { runProgram, runWithDescriptor } from "../../support/backend-native-program.js";
import { accepted, NativeSockets, needAddonAnd, sendTo, WIDE } from "../../support/native-sockets.js";
import { hasCommand, skipUnless } from "../../support/probe.js";

const LONGEST_US = 1_000_000;

needAddonAnd();

/** Milliseconds that this thread's loop has slept so far. */
function sleptMs(): number {
  return performance.eventLoopUtilization().idle;
}

/** Resolves when a timer fires: an event that the loop sleeps for, unless it spins. */
function timerFires(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Runs `act` again until it takes less than `limitMs`; returns how long the loop slept meanwhile. */
async function sleptDuring(limitMs: number, act: () => Promise<unknown>): Promise<number> {
  for (;;) {
    const [startMs, slept] = [performance.now(), sleptMs()];
    await act();
    const asleep = sleptMs() - slept;
    if (performance.now() - startMs < limitMs) return asleep;
  }
}

/** Waits until the loop sleeps. */
async function untilAsleep(): Promise<void> {
  const slept = sleptMs();
  while (sleptMs() === slept) await timerFires(1);
}

test("setOption() of busyPollUs keeps the loop awake while the socket is read from", async () => {
  using sockets = new NativeSockets();
  const { socket } = sockets.listen();
  await untilAsleep();
  const act = async (): Promise<void> => {
    accepted(socket.setOption("busyPollUs", 0));
    accepted(socket.setOption("busyPollUs", LONGEST_US)); // begins anew
    await timerFires(10);
  };
  expect(await sleptDuring(LONGEST_US / 1000, act)).toBe(0);
});

/** Way in which the loop comes to sleep → what does it. */
const ENDS: Readonly<Record<string, (end: ReturnType<NativeSockets["listen"]>) => void>> = {
  "the time is over": ({ socket }) => accepted(socket.setOption("busyPollUs", 1)),
  "busyPollUs is 0 again": ({ socket }) => accepted(socket.setOption("busyPollUs", 0)),
  "nobody reads": ({ socket }) => socket.stopReading(),
  "the socket is closed": ({ socket }) => socket.close(),
};

test.each(Object.keys(ENDS))("the loop sleeps again when %s", async (when) => {
  using sockets = new NativeSockets();
  const act = async (): Promise<void> => {
    const listening = sockets.listen("127.0.0.1", { busyPollUs: LONGEST_US });
    ENDS[when]!(listening);
    await timerFires(10);
    listening.socket.close();
  };
  expect(await sleptDuring(LONGEST_US / 1000, act)).toBeGreaterThan(0);
});

/** What happens to the socket with the longest time, while the loop spins for it and for another one with a shorter time. */
const CHANGES_OF_THE_LONGEST: Readonly<Record<string, (end: ReturnType<NativeSockets["listen"]>) => void>> = {
  "is closed": ({ socket }) => socket.close(),
  "is not read any more": ({ socket }) => socket.stopReading(),
  "gets 0": ({ socket }) => accepted(socket.setOption("busyPollUs", 0)),
  "gets a shorter time": ({ socket }) => accepted(socket.setOption("busyPollUs", 1)),
};

test.each(Object.keys(CHANGES_OF_THE_LONGEST))("the loop spins only for the others when the longest socket %s", async (how) => {
  using sockets = new NativeSockets();
  sockets.listen("127.0.0.1", { busyPollUs: 1 });
  const act = async (): Promise<void> => {
    const longest = sockets.listen("127.0.0.1", { busyPollUs: LONGEST_US });
    await timerFires(5); // it spins
    CHANGES_OF_THE_LONGEST[how]!(longest);
    await timerFires(20);
    longest.socket.close();
  };
  expect(await sleptDuring(LONGEST_US / 1000, act)).toBeGreaterThan(0);
});

test("the loop that spins for one socket spins on for another one with a longer time", async () => {
  using sockets = new NativeSockets();
  const shorterMs = 50;
  const act = async (): Promise<void> => {
    const shorter = sockets.listen("127.0.0.1", { busyPollUs: shorterMs * 1000 });
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    const longer = sockets.listen("127.0.0.1", { busyPollUs: LONGEST_US });
    await timerFires(2 * shorterMs);
    for (const { socket } of [shorter, longer]) socket.close();
  };
  await untilAsleep();
  expect(await sleptDuring(LONGEST_US / 1000, act)).toBe(0);
});

test("the loop spins again each time that it has slept", async () => {
  using sockets = new NativeSockets();
  const spinMs = 100;
  sockets.listen("127.0.0.1", { busyPollUs: spinMs * 1000 });
  let [asleep, tookMs] = [0, 0];
  do {
    await untilAsleep(); // and it has just woken up
    const [startMs, slept] = [performance.now(), sleptMs()];
    await timerFires(5);
    asleep = sleptMs() - slept;
    tookMs = performance.now() - startMs;
  } while (tookMs >= spinMs);
  expect(asleep).toBe(0);
});

test("startReading() makes the loop spin again", async () => {
  using sockets = new NativeSockets();
  const { socket } = sockets.listen("127.0.0.1", { busyPollUs: LONGEST_US });
  const act = async (): Promise<void> => {
    socket.stopReading();
    accepted(socket.startReading(WIDE));
    await timerFires(10);
  };
  expect(await sleptDuring(LONGEST_US / 1000, act)).toBe(0);
});

test("a datagram makes the loop stay awake for as long again", async () => {
  using sockets = new NativeSockets();
  const spinUs = 300_000;
  const { socket, local, seen } = sockets.listen();
  await untilAsleep();
  let longestGapMs = 0;
  const act = async (): Promise<void> => {
    accepted(socket.setOption("busyPollUs", 0));
    accepted(socket.setOption("busyPollUs", spinUs));
    longestGapMs = 0;
    for (let i = 0; i < 8; i++) {
      const startMs = performance.now();
      const { length } = seen.texts;
      await timerFires(60); // eight of them take longer than one spell
      accepted(sendTo(socket, local, "x"));
      await seen.arrivals(length + 1);
      longestGapMs = Math.max(longestGapMs, performance.now() - startMs);
    }
  };
  let asleep: number;
  do asleep = await sleptDuring(Number.POSITIVE_INFINITY, act);
  while (longestGapMs >= spinUs / 1000);
  expect(asleep).toBe(0);
});

test("timers, files, other sockets and immediates get their turn while a socket is busy all the time", async () => {
  using sockets = new NativeSockets();
  const busy = sockets.listen("127.0.0.1", { busyPollUs: LONGEST_US });
  const second = sockets.listen("127.0.0.1", { busyPollUs: 1 });
  const other = sockets.listen();
  for (const end of [busy, second]) {
    end.seen.onReceived = () => void sendTo(end.socket, end.local, "again");
    accepted(sendTo(end.socket, end.local, "first"));
  }
  await timerFires(5);
  await new Promise(setImmediate);
  await readFile(new URL(import.meta.url));
  accepted(sendTo(other.socket, other.local, "served"));
  await other.seen.arrivals(1);
  await busy.seen.arrivals(1000);
  await second.seen.arrivals(1000);
  expect(other.seen.texts).toEqual(["served"]);
});

test("close() inside received() of a socket that the loop spins for ends everything, also for the others", async () => {
  using sockets = new NativeSockets();
  const ends = Array.from({ length: 5 }, () => sockets.listen("127.0.0.1", { busyPollUs: LONGEST_US }));
  const sender = sockets.listen();
  for (const { seen } of ends) {
    seen.onReceived = () => {
      for (const { socket } of ends) socket.close();
    };
  }
  for (const { local } of ends) accepted(sendTo(sender.socket, local, "x"));
  await Promise.race(ends.map(({ seen }) => seen.arrivals(1)));
  accepted(sendTo(sender.socket, sender.local, "fence"));
  await sender.seen.arrivals(1);
  expect(ends.flatMap(({ seen }) => seen.texts)).toEqual(["x"]);
  await untilAsleep();
});

test("busyPollUs of a closed socket is EBADF, to set and to get", () => {
  using sockets = new NativeSockets();
  const { socket } = sockets.listen("127.0.0.1", { busyPollUs: 50 });
  expect(socket.getOption("busyPollUs")).toBe(50);
  socket.close();
  expect([socket.setOption("busyPollUs", 50), socket.getOption("busyPollUs")]).toEqual([ERRNO.EBADF, ERRNO.EBADF]);
});

test("a loop that spins does not keep the process alive, and ends with it", async () => {
  expect(await runProgram("busy-poll-ends.mjs", { args: ["unref"] })).toEqual({ endedBy: "nothing left to do" });
  expect(await runProgram("busy-poll-ends.mjs", { args: ["closed"] })).toEqual({ endedBy: "nothing left to do" });
  expect(await runProgram("busy-poll-ends.mjs", { args: ["exit"] })).toEqual({ endedBy: "process.exit()" });
  expect(await runProgram("busy-poll-ends.mjs", { args: ["worker"] })).toEqual({ endedBy: "terminate()", exitCode: 1 });
});

test("a loop spins for an adopted socket, and not for one that was shut down", async (context) => {
  await skipUnless(context, hasCommand("python3", "python3"));
  const opening = `s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))`;
  expect(await runWithDescriptor("busy-poll-descriptor.mjs", opening)).toEqual({ before: 0, after: 1_000_000, isAwake: true });
  const shut = `${opening}
try: s.shutdown(socket.SHUT_RDWR)
except OSError: pass # not connected; shut down all the same`;
  expect(await runWithDescriptor("busy-poll-descriptor.mjs", shut, "sleeps")).toMatchObject({ isAwake: false });
});
