import { outOfRange } from "@groupcast/base";
import { checkWireName } from "../contract/channel-name.js";

/**
 * A set of channels: a name, in which the part `*` stands for any one part, and `**` at the end for one or more.
 *
 * `robot/pose` is this channel alone, `robot/*` the channels directly below `robot`, `robot/**` all channels below it. `**` is every
 * channel except those whose names begin with `__`: nodes use these, and rules have to name them.
 */
export class ChannelPattern {
  /** The pattern itself. */
  readonly text: string;
  /** Whether it is the name of a single channel. */
  readonly isName: boolean;
  readonly #parts: readonly string[];

  /**
   * @param operation - Name of the call whose argument the pattern is, for errors.
   * @param text - The pattern.
   * @throws InvalidArgumentError `ERR_CHANNEL_NAME`, `ERR_ARGUMENT_RANGE`.
   */
  constructor(operation: string, text: string) {
    this.text = checkWireName(operation, text, "channels");
    this.#parts = text.split("/");
    this.isName = !this.#parts.some((part) => part === "*" || part === "**");
    const isClear = this.#parts.every((part, index) => part !== "" && (part !== "**" || index === this.#parts.length - 1));
    if (isClear) return;
    throw outOfRange(operation, "channels", text, 'names with "/" between them, "*" for any one of them, "**" at the end for any number');
  }

  /** Returns whether a channel belongs to the set. */
  matches(channel: string): boolean {
    if (this.isName) return channel === this.text;
    if (channel.startsWith("__") && !this.text.startsWith("__")) return false;
    const parts = channel.split("/");
    const isOpen = this.#parts.at(-1) === "**";
    if (isOpen ? parts.length < this.#parts.length : parts.length !== this.#parts.length) return false;
    return this.#parts.every((part, index) => part === "**" || part === "*" || part === parts[index]);
  }
}
