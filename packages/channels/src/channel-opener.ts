import type { Channel } from "./channel/channel.js";
import type { ChannelOptions } from "./channel/channel-options.js";
import type { Codec } from "./channel/codec.js";
import type { SchemaInput, SchemaOutput, StandardSchema } from "./channel/standard-schema.js";

/** {@link ChannelOptions} besides those in the signature. */
type Rest = Omit<ChannelOptions, "codec" | "schema">;

/**
 * Returns the channel of a name. The first call makes it; later ones return the same object, until it is closed.
 *
 * `name` is relative to a namespace: `/` begins at the root, `..` goes up. It is ASCII, 1 to 255 characters with its namespace. Only the
 * first call may pass `options`, and the first after `close()`.
 *
 * Throws InvalidArgumentError `ERR_CHANNEL_NAME`, and for each option that is wrong; ChannelStateError `ERR_CHANNEL_OPEN` (options for a
 * channel that is open) and `ERR_NODE_CLOSED`.
 */
export interface ChannelOpener {
  /** Opens a channel of bytes. */
  (name: string, options?: Rest & { readonly codec?: "bytes" }): Channel;
  /** Opens a channel of text. */
  (name: string, options: Rest & { readonly codec: "text" }): Channel<string, string>;
  /** Opens a channel whose values fit a schema. */
  <S extends StandardSchema>(
    name: string,
    options: Rest & { readonly codec?: "json" | "text" | Codec<never, unknown>; readonly schema: S },
  ): Channel<SchemaInput<S>, SchemaOutput<S>>;
  /** Opens a channel of JSON. Nothing checks `T` when a message arrives; a schema does. */
  <T = unknown>(name: string, options: Rest & { readonly codec: "json" }): Channel<T, T>;
  /** Opens a channel with a codec of your own. */
  <In, Out>(name: string, options: Rest & { readonly codec: Codec<In, Out> }): Channel<In, Out>;
}

/** Opens the channel `name` within `namespace`. */
export type OpenChannel = (operation: string, namespace: string, name: string, options: ChannelOptions | undefined) => unknown;

/** Returns `open` for one namespace, with the types of its results. */
export function channelOpener(namespace: string, open: OpenChannel): ChannelOpener {
  return ((name: string, options?: ChannelOptions) => open("channel", namespace, name, options)) as ChannelOpener;
}
