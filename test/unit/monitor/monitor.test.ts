import { ManualClock } from "@groupcast/backend-memory";
import { Monitor, type MonitorSample, Rates } from "@groupcast/monitor";
import { expect, test } from "vitest";
import { CurveSelection } from "../../../packages/monitor/src/curve-selection.js";
import { eventsBetween } from "../../../packages/monitor/src/timeline.js";
import { FakeSource, listenedSample, portSample, sampleOf } from "./fake-source.js";

function monitorOf(source: FakeSource, intervalMs?: number): { monitor: Monitor; clock: ManualClock } {
  const clock = new ManualClock();
  return { clock, monitor: new Monitor({ title: "host", sources: [source], clock, intervalMs, wallClockMs: () => clock.nowMs() }) };
}

test("Rates count per second, and nothing for what is new, begins again or was away", () => {
  const rates = new Rates();
  rates.begin(0);
  expect(rates.of("a", 100)).toBe(0);
  rates.begin(500);
  expect([rates.of("a", 150), rates.of("b", 7)]).toEqual([100, 0]);
  rates.begin(1000);
  expect([rates.of("a", 20), rates.of("b", 8.001)]).toEqual([0, 1]);
  rates.begin(1000);
  rates.begin(1000);
  expect(rates.of("a", 90)).toBe(0);
});

test("Monitor reads nothing while nobody watches, and stops with the last watcher", async () => {
  const source = new FakeSource();
  const { monitor, clock } = monitorOf(source);
  await clock.advance(5000);
  expect(source.elapsed).toEqual([]);
  const seen: MonitorSample[] = [];
  const stops = [monitor.watch((sample) => seen.push(sample)), monitor.watch(() => {})];
  await clock.advance(2500);
  expect(source.elapsed).toEqual([0, 1000, 1000]);
  expect(seen.map(({ timeMs }) => timeMs)).toEqual([5000, 6000, 7000]);
  stops[0]!();
  stops[0]!();
  expect(monitor.isWatched).toBe(true);
  await clock.advance(1000);
  expect([seen.length, source.elapsed.length]).toEqual([3, 4]);
  stops[1]!();
  await clock.advance(5000);
  expect([monitor.isWatched, source.elapsed.length]).toEqual([false, 4]);
});

test("Monitor takes the first sample of a watcher when the latest is as old as the interval", async () => {
  const source = new FakeSource();
  const { monitor, clock } = monitorOf(source);
  monitor.sample();
  await clock.advance(300);
  monitor.watch(() => {});
  await clock.advance(600);
  expect(source.elapsed).toEqual([0]);
  await clock.advance(100);
  expect(source.elapsed).toEqual([0, 1000]);
});

test("Monitor goes on without a source that throws, and says so", () => {
  const fine = new FakeSource();
  fine.readings = { ports: [portSample()] };
  const broken = {
    read: (): never => {
      throw new Error("no such table");
    },
  };
  const { ports, limits } = new Monitor({ title: "host", sources: [broken, fine], clock: new ManualClock() }).sample();
  expect(ports).toHaveLength(1);
  expect(limits).toEqual(["A part of this could not be read: no such table."]);
});

test("Monitor adds up the totals of its sources, and puts ports that lose datagrams first, then members", () => {
  const [a, b] = [new FakeSource(), new FakeSource()];
  a.readings = { totals: { receivedPerSecond: 1, sentPerSecond: 2, lostPerSecond: 3, unwantedPerSecond: 4 } };
  b.readings = {
    totals: { receivedPerSecond: 10, sentPerSecond: 20, lostPerSecond: 30 },
    ports: [
      portSample({ id: "a", port: 7 }),
      portSample({ id: "b", port: 9, isMember: true, groupCount: 1 }),
      portSample({ id: "c", port: 8, dropsPerSecond: 1 }),
      portSample({ id: "d", port: 6 }),
    ],
  };
  const { totals, ports } = new Monitor({ title: "host", sources: [a, b], clock: new ManualClock() }).sample();
  expect(totals).toEqual({ receivedPerSecond: 11, sentPerSecond: 22, lostPerSecond: 33, unwantedPerSecond: 4 });
  expect(ports.map(({ id }) => id)).toEqual(["c", "b", "d", "a"]);
});

