// The programs of the attack once more, with an addon that reports each access out of bounds or after free, and each undefined operation.
import { beforeAll, expect, test } from "vitest";
import { canLoad } from "../support/backends.js";
import { canMakeNamespaces, hasCommand, isRoot, type Probe, skipUnless } from "../support/probe.js";
import { runToAnyEnd } from "./support/attack-program.js";
import { complaintOf, hasSanitizers, sanitizedEnvironment } from "./support/sanitized-addon.js";

const BUILD_LIMIT_MS = 300_000; // 12 s on two idle cores

/** A program, as it is run. */
interface Run {
  readonly args: readonly string[];
  readonly under?: readonly string[];
  readonly needs?: readonly Probe[];
  /** Exit code; default: 0. */
  readonly exitCode?: number | null;
}

const NAMESPACE = ["unshare", "--net"];
const SLOW = "ip link set lo up && tc qdisc add dev lo root tbf rate 8mbit burst 4kb limit 200kb";

const RUNS: readonly [program: string, Run][] = [
  ["worker-storm.mjs", { args: ["native", "12"] }],
  ["busy-ports.ts", { args: ["4"] }],
  ["no-descriptors.ts", { args: ["native"], under: ["sh", "-c", 'ulimit -n 100 && exec "$@"', "sh"] }],
  [
    "full-buffers.ts",
    {
      args: ["native", "4608"],
      under: [...NAMESPACE, "sh", "-c", `${SLOW} && exec "$@"`, "sh"],
      needs: [isRoot, hasCommand("tc", "iproute2"), canMakeNamespaces],
    },
  ],
  [
    "interface-storm.mjs",
    { args: ["native", "40", "700"], under: NAMESPACE, needs: [isRoot, hasCommand("ip", "iproute2"), canMakeNamespaces] },
  ],
  ...["burst", "datagramReceived", "stopProtocol"].flatMap((place): [string, Run][] => [
    ["exits.mjs", { args: ["native", place, "exit"], exitCode: 7 }],
    ["exits.mjs", { args: ["native", place, "sigterm"], exitCode: null }],
    ["exits.mjs", { args: ["native", place, "uncaught"], exitCode: 1 }],
  ]),
];

let env: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  const [compiler, addon] = [await hasSanitizers(), await canLoad("native")()];
  if (compiler.isAvailable && addon.isAvailable) env = await sanitizedEnvironment();
}, BUILD_LIMIT_MS);

test("the addon of these programs has sanitizers", async (context) => {
  await skipUnless(context, canLoad("native"), hasSanitizers);
  const { stdout, stderr } = await runToAnyEnd("loaded-files.ts", [], { env });
  expect(stdout, stderr).toMatch(/libasan/);
  expect(stdout).toContain(env.GROUPCAST_ADDON);
});

test.for(RUNS.map(([program, run]): [string, Run] => [[program, ...run.args].join(" "), run]))(
  "%s does nothing that sanitizers report",
  async ([title, { args, under = [], needs = [], exitCode = 0 }], context) => {
    await skipUnless(context, canLoad("native"), hasSanitizers, ...needs);
    const ending = await runToAnyEnd(title.split(" ")[0]!, args, { env, under });
    expect(complaintOf(ending.stderr)).toBeUndefined();
    expect(ending.exitCode, ending.stderr).toBe(exitCode);
  },
);
