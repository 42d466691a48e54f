// Ends a run with the notes of tests (known divergences from the contract), why each skipped test was skipped, and one line for people and scripts: "N passed, N failed, N skipped".
import type { SerializedError } from "vitest";
import type { Reporter, TestCase, TestModule, TestSuite, Vitest } from "vitest/node";

const NO_REASON = "no reason given";

/** What a test run came to. Failures outside a test (a file that does not load, a hook, a stray rejection) count as failed. */
interface Tally {
  passed: number;
  failed: number;
  readonly skipped: TestCase[];
  readonly noted: TestCase[];
}

export default class TallyReporter implements Reporter {
  #isFiltered = false;

  onInit(vitest: Vitest): void {
    // With -t, vitest reports every test that does not match as skipped; nobody wants to read those.
    this.#isFiltered = vitest.config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const tally: Tally = { passed: 0, failed: unhandledErrors.length, skipped: [], noted: [] };
    for (const module of modules) count(module, tally);
    if (this.#isFiltered) tally.skipped.length = 0;
    for (const test of tally.noted)
      print(
        `${titleOf(test)}: ${test
          .annotations()
          .map(({ message }) => message)
          .join("; ")}`,
      );
    this.#reportSkips(tally.skipped);
    print(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped.length} skipped`);
  }

  #reportSkips(skipped: readonly TestCase[]): void {
    for (const test of skipped) print(`skipped: ${titleOf(test)}: ${reasonOf(test)}`);
    const refused = process.env.CI === "true" ? skipped : skipped.filter((test) => reasonOf(test) === NO_REASON);
    if (refused.length === 0) return;
    // A skip that nobody explained, or one on a machine that has everything, is a test that did not do its work.
    print(`The run fails because of ${refused.length} skipped: ${refused.map(titleOf).join("; ")}`);
    process.exitCode = 1;
  }
}

function count(module: TestModule, tally: Tally): void {
  tally.failed += module.errors().length;
  for (const suite of module.children.allSuites()) tally.failed += suite.errors().length;
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    if (test.annotations().length > 0) tally.noted.push(test);
    if (state === "passed") tally.passed += 1;
    else if (state === "skipped") tally.skipped.push(test);
    else tally.failed += 1; // "pending": the run ended before the test did
  }
}

function reasonOf(test: TestCase): string {
  const result = test.result();
  if (result.state === "skipped" && result.note !== undefined) return result.note;
  return hasFailedParent(test) ? "its suite failed before it could run" : NO_REASON;
}

function hasFailedParent(test: TestCase): boolean {
  for (let parent: TestSuite | TestModule = test.parent; ; parent = parent.parent) {
    if (parent.errors().length > 0) return true;
    if (parent.type === "module") return false;
  }
}

function titleOf(test: TestCase): string {
  return `${test.module.relativeModuleId} > ${test.fullName}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
