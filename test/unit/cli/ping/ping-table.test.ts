// The table of a ping at every width of a terminal: the loss of multicast is never cut off.
import { expect, test } from "vitest";
import type { PathReport, PingReport } from "../../../../packages/cli/src/ping/ping-report.js";
import { table } from "../../../../packages/cli/src/ping/ping-table.js";

const PATH: PathReport = { sent: 4, received: 3, lost: 1, late: 0, duplicates: 0, reordered: 0, lostSinceFirst: 0, firstSequence: 2 };
const TIMES = { min: 1, average: 2, max: 3, p50: 2, p90: 3, p99: 3 };

function reportOf(address: string): PingReport {
  const unicast = { ...PATH, received: 4, lost: 0, hops: 1, rttMs: TIMES };
  const multicast = { ...PATH, hops: 1, rttMs: TIMES };
  return {
    target: "239.1.2.3",
    localAddress: "192.0.2.1",
    startedAtMs: 0,
    durationMs: 4000,
    responders: [{ address, protocol: "rfc6450", group: "239.1.2.3", unicast, multicast }],
    asked: 1,
    refused: 0,
    ignored: { malformed: 0, unexpected: 0, clientId: 0, sender: 0, version: 0, group: 0, sequence: 0, surplus: 0 },
  };
}

test.each(["192.0.2.7", "2001:db8:1111:2222:3333:4444:5555:6666"])("table() shows the multicast loss of %s at any width", (address) => {
  for (let columns = 20; columns <= 140; columns++) {
    const lines = table(reportOf(address), columns);
    expect(lines[1], String(columns)).toMatch(/multicast$/);
    expect(lines[3], String(columns)).toContain("25%");
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(columns);
  }
});

test("table() shows more the wider the terminal is, and everything at 100 columns", () => {
  const widths = [20, 40, 60, 80, 100].map((columns) => table(reportOf("192.0.2.7"), columns)[2]);
  expect(widths).toEqual([
    "respond…    loss",
    "responder    sent    loss     loss",
    "responder    sent    loss     avg    loss     avg",
    "responder    sent    loss since     avg     p99    loss since     avg     p99",
    "responder    sent    loss since  hops     avg     p99    loss since  hops     avg     p99",
  ]);
});
