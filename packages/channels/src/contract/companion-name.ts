/**
 * Companion channels: those that carry the questions about a channel, and the answers.
 *
 * Their names begin with a reserved part, so that subscribers of the channel itself, and peers without this extension, never see them. The
 * rest is the channel's name, so that a relay knows which of its rules they fall under.
 */
import { MAX_NAME_BYTES } from "./channel-name.js";

/** Role of a companion → the first part of its name. */
export const COMPANION_PREFIXES = { questions: "__groupcast_ask", answers: "__groupcast_answer" } as const;

/** Role of a companion: it carries questions, or answers. */
export type CompanionRole = keyof typeof COMPANION_PREFIXES;

const ROLES = Object.keys(COMPANION_PREFIXES) as CompanionRole[];
const LONGEST_PREFIX = Math.max(...Object.values(COMPANION_PREFIXES).map(({ length }) => length)) + 1;

/** Length of the longest name of a channel that has companions, in characters, when those of the companions have `longest` at most. */
export function maxAskedName(longest: number = MAX_NAME_BYTES): number {
  return longest - LONGEST_PREFIX;
}

/** Returns the name of a channel's companion. */
export function companionName(channel: string, role: CompanionRole): string {
  return `${COMPANION_PREFIXES[role]}/${channel}`;
}

/** Returns the names, or patterns, of both companions of a name or a pattern; none when it is too long to have any. */
export function companionNames(channel: string): string[] {
  return channel.length > maxAskedName() ? [] : ROLES.map((role) => companionName(channel, role));
}

/** Returns the channel whose companion `name` is; undefined when it is none. */
export function askedChannelOf(name: string): string | undefined {
  if (!name.startsWith("__")) return undefined; // most names: the rest costs more
  const prefix = Object.values(COMPANION_PREFIXES).find((first) => name.startsWith(`${first}/`));
  return prefix === undefined ? undefined : name.slice(prefix.length + 1);
}
