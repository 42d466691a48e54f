import type { ChannelNode, ChannelPattern } from "@groupcast/channels";
import type { ChannelsModule } from "./load-channels.js";

/** Channels by name and by pattern. */
export class ChannelSelection {
  readonly #patterns: readonly ChannelPattern[];

  /**
   * @param words - Names, and patterns in which `*` stands for one part and `**` at the end for one or more; a `/` in front is left out.
   * @throws InvalidArgumentError `ERR_CHANNEL_NAME`, `ERR_ARGUMENT_RANGE`.
   */
  constructor(operation: string, { ChannelPattern: Pattern }: ChannelsModule, words: readonly string[]) {
    this.#patterns = words.map((word) => new Pattern(operation, word.replace(/^\//, "")));
  }

  /** Channels that are named. */
  get names(): readonly string[] {
    return [...new Set(this.#patterns.filter(({ isName }) => isName).map(({ text }) => text))];
  }

  /** Whether there are patterns: presence tells which channels they stand for. */
  get hasPatterns(): boolean {
    return this.#patterns.some(({ isName }) => !isName);
  }

  /** Returns whether a channel is one of them. */
  matches(channel: string): boolean {
    return this.#patterns.some((pattern) => pattern.matches(channel));
  }

  /** Returns the channels among those that the nodes of a network use now. */
  usedBy(nodes: ChannelNode["nodes"]): readonly string[] {
    const used = nodes.flatMap(({ channels }) => channels.map(({ name }) => name));
    return [...new Set(used)].filter((name) => this.matches(name));
  }
}