test("Monitor keeps 300 entries and 200 events", () => {
  const source = new FakeSource();
  const { monitor } = monitorOf(source);
  for (let round = 0; round < 310; round++) {
    source.readings = { groups: [{ group: `239.1.1.${round % 200}`, interface: "eth0", users: 1 }] };
    monitor.sample();
  }
  expect([monitor.history.entries.length, monitor.history.events.length]).toEqual([300, 200]);
});

test.each([99, Number.NaN, Number.POSITIVE_INFINITY, "1000"])("Monitor refuses %s as intervalMs", (intervalMs) => {
  expect(() => monitorOf(new FakeSource(), intervalMs as number)).toThrow(expect.objectContaining({ argument: "intervalMs" }));
});

test("eventsBetween() names what came, went and was lost", () => {
  const up = { name: "eth0", addresses: [], errors: 0, drops: 0, dropsPerSecond: 0, multicastPerSecond: 0 };
  const rates = { receivedPerSecond: 0, receivedBytesPerSecond: 0, sentPerSecond: 0, sentBytesPerSecond: 0 };
  const node = { session: "s1", name: "camera", publishes: [], subscribes: [], channelCount: 0, isOwn: false };
  const before = sampleOf({
    ports: [portSample({ drops: 5 }), portSample({ id: "gone", port: 6000, address: "::1", program: "vlc" })],
    groups: [{ group: "239.1.2.3", interface: "eth0", users: 1 }],
    interfaces: [{ ...up, ...rates, isUp: true }],
    listened: [listenedSample({ lost: 1 })],
  });
  const after = sampleOf({
    timeMs: 9,
    ports: [portSample({ drops: 7 }), portSample({ id: "question", port: 40_000 }), portSample({ id: "new", drops: 3 })],
    groups: [{ group: "239.1.2.4", interface: "eth0", users: 1 }],
    interfaces: [{ ...up, ...rates, isUp: false, drops: 2 }],
    listened: [listenedSample({ lost: 4, drops: 1 })],
    nodes: [node],
  });
  expect(eventsBetween(before, after)).toEqual([
    { timeMs: 9, kind: "dropped", subject: "0.0.0.0:5000", count: 2 },
    { timeMs: 9, kind: "dropped", subject: "239.1.2.3:5000, by this monitor", count: 1 },
    { timeMs: 9, kind: "dropped", subject: "eth0", count: 2 },
    { timeMs: 9, kind: "lost", subject: "239.1.2.3:5000", count: 3 },
    { timeMs: 9, kind: "interface-down", subject: "eth0" },
    { timeMs: 9, kind: "port-closed", subject: "[::1]:6000 of vlc" },
    { timeMs: 9, kind: "port-opened", subject: "0.0.0.0:5000" },
    { timeMs: 9, kind: "group-left", subject: "239.1.2.3 on eth0" },
    { timeMs: 9, kind: "group-joined", subject: "239.1.2.4 on eth0" },
    { timeMs: 9, kind: "node-appeared", subject: "camera" },
  ]);
});

test("eventsBetween() tells 50 events at most, the last of which counts the rest", () => {
  const groups = Array.from({ length: 70 }, (_, index) => ({ group: `239.1.1.${index}`, interface: "eth0", users: 1 }));
  const events = eventsBetween(sampleOf(), sampleOf({ groups }));
  expect(events).toHaveLength(50);
  expect(events.at(-1)).toMatchObject({ kind: "more", count: 21 });
});

test("CurveSelection keeps what it has chosen, and gives free places to what has most traffic", () => {
  const curves = new CurveSelection();
  const at = (...rates: number[]) =>
    curves
      .points(sampleOf({ listened: rates.map((perSecond, index) => listenedSample({ id: `g${index}`, perSecond })) }))
      .map(({ id }) => id);
  expect(at(0, 3, 1)).toEqual(["total", "g1", "g2"]);
  expect(at(9, 3, 0)).toEqual(["total", "g1", "g2", "g0"]);
  expect(at(9, 1)).toEqual(["total", "g1", "g0"]);
  expect(at(...Array.from({ length: 20 }, (_, index) => index + 1))).toEqual(["total", "g1", "g0", "g19", "g18", "g17", "g16", "g15"]);
});
