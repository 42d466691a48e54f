import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BACKENDS, canLoad } from "../../support/backends.js";
import { skipUnless } from "../../support/probe.js";
import { type HookedEnding, runNode } from "./hooked-program.js";

const HOOK = "@groupcast/dgram/register";
const FLAGS = ["--import", "--require"] as const;
const NO_ADDON = { GROUPCAST_ADDON: "/nonexistent/addon.node" };
const ENVIRONMENTS = { native: {}, dgram: { GROUPCAST_BACKEND: "dgram" } } as const; // native is what it takes by itself

/** Every way that a program prints leads to the same module, whose sockets carry datagrams. */
function expectEverywhere({ exitCode, printed, stderr }: HookedEnding, owner: "groupcast" | "node"): void {
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(new Set(Object.values(printed as object)), JSON.stringify(printed)).toEqual(new Set([`datagram by ${owner}`]));
}

describe.each(BACKENDS)("on %s", (backend) => {
  const environment = ENVIRONMENTS[backend];

  test.for(FLAGS)("%s register replaces node:dgram by every way to it", async (flag, context) => {
    await skipUnless(context, canLoad(backend));
    expectEverywhere(runNode([flag, HOOK, "every-way.mjs"], environment), "groupcast");
    expectEverywhere(runNode([flag, HOOK, "every-way.cjs"], environment), "groupcast");
  });

  test("register in the code reaches names that were imported before it", async (context) => {
    await skipUnless(context, canLoad(backend));
    expectEverywhere(runNode(["in-code.mjs"], environment), "groupcast");
    expectEverywhere(runNode(["in-code.cjs"], environment), "groupcast");
  });

  test("a reactor on node:dgram stays on node's own, where the hook has replaced it", async (context) => {
    await skipUnless(context, canLoad(backend));
    const { exitCode, printed, stderr } = runNode(["--import", HOOK, "beside-groupcast.mjs"], environment);
    expect({ exitCode, printed, stderr }).toEqual({ exitCode: 0, printed: "datagram by dgram", stderr: "" });
  });
});

test.for(FLAGS)("%s register reaches worker threads, which inherit the flag", async (flag, context) => {
  await skipUnless(context, canLoad("native"));
  expectEverywhere(runNode([flag, HOOK, "worker.mjs"]), "groupcast");
});

test.for(FLAGS)("%s register does not reach a worker thread that is started without flags", async (flag, context) => {
  await skipUnless(context, canLoad("native"));
  expectEverywhere(runNode([flag, HOOK, "worker.mjs", '{ "execArgv": [] }']), "node");
});

test.for(FLAGS)("%s register reaches forked processes, which inherit the flag", async (flag, context) => {
  await skipUnless(context, canLoad("native"));
  expectEverywhere(runNode([flag, HOOK, "forked.mjs"]), "groupcast");
});

test.for(FLAGS)("%s register in NODE_OPTIONS reaches the program, its threads and its processes", async (flag, context) => {
  await skipUnless(context, canLoad("native"));
  const environment = { NODE_OPTIONS: `${flag}=${HOOK}` };
  for (const program of ["every-way.mjs", "worker.mjs", "forked.mjs"]) expectEverywhere(runNode([program], environment), "groupcast");
});

test("register after the import of the package replaces with the Socket that is there", async (context) => {
  await skipUnless(context, canLoad("native"));
  expectEverywhere(runNode(["facade-first.mjs"]), "groupcast");
});

