/**
 * Names of channels.
 *
 * A name is 1 to 255 ASCII characters: its length travels as one byte, and every peer must come to the same group. `/` structures it;
 * a leading `/` makes it absolute, otherwise it lies in its node's namespace; `..` goes up, and stays at the root. Empty parts do not
 * count, so there is one spelling for each channel.
 */
import { checkString, InvalidArgumentError } from "@groupcast/base";
import { CHANNEL_ERRORS } from "./channel-errors.js";

/** Longest name, in bytes: the length field of a datagram has 8 bits. */
export const MAX_NAME_BYTES = 255;

/** Refuses what cannot be the name of a channel as it travels; the empty name can. */
export function checkWireName(operation: string, value: unknown): string {
  const name = checkString(operation, "name", value);
  if (name.length <= MAX_NAME_BYTES && isAscii(name)) return name;
  throw new InvalidArgumentError(CHANNEL_ERRORS.ERR_CHANNEL_NAME, { operation, argument: "name", value });
}

/** Refuses a namespace that is no path of names; returns it without leading and trailing slashes, "" for the root. */
export function checkNamespace(operation: string, parent: string, value: unknown): string {
  return resolvePath(parent, checkWireName(operation, value));
}

/** The full name of a channel that is called `value` within `namespace`. */
export function resolveChannelName(operation: string, namespace: string, value: unknown): string {
  const name = resolvePath(namespace, checkWireName(operation, value));
  if (name === "") throw new InvalidArgumentError(CHANNEL_ERRORS.ERR_CHANNEL_NAME, { operation, argument: "name", value });
  return checkWireName(operation, name);
}

function resolvePath(namespace: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${namespace}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "") parts.push(part);
  }
  return parts.join("/");
}

export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
