import { InvalidArgumentError } from "@groupcast/base";
import { CHANNEL_ERRORS } from "../contract/channel-errors.js";
import { MAX_NAME_BYTES } from "../contract/channel-name.js";

const SUFFIX = "/__groupcast_challenges";

/** Length of the longest name of a channel with challenges, in characters. */
export const MAX_CHALLENGED_NAME: number = MAX_NAME_BYTES - SUFFIX.length;

/**
 * Returns the name of the channel that carries the challenges of a channel. It lies below the channel's own name, so a pattern of a relay
 * that ends with `**` matches both.
 *
 * @throws InvalidArgumentError `ERR_CHANNEL_NAME` when it is too long.
 */
export function challengeChannelOf(channel: string): string {
  if (channel.length <= MAX_CHALLENGED_NAME) return channel + SUFFIX;
  throw new InvalidArgumentError(CHANNEL_ERRORS.ERR_CHANNEL_NAME, {
    operation: "channel",
    argument: "name",
    value: channel,
    meaning: `has ${channel.length} characters, and its challenges travel on a channel of ${SUFFIX.length} more`,
    expected: `at most ${MAX_CHALLENGED_NAME} characters for a channel with challenges`,
  });
}
