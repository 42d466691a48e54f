/** Options and operands that `listen` and `record` share. */
import type { Membership, Reactor } from "groupcast";
import type { Invocation, Operand, Option, WordReader } from "../command/command.js";
import { existingInterface } from "../command/existing-interface.js";
import { UsageError } from "../command/usage-error.js";
import { address, bytes, count, durationMs, text } from "../command/words.js";
import type { ListenPlan } from "./listen-for-datagrams.js";
import { formatTarget, isGroup, type ListenTarget, listenTargets } from "./listen-target.js";

/** An option with a value. */
type Valued<T> = Option<T> & { readonly read: WordReader<T> };

/** Types of {@link LISTEN_OPTIONS}. */
interface ListenOptionTable {
  readonly interface: Valued<string>;
  readonly source: Valued<string> & { readonly isRepeatable: true };
  readonly count: Valued<number>;
  readonly duration: Valued<number>;
  readonly buffer: Valued<number>;
}

/** Options of commands that listen. */
export const LISTEN_OPTIONS: Pick<ListenOptionTable, keyof ListenOptionTable> = {
  interface: { short: "i", value: "NAME", read: text, help: "interface to join groups on: a name, an address or an index (default: all)" },
  source: {
    short: "s",
    value: "ADDRESS",
    read: address,
    help: "only this sender (source-specific join); may be repeated",
    isRepeatable: true,
  },
  count: { short: "c", value: "N", read: count(1, Number.MAX_SAFE_INTEGER), help: "stop after this many datagrams" },
  duration: { short: "d", value: "TIME", read: durationMs, help: "stop after this time, such as 10s or 5m" },
  buffer: { value: "BYTES", read: bytes, help: "kernel receive buffer to ask for, such as 8Mi" },
};

/** Receive buffer of what has to keep up, in bytes: a fifth of a second of 100,000 datagrams, while a disk or another program is busy. */
export const LARGE_BUFFER_BYTES: number = 8 * 1024 * 1024;

/** The operand of commands that listen. */
export const TARGETS: Operand = {
  name: "GROUP[:PORT]|PORT",
  help: "239.1.2.3:5000, [ff02::fb%eth0]:5353; a port alone is for groups without a port; if there are none, it means all datagrams to that port",
  isRepeatable: true,
};

type ListenInvocation = Pick<Invocation<typeof LISTEN_OPTIONS>, "options" | "signal" | "output">;

/** Returns the plan of a command line. @param more - Targets besides those of the words. @throws UsageError */
export function listenPlan(
  words: readonly string[],
  reactor: Reactor,
  { options, signal, output }: ListenInvocation,
  more: readonly ListenTarget[] = [],
): ListenPlan {
  const targets = [...listenTargets(words), ...more];
  const { interface: selector, source, count: most, duration, buffer } = options;
  checkSources(targets, source);
  return {
    targets,
    interface: selector === undefined ? undefined : existingInterface(reactor.network, selector),
    sources: source.length === 0 ? undefined : source,
    ...(buffer !== undefined && { receiveBufferBytes: buffer }),
    count: most,
    durationMs: duration,
    signal,
    onListening: (memberships) => output.note(listeningNote(targets, memberships)),
  };
}

function checkSources(targets: readonly ListenTarget[], sources: readonly string[]): void {
  const other = targets.find((target) => !isGroup(target));
  if (sources.length > 0 && other !== undefined)
    throw new UsageError(`--source is for groups, and ${formatTarget(other)} is not a group: leave it out`);
}

function listeningNote(targets: readonly ListenTarget[], memberships: readonly Membership[]): string {
  const interfaces = [...new Set(memberships.map(({ interface: name }) => name))];
  const where = interfaces.length === 0 ? "" : ` on ${interfaces.join(", ")}`;
  return `listening for ${targets.map(formatTarget).join(", ")}${where}`;
}
