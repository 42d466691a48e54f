import { expect, test } from "vitest";
import { verdicts } from "../../../packages/bench/src/limits.js";
import type { PeerName } from "../../../packages/bench/src/peers.js";
import { RIVAL_LIMITS } from "../../../packages/bench/src/rivals.js";
import type { Measurement } from "../../../packages/bench/src/rounds.js";
import { SCENARIOS } from "../../../packages/bench/src/scenarios.js";

function measured(id: string, cpuUs: Partial<Record<PeerName, readonly number[]>>): Measurement {
  const scenario = SCENARIOS.find((row) => row.id === id)!;
  const entries = Object.entries(cpuUs).map(([peer, values]) => ({
    peer: peer as PeerName,
    rounds: values.map((value) => ({ cpuUs: value })),
    failures: [],
  }));
  return { scenario, entries };
}

test("verdicts() compare medians, and say in how many rounds a limit was met and what C does in our place", () => {
  const sent = measured("send-16", { groupcast: [1, 1, 4], "node:dgram": [4, 4, 4], "C recvmmsg": [2, 2, 2] });
  expect(verdicts([sent])).toEqual([
    { text: expect.stringContaining("16 peers"), ratio: 0.25, ratioOfC: 0.5, isMet: true, metRounds: 2, rounds: 3 },
  ]);
});

test("verdicts() of start-up compare by the difference, in each round, too", () => {
  const scenario = SCENARIOS.find(({ id }) => id === "start")!;
  const entry = (peer: PeerName, ...values: number[]) => ({ peer, rounds: values.map((startMs) => ({ startMs })), failures: [] });
  const started: Measurement = { scenario, entries: [entry("node:dgram", 40, 41, 60), entry("dgram on Groupcast", 60, 72, 80)] };
  expect(verdicts([started])).toEqual([
    { text: expect.stringContaining("30 ms more"), ratio: 31, ratioOfC: undefined, isMet: false, metRounds: 2, rounds: 3 },
  ]);
});

test("verdicts() of what was not run, or failed, are left out", () => {
  expect(verdicts([])).toEqual([]);
  expect(verdicts([measured("send-16", { groupcast: [], "node:dgram": [4] })])).toEqual([]);
});

test("verdicts() on rivals: less CPU is ahead, a higher rate is ahead", () => {
  const scenario = SCENARIOS.find(({ id }) => id === "echo-16")!;
  const entry = (peer: PeerName, cpuUs: number, perSecond: number) => ({ peer, rounds: [{ cpuUs, perSecond }], failures: [] });
  const echoed: Measurement = { scenario, entries: [entry("groupcast", 3, 300), entry("Bun", 4, 400), entry("C recvmmsg", 2, 500)] };
  expect(verdicts([echoed], RIVAL_LIMITS)).toEqual([
    { text: "echo-16: CPU ahead of Bun", ratio: 0.75, ratioOfC: 0.5, isMet: true, metRounds: 1, rounds: 1 },
    { text: "echo-16: rate ahead of Bun", ratio: 0.75, ratioOfC: 1.25, isMet: false, metRounds: 0, rounds: 1 },
  ]);
});

test.each(["Bun", "udx-native", "Deno"] as const)("%s has a limit in every scenario of datagrams that it can run", (rival) => {
  const run = SCENARIOS.filter(({ id, peers }) => peers.includes(rival) && !id.startsWith("timers")).map(({ id }) => id);
  const limited = RIVAL_LIMITS.filter(({ against }) => against === rival).map(({ scenario }) => scenario);
  expect(run).toEqual(expect.arrayContaining(["receive-64", "receive-at-20k", "send-16", "echo-16-runs", "ports-1000", "memory", "start"]));
  expect([...new Set(limited)]).toEqual(run);
});

test("scenarios have names of their own", () => {
  const ids = SCENARIOS.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});
