// Where the page with a network draws a datagram, and when.
import { readFileSync } from "node:fs";
import type { Trace } from "@groupcast/backend-memory";
import { expect, test } from "vitest";
import { ROOT } from "../architecture/source-files.js";

const FOLDER = `${ROOT}site/network`;

interface Leg {
  readonly from: string;
  readonly to: string;
  readonly start: number;
  readonly end: number;
  readonly part: number;
  readonly outcome: string;
  readonly hops: number;
}

interface Dot {
  readonly x: number;
  readonly y: number;
  readonly outcome: string;
  readonly hops: number;
}

interface Journey {
  readonly beats: readonly number[];
  readonly legs: readonly Leg[];
  readonly length: number;
}

interface Network {
  readonly cables: readonly object[];
  readonly trace: Trace;
}

type Places = ReadonlyMap<string, { readonly x: number; readonly y: number }>;

const { journeyOf, dotsAt } = (await import(`${FOLDER}/journey.mjs`)) as {
  journeyOf: (records: Trace["records"], cables: readonly object[]) => Journey;
  dotsAt: (legs: readonly Leg[], places: Places, beat: number) => readonly Dot[];
};
const { planOf } = (await import(`${FOLDER}/plan.mjs`)) as { planOf: (cables: readonly object[]) => Places };
const { Scene } = (await import(`${FOLDER}/scene.mjs`)) as {
  Scene: new (seed: number) => { play(program: unknown): Promise<{ network: Network }> };
};
const { bodyOf, programOf } = (await import(`${FOLDER}/program-text.mjs`)) as {
  bodyOf: (file: string) => string;
  programOf: (body: string) => unknown;
};

async function networkOf(body: string): Promise<Network> {
  return (await new Scene(1).play(programOf(body))).network;
}

async function journey(name: string, which: "broken" | "solved"): Promise<Journey> {
  const { cables, trace } = await networkOf(bodyOf(readFileSync(`${FOLDER}/scenarios/${name}/${which}.mjs`, "utf8")));
  return journeyOf(trace.records, cables);
}

const ways = ({ legs }: Journey) =>
  legs.map(({ from, to, start, end, outcome, hops }) => `${start}-${end} ${from} > ${to} ${outcome} ${hops}`);

test("journeyOf() leads a datagram through switch and router, with the TTL that it has there", async () => {
  const through = await journey("ttl-too-small", "solved");
  expect(through.beats).toEqual([0, 2, 4]);
  expect(ways(through).sort()).toEqual([
    "0-1 a > switch near travels 2",
    "1-2 switch near > router travels 2",
    "2-3 router > switch far travels 1",
    "3-4 switch far > b delivered 1",
  ]);
});

test("journeyOf() ends where the trace says that the datagram was dropped", async () => {
  expect(ways(await journey("ttl-too-small", "broken"))).toEqual(["0-1 a > switch near travels 1", "1-2 switch near > router dropped 1"]);
  const { legs } = await journey("lost-on-the-way", "broken");
  expect(legs.map(({ to, part, outcome }) => ({ to, part, outcome }))).toEqual([
    { to: "switch lan", part: 1, outcome: "travels" },
    { to: "b", part: 0.5, outcome: "dropped" },
  ]);
});

test("journeyOf() stops a datagram at the switch that knows no member", async () => {
  expect(ways(await journey("not-joined", "broken"))).toEqual(["0-1 a > switch lan stops 1"]);
  expect(ways(await journey("forgotten-member", "broken"))).toEqual(["0.5-1.5 a > switch hall stops 1"]); // five minutes later
});

test("journeyOf() shows both of a datagram that was doubled", async () => {
  const { legs, beats } = await journey("heard-twice", "broken");
  expect(legs.filter(({ outcome }) => outcome === "delivered").map(({ end }) => end)).toEqual([2, 2.4]);
  expect(beats).toEqual([0, 2, 2.4]);
});

test("journeyOf() loses a datagram on the sender's own cable before the switch", async () => {
  const { cables, trace } = await networkOf(`
    const a = reactorOn(network.host("a"));
    network.host("a").setLink("eth0", { loss: 1 });
    a.listenMulticast(0, { datagramReceived() {} }).write("hello", { address: "239.255.1.1", port: 5000 });`);
  expect(ways(journeyOf(trace.records, cables))).toEqual(["0-1 a > switch lan dropped 1"]);
  expect(journeyOf(trace.records, cables).legs[0]!.part).toBe(0.5);
});

test("journeyOf() keeps what happens later on the network later", async () => {
  const { beats, length } = await journey("lost-on-the-way", "solved");
  expect(beats).toEqual([...beats].sort((a, b) => a - b));
  expect(length).toBeGreaterThan(beats.at(-1)!);
});

test("dotsAt() moves a dot along its cable, and rests it where it ends", async () => {
  const { cables, trace } = await networkOf(bodyOf(readFileSync(`${FOLDER}/scenarios/not-joined/solved.mjs`, "utf8")));
  const { legs, length } = journeyOf(trace.records, cables);
  const places = planOf(cables);
  const [a, lan, b] = ["a", "switch lan", "b"].map((name) => places.get(name)!);
  const edge = Math.sign(lan!.y - a!.y) * 20;
  const at = (beat: number) => dotsAt(legs, places, beat).map(({ x, y, outcome }) => ({ x, y, outcome }));
  expect(at(0)).toEqual([{ x: a!.x, y: a!.y + edge, outcome: "travels" }]);
  expect(at(0.5)).toEqual([{ x: (a!.x + lan!.x) / 2, y: (a!.y + lan!.y) / 2, outcome: "travels" }]);
  expect(at(1.5)).toEqual([{ x: (b!.x + lan!.x) / 2, y: (b!.y + lan!.y) / 2, outcome: "travels" }]);
  expect(at(length)).toEqual([{ x: b!.x, y: b!.y + edge, outcome: "delivered" }]);
});

test("journeyOf() lets a router with three networks pass a datagram on to two from the one that it came from", async () => {
  const { cables, trace } = await networkOf(`
    for (const [index, name] of ["one", "two", "three"].entries()) network.switch(name, { subnets: ["192.0." + index + ".0/24"] });
    network.router("router", { switches: ["one", "two", "three"] });
    const [b, c, a] = ["one", "two", "three"].map((name) => reactorOn(network.host("on " + name, { switch: name })));
    for (const member of [b, c]) member.listenMulticast(5000, { datagramReceived: () => say("heard") }, { group: "239.255.1.1" });
    a.listenMulticast(0, { datagramReceived() {} }, { ttl: 2 }).write("hello", { address: "239.255.1.1", port: 5000 });`);
  expect(ways(journeyOf(trace.records, cables)).filter((way) => way.includes("> router"))).toEqual([
    "1-2 switch three > router travels 2",
    "1-2 switch three > router travels 2",
  ]);
});
