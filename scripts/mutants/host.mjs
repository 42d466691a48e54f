// A child of scripts/mutants.mjs, in the scratch copy: keeps vitest loaded, runs the tests it is asked for, says which one failed first.
import { createVitest } from "vitest/node";

const TEST_TIMEOUT_MS = 10_000; // what a mutant loses never comes
const ATTEMPTS = 3;

const vitest = await createVitest("test", {
  run: true,
  watch: false,
  bail: 1,
  testTimeout: TEST_TIMEOUT_MS,
  hookTimeout: TEST_TIMEOUT_MS,
  reporters: [{}],
});

/** @type {Set<string>} */
const touched = new Set();

process.on("message", async (/** @type {{ changed: string, tests: readonly string[] }} */ { changed, tests }) => {
  touched.add(changed);
  for (let attempt = 1; ; attempt++) {
    const { ran, failed, isWhole } = await run(tests);
    if (failed === undefined && !isWhole && attempt < ATTEMPTS) continue;
    process.send?.({ ran, failed });
    return;
  }
});

/**
 * Runs tests. A run in which nothing failed is whole when everything passed: on a busy machine the last words of the run before come late,
 * its failure counts for the bound of failures, and vitest skips what it was to run now.
 *
 * @param {readonly string[]} tests
 */
async function run(tests) {
  for (const path of touched) vitest.invalidateFile(path); // the one before is as it was, which vitest does not see by itself
  vitest.state.filesMap.clear(); // failures of the mutant before this one would count for the bound of failures
  const specifications = await vitest.globTestSpecifications([...tests]);
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications, false);
  const failed = firstFailure(testModules) ?? unhandledErrors.map(messageOf)[0];
  return { ran: testModules.length, failed, isWhole: testModules.every((testModule) => testModule.state() === "passed") };
}

process.on("disconnect", () => process.exit());
process.send?.("ready");

/** @param {readonly import("vitest/node").TestModule[]} testModules */
function firstFailure(testModules) {
  for (const testModule of testModules) {
    const name = testModule.moduleId.split("/").at(-1);
    for (const test of testModule.children.allTests("failed")) return `${name}: ${test.fullName}`;
    if (testModule.state() === "failed") return `${name}: ${testModule.errors().map(messageOf)[0] ?? "no test"}`;
  }
  return undefined;
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(Object(error).message ?? error);
}
