// Samples whose parts a test sets.
import type { ListenedSample, MonitorSample, MonitorSource, PortSample, Readings } from "@groupcast/monitor";

/** A source that answers with what a test has put into it. */
export class FakeSource implements MonitorSource {
  readings: Readings = {};
  readonly elapsed: number[] = [];

  read(elapsedMs: number): Readings {
    this.elapsed.push(elapsedMs);
    return this.readings;
  }
}

export function portSample(given: Partial<PortSample> = {}): PortSample {
  return {
    id: "p1",
    address: "0.0.0.0",
    port: 5000,
    groups: [],
    groupCount: 0,
    isMember: false,
    drops: 0,
    dropsPerSecond: 0,
    ...given,
  };
}

export function listenedSample(given: Partial<ListenedSample> = {}): ListenedSample {
  return {
    id: "239.1.2.3:5000",
    received: 0,
    perSecond: 0,
    bytesPerSecond: 0,
    lost: 0,
    lostPerSecond: 0,
    gaps: 0,
    duplicates: 0,
    reordered: 0,
    streams: 0,
    drops: 0,
    dropsPerSecond: 0,
    ...given,
  };
}

export function sampleOf(given: Partial<MonitorSample> = {}): MonitorSample {
  return {
    timeMs: 0,
    intervalMs: 1000,
    title: "host",
    totals: { receivedPerSecond: 0, sentPerSecond: 0, lostPerSecond: 0 },
    ports: [],
    listened: [],
    groups: [],
    interfaces: [],
    nodes: [],
    relays: [],
    curves: [],
    events: [],
    limits: [],
    ...given,
  };
}
