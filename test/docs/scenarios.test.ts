// The scenarios of the page with a network: in each B does not hear what it should, and with its solution B does.
import { readdirSync, readFileSync } from "node:fs";
import type { Trace } from "@groupcast/backend-memory";
import { expect, test } from "vitest";
import { ROOT } from "../architecture/source-files.js";

const FOLDER = `${ROOT}site/network`;
const SEED = 1;

interface Played {
  readonly said: readonly string[];
  readonly error: string | undefined;
  readonly lines: readonly string[];
  readonly network: { readonly cables: readonly { readonly node: string; readonly switch: string }[]; readonly trace: Trace };
}

interface Scenario {
  readonly name: string;
  readonly guide: string;
  readonly heard?: number;
}

type Program = (scene: Played) => void | Promise<void>;

const { SCENARIOS } = (await import(`${FOLDER}/scenarios.mjs`)) as { SCENARIOS: readonly Scenario[] };
const { Scene } = (await import(`${FOLDER}/scene.mjs`)) as { Scene: new (seed: number) => { play(program: Program): Promise<Played> } };
const { bodyOf, programOf } = (await import(`${FOLDER}/program-text.mjs`)) as {
  bodyOf: (file: string) => string;
  programOf: (body: string) => Program;
};

/** Plays a program as the page does it: its text is what a visitor sees. */
async function played(name: string, which: "broken" | "solved"): Promise<Played> {
  const body = bodyOf(readFileSync(`${FOLDER}/scenarios/${name}/${which}.mjs`, "utf8"));
  expect(body.split("\n").length).toBeGreaterThan(3);
  return new Scene(SEED).play(programOf(body));
}

test("ten scenarios are listed, and each has its programs", () => {
  expect(SCENARIOS.map(({ name }) => name).sort()).toEqual(readdirSync(`${FOLDER}/scenarios`).sort());
  expect(SCENARIOS.length).toBeGreaterThanOrEqual(10);
});

test.each(SCENARIOS)("$name: B hears nothing or too much, although A has sent", async ({ name, heard = 0 }) => {
  const { said, error, lines } = await played(name, "broken");
  expect({ said, error }).toEqual({ said: Array(heard).fill("b heard hello"), error: undefined });
  expect(lines.some((line) => line.includes(" sent "))).toBe(true);
});

test.each(SCENARIOS)("$name: B hears A by the solution", async ({ name, heard = Number.POSITIVE_INFINITY }) => {
  const { said, error } = await played(name, "solved");
  expect({ said: said[0], error }).toEqual({ said: "b heard hello", error: undefined });
  expect(said.length).toBeLessThan(heard);
});

test("DrawnNetwork has a cable for each interface and router", async () => {
  const { network } = await played("ttl-too-small", "broken");
  const cables = network.cables.map(({ node, switch: at }) => `${node} ${at}`);
  expect(cables.sort()).toEqual(["a near", "b far", "router far", "router near"]);
  const both = await played("wrong-interface", "broken");
  expect(both.network.cables.filter(({ node }) => node === "b").map((cable) => cable.switch)).toEqual(["office", "plant"]);
});

test("programOf() keeps what a program throws", async () => {
  const { error } = await new Scene(SEED).play(programOf('network.host("a", { switch: "nowhere" });'));
  expect(error).toContain("nowhere");
});
