/**
 * Names of channels as NATS subjects, and back.
 *
 * `robot/pose` below the prefix `groupcast` is `groupcast.robot.pose`. Characters that mean something in subjects, or that `%` means here,
 * become `%` and two hexadecimal digits; an empty part becomes `%` alone. So every name has one subject, and every subject at most one
 * name.
 */
import { isAscii, MAX_NAME_BYTES } from "../contract/channel-name.js";

const ESCAPED = /[^!-~]|[.*>%]/g; // white space, control characters, and what separates or matches (docs.nats.io, subjects)

/** Returns the subject of a channel. */
export function subjectForChannel(prefix: string, channel: string): string {
  return `${prefix}.${channel.split("/").map(encodeToken).join(".")}`;
}

/** Returns the subject that matches the channels of a pattern: `*` stands for one part, `**` at the end for one or more. */
export function subjectForPattern(prefix: string, pattern: string): string {
  const tokens = pattern.split("/").map((part) => (part === "*" ? "*" : part === "**" ? ">" : encodeToken(part)));
  return `${prefix}.${tokens.join(".")}`;
}

/** Returns the channel of a subject; undefined when no channel has it. */
export function channelForSubject(prefix: string, subject: string): string | undefined {
  if (!subject.startsWith(`${prefix}.`)) return undefined;
  const channel = subject
    .slice(prefix.length + 1)
    .split(".")
    .map(decodeToken)
    .join("/");
  const isOne = channel.length <= MAX_NAME_BYTES && isAscii(channel) && subjectForChannel(prefix, channel) === subject;
  return isOne ? channel : undefined;
}

/** Returns whether a subject of a stream, which may have wildcards, takes the subject of a channel. */
export function takesSubject(pattern: string, subject: string): boolean {
  const [expected, tokens] = [pattern.split("."), subject.split(".")];
  const isOpen = expected.at(-1) === ">";
  if (isOpen ? tokens.length < expected.length : tokens.length !== expected.length) return false;
  return expected.every((token, index) => token === "*" || token === tokens[index] || (isOpen && index === expected.length - 1));
}

/** Returns the channel of a subject, or the pattern that a subject with wildcards matches: for people to read. */
export function nameForSubject(prefix: string, subject: string): string | undefined {
  if (!subject.startsWith(`${prefix}.`)) return undefined;
  const tokens = subject.slice(prefix.length + 1).split(".");
  return tokens.map((token) => (token === ">" ? "**" : decodeToken(token))).join("/");
}

function encodeToken(part: string): string {
  if (part === "") return "%";
  return part.replace(ESCAPED, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
}

function decodeToken(token: string): string {
  if (token === "%") return "";
  return token.replace(/%([0-9A-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}
