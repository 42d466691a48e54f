// The frame of a program that a test runs in a process of its own.

/** Runs an attack and prints its outcome as JSON, with what nobody has caught meanwhile. What `attack` throws ends the process with code 1. */
export async function attackProcess(attack: () => Promise<object>): Promise<void> {
  const strays: string[] = [];
  const keep = (reason: unknown): unknown => strays.push(reason instanceof Error ? String(reason.stack) : String(reason));
  process.on("uncaughtException", keep).on("unhandledRejection", keep);
  try {
    const outcome = await attack();
    process.stdout.write(`${JSON.stringify({ ...outcome, strays })}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n${strays.join("\n")}\n`);
    process.exit(1);
  }
}
