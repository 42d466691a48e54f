import { InvalidArgumentError } from "@groupcast/base";
import { CHANNEL_ERRORS } from "../contract/channel-errors.js";
import { MAX_NAME_BYTES } from "../contract/channel-name.js";

const SUFFIX = "/__groupcast_challenges";

/**
 * Returns the name of the channel that carries the challenges of a channel. It lies below the channel's own name, so a pattern of a relay
 * that ends with `**` matches both.
 *
 * @throws InvalidArgumentError `ERR_CHANNEL_NAME` when it is too long.
 */
export function challengeChannelOf(channel: string): string {
  const name = channel + SUFFIX;
  if (name.length <= MAX_NAME_BYTES) return name;
  throw new InvalidArgumentError(CHANNEL_ERRORS.ERR_CHANNEL_NAME, {
    operation: "channel",
    argument: "name",
    value: channel,
    meaning: `has ${channel.length} characters, and its challenges travel on a channel of ${SUFFIX.length} more`,
    expected: `at most ${MAX_NAME_BYTES - SUFFIX.length} characters for a channel with challenges`,
  });
}
