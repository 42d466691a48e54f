import type { EventKind, MonitorEvent } from "@groupcast/monitor";
import { formatCount } from "../command/format.js";
import { printable } from "../command/printable.js";

/** Map of kind → words that follow the subject, and whether it is bad news. */
const WORDS: Readonly<Record<EventKind, readonly [words: string, isBad: boolean]>> = {
  "port-opened": ["opened", false],
  "port-closed": ["closed", false],
  "group-joined": ["joined", false],
  "group-left": ["left", false],
  "interface-up": ["is up", false],
  "interface-down": ["is down", true],
  "node-appeared": ["appeared", false],
  "node-gone": ["is gone", false],
  dropped: ["dropped", true],
  lost: ["lost", true],
  more: ["", false],
};

/** Returns an event as a line, safe to print. */
export function eventText({ kind, subject, count }: MonitorEvent): string {
  const [words] = WORDS[kind];
  if (kind === "more") return `${formatCount(count ?? 0, "further change")}`;
  return `${printable(subject)} ${words}${count === undefined ? "" : ` ${formatCount(count, "datagram")}`}`;
}

/** Returns whether an event is bad news. */
export function isBadNews({ kind }: MonitorEvent): boolean {
  return WORDS[kind][1];
}
