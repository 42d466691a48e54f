import { type ChannelOpener, channelOpener, type OpenChannel } from "./channel-opener.js";
import { checkNamespace } from "./contract/channel-name.js";

/** A part of the tree of channel names: relative names begin here. */
export class ChannelNamespace {
  /** Without leading and trailing slashes; "" is the root. */
  readonly path: string;
  readonly channel: ChannelOpener;
  readonly #open: OpenChannel;

  /** Not for users: nodes and namespaces make namespaces. */
  constructor(path: string, open: OpenChannel) {
    this.path = path;
    this.channel = channelOpener(path, open);
    this.#open = open;
  }

  /** A namespace within this one; `/` begins at the root, `..` goes up. @throws InvalidArgumentError `ERR_CHANNEL_NAME`. */
  namespace(path: string): ChannelNamespace {
    return new ChannelNamespace(checkNamespace("namespace", this.path, path), this.#open);
  }
}
