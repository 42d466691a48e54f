// The figures that matter, by the tables that the benchmark wrote: CPU for each datagram received and sent.
import { readFileSync } from "node:fs";
import { barParts, barScale } from "../../packages/bench/dist/bar-scale.js";
import { ROOT } from "../command.mjs";
import { picture, words } from "./drawing.mjs";

const ROW = 24;
const LEFT = 130;
const WIDTH = 640;
const LONGEST = WIDTH - LEFT - 80;

/** Scenario → heading, and the programs in the order in which they are shown. */
const CHARTS = /** @type {const} */ ({
  "receive-64": [
    "Receive 64 bytes: CPU for a datagram",
    ["groupcast", "node:dgram", "Bun", "udx-native", "Deno", "Twisted", "asyncio", "uvloop", "Go", "C recvmmsg"],
  ],
  "send-1": [
    "Send 64 bytes to one peer: CPU for a datagram",
    ["groupcast", "node:dgram", "Bun", "udx-native", "Deno", "Twisted", "asyncio", "uvloop", "Go", "C recvmmsg"],
  ],
});

/** @returns {Promise<string>} */
export async function draw() {
  const page = readFileSync(`${ROOT}docs/benchmarks.md`, "utf8");
  let top = 24;
  const parts = Object.entries(CHARTS).flatMap(([scenario, [heading, peers]]) => {
    const bars = barsOf(page, scenario).filter(({ peer }) => /** @type {readonly string[]} */ (peers).includes(peer));
    const scale = barScale(bars.map(({ value }) => value));
    const drawn = [words([8, top], heading, { kind: "head" }), ...bars.flatMap((bar, index) => rowOf(bar, top + 12 + index * ROW, scale))];
    top += 12 + bars.length * ROW + 34;
    return drawn;
  });
  const title =
    "CPU for each datagram, less is better: Groupcast, node:dgram, Twisted, asyncio, uvloop, Go and C. The page of benchmarks has the figures.";
  return picture({ width: WIDTH, height: top - 6, title }, [
    ...parts,
    words([8, top - 14], "Native backend, less is better. A bar with a gap is longer than drawn.", { kind: "small" }),
  ]);
}

/**
 * @param {{ peer: string, value: number, text: string }} bar
 * @param {number} y
 * @param {number} scale
 */
function rowOf({ peer, value, text }, y, scale) {
  const parts = barParts(value, scale, LONGEST);
  const last = parts[parts.length - 1] ?? { from: 0, width: 0 };
  const kind = peer.startsWith("groupcast") ? "bar ours" : "bar";
  return [
    words([LEFT - 8, y + 13], peer, { anchor: "end", kind: "small" }),
    ...parts.map(({ from, width }) => `<rect x="${LEFT + from}" y="${y}" width="${width}" height="16" class="${kind}"/>`),
    words([LEFT + last.from + last.width + 8, y + 13], text, { kind: "small" }),
  ];
}

/** Rows of a scenario's table: the first column of figures is CPU. @param {string} page @param {string} scenario */
function barsOf(page, scenario) {
  const [, section = ""] = page.split(`\n## ${scenario}\n`);
  const rows = section.slice(0, section.indexOf("\n## ")).matchAll(/^\| ([\w:. -]+?) +\| +([\d.]+) (ns|µs) /gm);
  return [...rows].map(([, peer = "", figure = "", unit = ""]) => ({
    peer,
    value: Number(figure) * (unit === "ns" ? 0.001 : 1),
    text: `${figure} ${unit}`,
  }));
}
