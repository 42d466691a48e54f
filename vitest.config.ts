import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

const UNIT_TIMEOUT_MS = 60_000; // a datagram on loopback arrives in microseconds; this only bounds a hang, also on a machine that is busy
const LAB_TIMEOUT_MS = 60_000; // namespaces, foreign daemons and kernel timers (IGMP, DAD) take seconds

/** One vitest project per kind of test, named like its folder under test/. */
function project(kind: string, test: TestProjectInlineConfiguration["test"] = {}): TestProjectInlineConfiguration {
  return { extends: true, test: { name: kind, include: [`test/${kind}/**/*.test.ts`], ...test } };
}

/** Lab tests own the machine's namespaces and daemons: one file at a time, after everything else. */
const LAB = {
  fileParallelism: false,
  sequence: { groupOrder: 1 },
  testTimeout: LAB_TIMEOUT_MS,
  hookTimeout: LAB_TIMEOUT_MS,
};

const COUNTS = process.env.GROUPCAST_COVERAGE === "1"; // npm run coverage

/** V8 counts in files as Node loads them, so tests of single modules import the compiled ones while it counts. */
const COMPILED = { find: /^(\.\.\/.*packages\/[^/]+)\/src\/(.*)\.js$/, replacement: "$1/dist/$2.js" };

export default defineConfig({
  resolve: { alias: COUNTS ? [COMPILED] : [] },
  test: {
    setupFiles: COUNTS ? ["test/support/take-coverage.ts"] : [],
    globalSetup: "scripts/fresh-bundles.mjs", // so that tests after "tsc -b" alone do not run yesterday's code
    pool: "forks", // a socket, an addon instance and a crash belong to one file's process
    maxWorkers: 2, // network tests with more processes than cores measure the scheduler
    testTimeout: UNIT_TIMEOUT_MS,
    hookTimeout: UNIT_TIMEOUT_MS,
    allowOnly: false,
    reporters: ["default", "./test/support/reporter.ts"],
    server: { deps: { external: [/\/dist\/.*\.js$/] } }, // what users import is what is tested: the built files, untransformed
    projects: [
      project("unit"),
      project("compliance"),
      project("interop"),
      project("examples"),
      project("attack"),
      project("architecture"),
      project("docs"),
      project("lab", LAB),
    ],
  },
});
