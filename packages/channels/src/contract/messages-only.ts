import { InvalidArgumentError } from "@groupcast/base";
import { CHANNEL_ERRORS } from "./channel-errors.js";
import type { ChannelTransport } from "./channel-transport.js";

/** Options that change only the contents of messages on the wire. */
const OF_MESSAGES = new Set(["codec", "schema", "deadlineMs"]);

/**
 * Refuses options of a channel or a node that a network cannot carry. `undefined`, `false` and 0 turn an option off.
 *
 * @throws InvalidArgumentError `ERR_CHANNEL_MESSAGES_ONLY`
 */
export function checkCarried(operation: string, { carriesOnlyMessages = false }: ChannelTransport, options: object | undefined): void {
  if (!carriesOnlyMessages) return;
  const beyond = Object.entries(options ?? {}).find(([name, value]) => Boolean(value) && !OF_MESSAGES.has(name));
  if (beyond === undefined) return;
  const [value] = beyond; // only the name, because the value may be a key
  throw new InvalidArgumentError(CHANNEL_ERRORS.ERR_CHANNEL_MESSAGES_ONLY, { operation, argument: "option", value });
}
