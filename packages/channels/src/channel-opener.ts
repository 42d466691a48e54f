import type { Channel } from "./channel/channel.js";
import type { ChannelOptions } from "./channel/channel-options.js";
import type { Codec } from "./channel/codec.js";
import type { SchemaInput, SchemaOutput, StandardSchema } from "./channel/standard-schema.js";

/** {@link ChannelOptions}, without what the signature itself says. */
type Rest = Omit<ChannelOptions, "codec" | "schema">;

/**
 * The channel of a name: made the first time it is asked for, the same object every time after.
 *
 * `name` is within a namespace: `/` begins at the root, `..` goes up. ASCII; 1 to 255 characters, namespace included. `options` go with
 * the first time only.
 *
 * Throws InvalidArgumentError `ERR_CHANNEL_NAME`, and for each option that is wrong; ChannelStateError `ERR_CHANNEL_OPEN` (options for a
 * channel that is open) and `ERR_NODE_CLOSED`.
 */
export interface ChannelOpener {
  (name: string, options?: Rest & { readonly codec?: "bytes" }): Channel;
  (name: string, options: Rest & { readonly codec: "text" }): Channel<string, string>;
  <S extends StandardSchema>(
    name: string,
    options: Rest & { readonly codec?: "json" | "text" | Codec<never, unknown>; readonly schema: S },
  ): Channel<SchemaInput<S>, SchemaOutput<S>>;
  <T = unknown>(name: string, options: Rest & { readonly codec: "json" }): Channel<T, T>;
  <In, Out>(name: string, options: Rest & { readonly codec: Codec<In, Out> }): Channel<In, Out>;
}

/** Opens the channel of a full name. */
export type OpenChannel = (operation: string, namespace: string, name: string, options: ChannelOptions | undefined) => unknown;

/** `open`, with the types of its results. */
export function channelOpener(namespace: string, open: OpenChannel): ChannelOpener {
  return ((name: string, options?: ChannelOptions) => open("channel", namespace, name, options)) as ChannelOpener;
}
