// What a program pays for at its start, told by what is loaded: times say little on a busy machine. docs/decisions/0013 has them.
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { canLoad } from "../../support/backends.js";
import { allOf, hasIPv6, skipUnless } from "../../support/probe.js";

const PROGRAM = fileURLToPath(new URL("programs/start-up.mjs", import.meta.url));
const GROUPCAST = fileURLToPath(new URL("../../../packages/groupcast/", import.meta.url));
const BASE = fileURLToPath(new URL("../../../packages/base/", import.meta.url));
const PREBUILDS = fileURLToPath(new URL("../../../packages/backend-native/prebuilds/", import.meta.url));
const NATIVE = { GROUPCAST_BACKEND: "native", GROUPCAST_ADDON: "" };

/** Modules of Node that a port of IPv4 on the native backend loads. Anything else is loaded when somebody needs it, or not at all. */
const LOADED: readonly string[] = [
  "diagnostics_channel", // small; later versions of Node have loaded it before
  "module", // small; takes the addon
];

test("groupcast loads two small modules of Node to open a port of IPv4", async (context) => {
  await skipUnless(context, canLoad("native"));
  const { backend, modules } = open(PROGRAM, "127.0.0.1", NATIVE);
  expect(backend).toBe("native");
  expect(modules).toContain("module"); // it does see what is loaded
  expect(modules.filter((name) => !LOADED.includes(name))).toEqual([]);
});

test("groupcast loads node:net for addresses of IPv6, and neither node:dgram nor node:dns", async (context) => {
  await skipUnless(context, allOf(canLoad("native"), hasIPv6));
  const { modules } = open(PROGRAM, "::1", NATIVE);
  expect(modules).toContain("net");
  expect(modules.filter((name) => name === "dgram" || name === "dns" || name === "worker_threads")).toEqual([]);
});

test("groupcast loads node:dgram where that is the backend", () => {
  const { backend, modules } = open(PROGRAM, "127.0.0.1", { GROUPCAST_BACKEND: "dgram" });
  expect(backend).toBe("dgram");
  expect(modules).toContain("dgram");
});

test("groupcast finds its addon where npm puts it, first the one that is its own", async (context) => {
  await skipUnless(context, canLoad("native"));
  const folder = mkdtempSync(join(tmpdir(), "groupcast-"));
  try {
    const installed = join(folder, "node_modules/groupcast");
    install(GROUPCAST, installed, ["package.json", "dist/node.bundle.js"]);
    install(BASE, join(folder, "node_modules/@groupcast/base"), ["package.json", "dist/foundation.bundle.js"]);
    const program = join(folder, "program.mjs");
    copyFileSync(PROGRAM, program);
    const beside = join(folder, "node_modules/@groupcast/backend-native/prebuilds"); // without a package.json, so that Node's loader cannot find it
    cpSync(PREBUILDS, beside, { recursive: true });
    expect(open(program, "127.0.0.1", NATIVE).backend).toBe("native");
    cpSync(beside, join(installed, "node_modules/@groupcast/backend-native/prebuilds"), { recursive: true });
    for (const addon of readdirSync(beside)) writeFileSync(join(beside, addon), "of another version");
    expect(open(program, "127.0.0.1", NATIVE).backend).toBe("native");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("groupcast is two files of ASCII, and takes Node's modules without importing them", () => {
  const [part, foundation] = [join(GROUPCAST, "dist/node.bundle.js"), join(BASE, "dist/foundation.bundle.js")].map((path) =>
    readFileSync(path, "utf8"),
  );
  const imports = (text = "") => [...text.matchAll(/^(?:import|export)\b.*\bfrom "(.*)";$/gm)].map(([, name]) => name);
  expect(new Set(imports(part)), "each module takes more than a millisecond at every start").toEqual(
    new Set(["@groupcast/base/foundation"]),
  );
  expect(imports(foundation)).toEqual([]);
  expect(
    (part! + foundation).match(/[^\0-\x7f]/g) ?? [],
    "one such letter doubles the memory of the text, and the time to decode it",
  ).toEqual([]);
  expect(foundation).toContain('process.getBuiltinModule("node:fs")');
});

function install(from: string, to: string, files: readonly string[]): void {
  mkdirSync(join(to, "dist"), { recursive: true });
  for (const file of files) copyFileSync(join(from, file), join(to, file));
}

function open(program: string, address: string, env: Readonly<Record<string, string>>): { backend: string; modules: string[] } {
  const stdout = execFileSync(process.execPath, [program, address], {
    env: { ...process.env, NODE_OPTIONS: "", ...env },
    encoding: "utf8",
  });
  return JSON.parse(stdout) as { backend: string; modules: string[] };
}
