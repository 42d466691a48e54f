/**
 * Names of channels.
 *
 * A name is 1 to 255 ASCII characters: its length travels as one byte, and every peer has to find the same group. `/` separates its
 * parts. A leading `/` makes it absolute; other names lie in the node's namespace. `..` goes up, and stays at the root. Empty parts do
 * not count, so each channel has one spelling.
 */
import { checkString, InvalidArgumentError } from "@groupcast/base";
import { CHANNEL_ERRORS } from "./channel-errors.js";

/** Length of the longest name, in bytes: the length field of a datagram has 8 bits. */
export const MAX_NAME_BYTES = 255;

/**
 * Returns the name under which the notes about a channel travel, beside its packets. Nobody can open it, as the full name of a channel has no
 * leading slash.
 */
export function noteChannel(name: string): string {
  return `/${name}`;
}

/** Refuses a value that cannot travel as the name of a channel. The empty name can. */
export function checkWireName(operation: string, value: unknown, argument = "name"): string {
  const name = checkString(operation, argument, value);
  if (name.length <= MAX_NAME_BYTES && isAscii(name)) return name;
  throw new InvalidArgumentError(CHANNEL_ERRORS.ERR_CHANNEL_NAME, { operation, argument, value });
}

/** Refuses a namespace that is no path of names; returns it from the root, without leading and trailing slashes ("" for the root). */
export function checkNamespace(operation: string, parent: string, value: unknown): string {
  return resolvePath(parent, checkWireName(operation, value));
}

/** Returns the full name of the channel `value` within `namespace`. Its length counts, and not that of the spelling. */
export function resolveChannelName(operation: string, namespace: string, value: unknown): string {
  const name = resolvePath(namespace, checkString(operation, "name", value));
  if (isChannelName(name)) return name;
  throw new InvalidArgumentError(CHANNEL_ERRORS.ERR_CHANNEL_NAME, { operation, argument: "name", value });
}

/** Whether `text` is the full name of a channel: one that {@link resolveChannelName} can return. */
export function isChannelName(text: string): boolean {
  if (text.length === 0 || text.length > MAX_NAME_BYTES || !isAscii(text)) return false;
  return text.split("/").every((part) => part !== "" && part !== "..");
}

function resolvePath(namespace: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${namespace}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "") parts.push(part);
  }
  return parts.join("/");
}

/** Whether every character is ASCII. */
export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
