import { isIP } from "node:net";
import { familyOf, formatEndpoint, isMulticast } from "@groupcast/backend";
import { readAs } from "../command/parse-arguments.js";
import { printable } from "../command/printable.js";
import { UsageError } from "../command/usage-error.js";
import { endpoint, port as portWord } from "../command/words.js";

/** Destination of datagrams to listen for. */
export interface ListenTarget {
  /** IP literal of a group, or of an address of this host. Absent: every address of this host. */
  readonly address?: string | undefined;
  /** Port number. */
  readonly port: number;
  /** Name of the only channel to receive, of those that share the group. Absent: every datagram. */
  readonly channel?: string | undefined;
}

/** Name of the operand, for messages. */
const OPERAND = "GROUP[:PORT]";
const EXAMPLE_PORT = 5000;

/**
 * Returns what the words of a command line ask to listen for: `239.1.2.3:5000`, `5000` (all that comes to this host on that port), or
 * `239.1.2.3 239.1.2.4 5000` (both groups on that port).
 *
 * @throws UsageError
 */
export function listenTargets(words: readonly string[]): readonly ListenTarget[] {
  const ports = words.filter(isNumber).map((word) => readAs("PORT", word, portWord));
  const addresses = words.filter((word) => !isNumber(word)).map((word) => ({ word, ...readAs(OPERAND, word, endpoint) }));
  const isPortOfGroups = addresses.some(({ port }) => port === undefined);
  const targets = addresses.flatMap(({ word, address, port }): ListenTarget[] => {
    if (port !== undefined) return [{ address, port }];
    if (ports.length === 0) throw new UsageError(`${word} needs a port: type ${suggestion(address)}, or the port as a word`);
    return ports.map((each) => ({ address, port: each }));
  });
  return unique([...targets, ...(isPortOfGroups ? [] : ports.map((port) => ({ port })))]);
}

/** `ff02::fb:5353` is an address as well, and rarely one that is meant: its last four digits are the port. */
function suggestion(address: string): string {
  const [, before = "", digits = ""] = /^(.*[^:]):(\d{4})$/.exec(address) ?? [];
  const isPortMeant = isIP(before) !== 0 && Number(digits) > 0;
  return formatEndpoint(isPortMeant ? { address: before, port: Number(digits) } : { address, port: EXAMPLE_PORT });
}

/** Returns whether a word names what to listen for, rather than a file: an address with or without a port. */
export function isTarget(word: string): boolean {
  try {
    return endpoint(word) !== undefined;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

/** Returns a target as people write it. */
export function formatTarget({ address, port, channel }: ListenTarget): string {
  const endpointText = address === undefined ? `port ${port}` : formatEndpoint({ address, port });
  return channel === undefined ? endpointText : `channel ${printable(channel)} (${endpointText})`;
}

/** Returns whether a target is a group. */
export function isGroup({ address }: ListenTarget): boolean {
  return address !== undefined && isMulticast(address);
}

/** Returns the IP versions that a target stands for. */
export function familiesOf({ address }: ListenTarget): readonly (4 | 6)[] {
  return address === undefined ? [4, 6] : [familyOf(address)];
}

function isNumber(word: string): boolean {
  return /^\d+$/.test(word);
}

function unique(targets: readonly ListenTarget[]): ListenTarget[] {
  return [...new Map(targets.map((target) => [formatTarget(target), target])).values()];
}
