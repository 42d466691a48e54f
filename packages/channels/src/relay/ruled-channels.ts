/**
 * Channels that rules let pass: those that they name, and with a rule for both ways the companions of these, which carry questions and
 * answers. A rule for one way passes no questions, as their answers would have to come back; who wants that names the companions.
 */
import { askedChannelOf, companionNames } from "../contract/companion-name.js";
import { HEARTBEAT_CHANNEL } from "../presence/heartbeat.js";
import type { ResolvedRule } from "./relay-options.js";

/** Returns the first rule that lets a channel pass. */
export function ruleFor(rules: readonly ResolvedRule[], channel: string): ResolvedRule | undefined {
  const asked = askedChannelOf(channel);
  return rules.find(
    ({ pattern, from }) => pattern.matches(channel) || (asked !== undefined && from === undefined && pattern.matches(asked)),
  );
}

/** Returns the names, or the patterns, of all channels that a rule lets pass. */
export function channelsOf({ pattern: { text }, from }: ResolvedRule): readonly string[] {
  const hasCompanions = from === undefined && text !== HEARTBEAT_CHANNEL && askedChannelOf(text) === undefined;
  return hasCompanions ? [text, ...companionNames(text)] : [text];
}
