import { type ChannelOpener, channelOpener, type OpenChannel } from "./channel-opener.js";
import { checkNamespace } from "./contract/channel-name.js";

/** A part of the tree of channel names. Relative names begin here. */
export interface ChannelNamespace {
  /** Path from the root, without leading and trailing slashes; "" is the root. */
  readonly path: string;
  /** Opens a channel within this namespace. */
  readonly channel: ChannelOpener;
  /** Returns a namespace within this one; `/` begins at the root, `..` goes up. @throws InvalidArgumentError `ERR_CHANNEL_NAME`. */
  namespace(path: string): ChannelNamespace;
}

/** Makes the namespace of a path. */
export function channelNamespace(path: string, open: OpenChannel): ChannelNamespace {
  return {
    path,
    channel: channelOpener(path, open),
    namespace: (inner) => channelNamespace(checkNamespace("namespace", path, inner), open),
  };
}