test("register of two copies of the package replaces once, with one Socket", () => {
  const folder = mkdtempSync(join(tmpdir(), "groupcast-"));
  try {
    const copy = join(folder, "register.cjs");
    copyFileSync(createRequire(import.meta.url).resolve(HOOK), copy);
    expectEverywhere(runNode(["--require", copy, "--require", HOOK, "every-way.mjs"], ENVIRONMENTS.dgram), "groupcast");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("register reaches a CommonJS module that was loaded before, and no copies of its members", async (context) => {
  await skipUnless(context, canLoad("native"));
  expect(runNode(["--require", "./loaded-before.cjs", "--require", HOOK, "what-was-loaded-before.mjs"])).toEqual({
    exitCode: 0,
    printed: { module: "datagram by groupcast", copies: "datagram by node" },
    stderr: "",
  });
});

test("register reaches names that an ES module imported before, and no copies of them", async (context) => {
  await skipUnless(context, canLoad("native"));
  expect(runNode(["--import", "./loaded-before.mjs", "--import", HOOK, "what-was-loaded-before.mjs"])).toEqual({
    exitCode: 0,
    printed: { imports: "datagram by groupcast", copies: "datagram by node" },
    stderr: "",
  });
});

describe("node:dgram stays in place", () => {
  test.each(["every-way.mjs", "every-way.cjs", "worker.mjs"])("without the addon, silently, in %s", (program) => {
    expectEverywhere(runNode(["--import", HOOK, program], NO_ADDON), "node");
  });

  test("but for what the hook replaces, which it says in one line under NODE_DEBUG", async (context) => {
    await skipUnless(context, canLoad("native"));
    const { stderr } = runNode(["--import", HOOK, "every-way.cjs"], { NODE_DEBUG: "groupcast" });
    expect(stderr).toMatch(/^GROUPCAST \d+: Groupcast replaces node:dgram\n/);
    expect(stderr).not.toContain("stays in place");
  });

  test("without the addon, with the reason in one line under NODE_DEBUG", () => {
    const { exitCode, printed, stderr } = runNode(["--require", HOOK, "every-way.cjs"], { ...NO_ADDON, NODE_DEBUG: "groupcast" });
    expect({ exitCode, printed }).toMatchObject({ exitCode: 0, printed: { 'require("dgram")': "datagram by node" } });
    const own = stderr.split("\n").filter((line) => line.includes("node:dgram stays in place"));
    expect(own).toEqual([
      expect.stringMatching(/^GROUPCAST \d+: node:dgram stays in place: Cannot load the native backend: there is no addon/),
    ]);
  });

  test("with GROUPCAST_DGRAM=off, with the reason in one line under NODE_DEBUG", () => {
    const { printed, stderr } = runNode(["--import", HOOK, "every-way.cjs"], { GROUPCAST_DGRAM: "off", NODE_DEBUG: "groupcast" });
    expect(printed).toMatchObject({ 'require("dgram")': "datagram by node" });
    expect(stderr).toMatch(/^GROUPCAST \d+: node:dgram stays in place: GROUPCAST_DGRAM is off$/m);
  });

  test("in workers of a cluster, which share a port by their primary", async (context) => {
    await skipUnless(context, canLoad("native"));
    expect(runNode(["--import", HOOK, "clustered.mjs"])).toEqual({
      exitCode: 0,
      printed: { primary: "groupcast", workers: ["node", "node"], ports: 1 },
      stderr: "",
    });
  });
});

test("register takes no part in GROUPCAST_DGRAM=compatible: node:dgram is replaced", async (context) => {
  await skipUnless(context, canLoad("native"));
  expectEverywhere(runNode(["--import", HOOK, "every-way.mjs"], { GROUPCAST_DGRAM: "compatible" }), "groupcast");
});

test("register refuses a GROUPCAST_DGRAM that names nothing, before the program starts", () => {
  const { exitCode, printed, stderr } = runNode(["--import", HOOK, "every-way.mjs"], { GROUPCAST_DGRAM: "compatibel" });
  expect({ exitCode, printed }).toEqual({ exitCode: 1, printed: undefined });
  expect(stderr).toContain("ERR_NAME_UNKNOWN");
  expect(stderr).toContain("GROUPCAST_DGRAM");
});

test("register refuses to start a program on node:dgram, where GROUPCAST_BACKEND asks for native and there is no addon", () => {
  const { exitCode, printed, stderr } = runNode(["--import", HOOK, "every-way.mjs"], { ...NO_ADDON, GROUPCAST_BACKEND: "native" });
  expect({ exitCode, printed }).toEqual({ exitCode: 1, printed: undefined });
  expect(stderr).toContain("ERR_BACKEND_LOAD");
});
