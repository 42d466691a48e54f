// The configurations of docs/bundling.md, built and run in a project of their own.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { canLoad } from "../support/backends.js";
import { skipUnless } from "../support/probe.js";
import { BundledProject, execute } from "./bundled-project.js";

const BY_NATIVE = { stdout: expect.stringMatching(/^echo by native: /), stderr: "" };
const WITHOUT_ADDON = /^echo by dgram: Cannot load the native backend: there is no addon for linux-\S+ in \S+/;

beforeEach((context) => skipUnless(context, canLoad("native")));

describe.each([
  ["esbuild-esm.mjs", "app.mjs", "node esbuild-esm.mjs"],
  ["esbuild-cjs.mjs", "app.cjs", "node esbuild-cjs.mjs"],
  ["webpack.config.mjs", "app.cjs", "webpack"],
  ["rollup.config.mjs", "app.mjs", "rollup -c"],
  ["rolldown.config.mjs", "app.mjs", "rolldown -c"],
])("%s", (config, bundle, command) => {
  const [program = "", ...args] = command.split(" ");

  test("makes a bundle that finds the addon beside it, and falls back to dgram with the reason when there is none", async () => {
    using project = new BundledProject();
    await project.run(program, ...args);
    await project.run("node", "copy-addon.mjs");
    const folder = project.deliver();
    expect(await execute(folder, "node", [bundle])).toEqual(BY_NATIVE);
    rmSync(join(folder, "prebuilds"), { recursive: true });
    expect(await execute(folder, "node", [bundle])).toEqual({ stdout: expect.stringMatching(WITHOUT_ADDON), stderr: "" });
  });

  test("leaves Groupcast external on request, whose addon is in its package, or missing", async () => {
    using project = new BundledProject();
    project.leaveGroupcastExternal(config);
    await project.run(program, ...args);
    expect(await project.run("node", `dist/${bundle}`)).toEqual(BY_NATIVE);
    project.removeAddon();
    expect(await project.run("node", `dist/${bundle}`)).toEqual({ stdout: expect.stringMatching(WITHOUT_ADDON), stderr: "" });
  });
});

test("sea.sh makes a single executable that finds the addon beside it, and falls back to dgram with the reason when there is none", async () => {
  using project = new BundledProject();
  await project.run("node", "esbuild-cjs.mjs");
  await project.run("sh", "-e", "sea.sh");
  await project.run("node", "copy-addon.mjs");
  const folder = project.deliver();
  const program = join(folder, "app");
  expect(await execute("/", program)).toEqual(BY_NATIVE);
  rmSync(join(folder, "prebuilds"), { recursive: true });
  expect(await execute("/", program)).toEqual({ stdout: expect.stringMatching(WITHOUT_ADDON), stderr: "" });
});

test("jest.config.mjs lets Jest import Groupcast, which runs on native there", async () => {
  using project = new BundledProject();
  // Jest's own cache is /tmp/jest_<uid>: in a user namespace uid 0 is somebody else than the owner of that folder.
  const cache = `--cacheDirectory=${project.folder}/jest-cache`;
  const { stderr } = await project.run("node", "--experimental-vm-modules", "node_modules/jest/bin/jest.js", cache);
  expect(stderr).toContain("Tests:       1 passed, 1 total");
});
