const DEADLINE_MS = 20_000; // bounds a hang only; a busy machine takes its time
const LOOK_AGAIN_MS = 2;

/** Waits until something is so. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`Waited ${DEADLINE_MS} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
