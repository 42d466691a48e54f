import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { canLoad } from "../../support/backends.js";
import { skipUnless } from "../../support/probe.js";

const PROGRAM = fileURLToPath(new URL("programs/backend-in-use.mjs", import.meta.url));
const DIAGNOSE = fileURLToPath(new URL("programs/diagnose.mjs", import.meta.url));
const PREBUILDS = fileURLToPath(new URL("../../../packages/backend-native/prebuilds/", import.meta.url));

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "groupcast-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

// What other bundlers leave of import.meta.url: esbuild nothing in CommonJS, webpack the source's place on the machine that built it.
describe.each([
  ["ES modules", "esm", undefined],
  ["CommonJS", "cjs", undefined],
  ["CommonJS without a URL", "cjs", "undefined"],
  ["CommonJS with a URL that is no file", "cjs", '"webpack:///groupcast"'],
  ["CommonJS with the URL of another machine", "cjs", '"file:///build/node_modules/groupcast/index.js"'],
] as const)("in a bundle of %s", (_name, format, url) => {
  test("a reactor falls back to dgram with the reason, and finds the addon beside the bundle", async (context) => {
    await skipUnless(context, canLoad("native"));
    const bundle = join(folder, format === "cjs" ? "app.cjs" : "app.mjs");
    const build = await rolldown({
      input: PROGRAM,
      platform: "node",
      logLevel: "silent",
      ...(url !== undefined && { transform: { define: { "import.meta.url": url } } }),
    });
    await build.write({ file: bundle, format });
    expect(execute(bundle)).toMatch(/^dgram: Cannot load the native backend: there is no addon for linux-.+ in .+$/);
    const addons = readdirSync(PREBUILDS).filter((name) => name.endsWith(".node") && !name.endsWith("-sanitized.node"));
    for (const addon of addons) copyFileSync(join(PREBUILDS, addon), join(folder, addon)); // npm run pack:check leaves those of other platforms
    expect(execute(bundle)).toBe("native: native addon loaded");
  });
});

test("a reactor of a bundle finds the addon of the package in its node_modules", async (context) => {
  await skipUnless(context, canLoad("native"));
  const bundle = join(folder, "app.cjs");
  const build = await rolldown({ input: PROGRAM, platform: "node", logLevel: "silent" });
  await build.write({ file: bundle, format: "cjs" });
  mkdirSync(join(folder, "node_modules/@groupcast"), { recursive: true });
  symlinkSync(join(PREBUILDS, ".."), join(folder, "node_modules/@groupcast/backend-native"));
  expect(execute(bundle)).toBe("native: native addon loaded");
});

test("diagnose() rejects with ERR_DIAGNOSIS_LOAD and advice in a bundle, whose folder has no @groupcast/diagnosis", async () => {
  const bundle = join(folder, "app.mjs");
  const build = await rolldown({ input: DIAGNOSE, platform: "node", logLevel: "silent" });
  await build.write({ file: bundle, format: "esm" });
  expect(execute(bundle)).toMatch(/^StateError ERR_DIAGNOSIS_LOAD install @groupcast\/diagnosis/);
});

function execute(bundle: string): string {
  const { GROUPCAST_ADDON: _addon, GROUPCAST_BACKEND: _backend, NODE_PATH: _path, ...env } = process.env; // pnpm's vitest sets NODE_PATH
  return execFileSync(process.execPath, [bundle], { encoding: "utf8", env });
}
