const ours = new WeakSet<(signal: NodeJS.Signals) => void>();

/**
 * Calls `stop` at SIGINT and SIGTERM, until the returned function is called.
 *
 * SIGINT is left to a listener that the program has already; listeners of other reactors do not count, so one Ctrl-C stops them all. The
 * first signal removes our listeners, so a second Ctrl-C ends a program whose shutdown hangs. Source: signal(7); Twisted's
 * installSignalHandlers, which does not restore the handlers.
 */
export function stopOnSignals(stop: (signal: NodeJS.Signals) => void): () => void {
  const isForeign = process.listeners("SIGINT").some((listener) => !ours.has(listener));
  const wanted: readonly NodeJS.Signals[] = isForeign ? ["SIGTERM"] : ["SIGINT", "SIGTERM"];
  const putBack = (): void => {
    for (const signal of wanted) process.off(signal, heard);
  };
  const heard = (signal: NodeJS.Signals): void => {
    putBack();
    stop(signal);
  };
  ours.add(heard);
  for (const signal of wanted) process.on(signal, heard);
  return putBack;
}
