import { outOfRange } from "@groupcast/base";
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
    const wrong = this.#patterns.find(({ text }) => !isFullName(text));
    if (wrong !== undefined) throw outOfRange(operation, "channels", wrong.text, 'full names, in which no part is ".."');
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

  /** Returns the channels among those that nodes of a network use now. Anybody can send heartbeats: what no channel can be called is left out. */
  usedBy(nodes: ChannelNode["nodes"]): readonly string[] {
    const used = nodes.flatMap(({ channels }) => channels.map(({ name }) => name));
    return [...new Set(used)].filter((name) => isFullName(name) && this.matches(name));
  }
}

/** Each channel has one spelling: `a//b` and `x/../a/b` are `a/b`, and a node that opens them receives that. */
function isFullName(name: string): boolean {
  return name.split("/").every((part) => part !== "" && part !== "..");
}
