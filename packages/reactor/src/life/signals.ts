const ours = new WeakSet<(signal: NodeJS.Signals) => void>();

/**
 * Lets SIGINT and SIGTERM stop a reactor, until the returned function is called.
 *
 * SIGINT is left to whoever listens to it already, other reactors aside: one Ctrl-C stops them all. Ours are put away by the first
 * signal, so a second Ctrl-C ends a program whose shutdown hangs. Source: signal(7); Twisted's installSignalHandlers, which does not
 * put them back.
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
