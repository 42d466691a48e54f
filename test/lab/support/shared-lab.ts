// A lab that the tests of one describe share: making hosts takes longer than most promises take to try.
import { afterAll, beforeAll, beforeEach } from "vitest";
import { type BackendName, canLoad } from "../../support/backends.js";
import { Lab } from "../../support/lab/lab.js";
import { allOf, canRunLab, type Probe, skipUnless } from "../../support/probe.js";

/**
 * Makes a lab before the tests of the describe that calls this, and disposes of it after them. Where the machine lacks what the lab,
 * or the backend, needs, each of the tests is skipped and says why.
 *
 * Each test sends texts and groups of its own, so that none sees another's.
 *
 * @returns What `build` made, for use inside the tests.
 */
export function sharedLab<T>(backend: BackendName, build: (lab: Lab) => Promise<T>, ...needs: readonly Probe[]): () => T {
  const probe = allOf(canRunLab, canLoad(backend), ...needs);
  let lab: Lab | undefined;
  let built: T | undefined;
  beforeAll(async () => {
    if (!(await probe()).isAvailable) return;
    lab = await Lab.create(`shared, ${backend}`);
    built = await build(lab);
  });
  beforeEach((context) => skipUnless(context, probe));
  afterAll(() => lab?.[Symbol.asyncDispose]());
  return () => built as T;
}
