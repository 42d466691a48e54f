// What a watch tells: differences between two diagnoses, and a querier that falls silent.
import { changesBetween, type Diagnosis, type Finding, QuerierWatch } from "@groupcast/diagnosis";
import { expect, test } from "vitest";
import { ARRIVAL } from "./examination.js";

const FINDING: Finding = {
  cause: "firewall",
  title: "a firewall drops it",
  likelihood: "likely",
  explanation: "",
  evidence: [],
  fixes: [],
};
const { cause, title } = FINDING;
const WELL: Diagnosis = {
  address: "239.1.2.5",
  port: 5000,
  interface: "eth0",
  interfaceReason: "",
  findings: [],
  cleared: [{ cause, title }],
  unchecked: [],
  arrivals: [ARRIVAL],
  querier: { mldQueries: 0, igmpVersion: "V3" },
  durationMs: 1,
};
const ILL: Diagnosis = { ...WELL, findings: [FINDING], cleared: [] };

test.each([
  { what: "nothing", before: WELL, after: WELL, changes: [] },
  { what: "a new cause", before: WELL, after: ILL, changes: [{ change: "found", finding: FINDING }] },
  { what: "the same cause", before: ILL, after: ILL, changes: [] },
  { what: "a cause that is gone", before: ILL, after: WELL, changes: [{ change: "gone", cause: { cause, title } }] },
  {
    what: "a cause that could not be checked",
    before: ILL,
    after: { ...WELL, cleared: [], unchecked: [{ cause, title, reason: "" }] },
    changes: [],
  },
  { what: "silence", before: WELL, after: { ...WELL, arrivals: [] }, changes: [{ change: "silent" }] },
  {
    what: "only this host",
    before: WELL,
    after: { ...WELL, arrivals: [{ ...ARRIVAL, isThisHost: true }] },
    changes: [{ change: "silent" }],
  },
  { what: "datagrams", before: { ...WELL, arrivals: [] }, after: WELL, changes: [{ change: "arriving" }] },
  { what: "a listener that was refused", before: WELL, after: { ...WELL, arrivals: undefined }, changes: [] },
  {
    what: "an old querier that is gone",
    before: { ...WELL, querier: { mldQueries: 0, igmpVersion: "V2" } },
    after: WELL,
    changes: [{ change: "version", before: "V2", after: "V3" }],
  },
  { what: "no membership any more", before: WELL, after: { ...WELL, querier: { mldQueries: 0, igmpVersion: undefined } }, changes: [] },
] satisfies { what: string; before: Diagnosis; after: Diagnosis; changes: unknown[] }[])(
  "changesBetween() tells $changes: $what",
  ({ before, after, changes }) => {
    expect(changesBetween(before, after)).toEqual(changes);
  },
);

/** Looks at [seconds, count], one after another; what each look told. */
function looks(...at: readonly (readonly [seconds: number, count: number | undefined])[]): (string | undefined)[] {
  const watch = new QuerierWatch();
  return at.map(([seconds, count]) => watch.observe(count, seconds * 1000));
}

test("QuerierWatch misses a querier after two intervals of RFC 3810 and its time to answer, and says so once", () => {
  expect(looks([0, 7], [10, 8], [269, 8], [270, 8], [400, 8])).toEqual([undefined, undefined, undefined, "silent", undefined]);
});

test("QuerierWatch learns the interval of a faster querier, also from several queries between two looks", () => {
  expect(looks([0, 0], [5, 1], [15, 2], [44, 2], [45, 2])).toEqual([undefined, undefined, undefined, undefined, "silent"]);
  expect(looks([0, 0], [5, 1], [15, 11], [26, 11], [27, 11])).toEqual([undefined, undefined, undefined, undefined, "silent"]);
});

test("QuerierWatch tells a querier that asks again, and misses it anew", () => {
  expect(looks([0, 0], [10, 1], [270, 1], [500, 2], [759, 2], [760, 2])).toEqual([
    undefined,
    undefined,
    "silent",
    "heard",
    undefined,
    "silent",
  ]);
});

test("QuerierWatch misses none that was never heard, and nothing where the kernel does not count", () => {
  expect(looks([0, 5], [1000, 5], [5000, 5])).toEqual([undefined, undefined, undefined]);
  expect(looks([0, undefined], [1000, undefined])).toEqual([undefined, undefined]);
});
