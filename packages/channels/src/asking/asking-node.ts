import type { ChannelOwner } from "../channel/channel-owner.js";
import type { ChannelUsage } from "../presence/heartbeat.js";
import { AnswerMemory } from "./answer-memory.js";
import { HiddenChannels } from "./hidden-channels.js";

const MAX_PENDING = 1024; // requests

/** The part of a node that asks and answers, over all its channels. */
export class AskingNode {
  readonly session: string;
  readonly name: string;
  readonly owner: ChannelOwner;
  readonly hidden: HiddenChannels;
  readonly answers: AnswerMemory = new AnswerMemory();
  /** Whether the node has heartbeats, and so knows others. */
  readonly knowsNodes: boolean;
  #pending = 0;
  #responders = 0;

  constructor(node: { session: string; name: string; knowsNodes: boolean }, owner: ChannelOwner) {
    this.session = node.session;
    this.name = node.name;
    this.knowsNodes = node.knowsNodes;
    this.owner = owner;
    this.hidden = new HiddenChannels(owner);
  }

  /** Use of companion channels, as heartbeats announce it. */
  get usages(): readonly ChannelUsage[] {
    return this.hidden.usages;
  }

  /** Counts one more pending request; returns false when there are too many. */
  begin(): boolean {
    if (this.#pending >= MAX_PENDING) return false;
    this.#pending++;
    return true;
  }

  /** A pending request is over. */
  ended(): void {
    this.#pending--;
  }

  /** Returns a number for a responder, which tells its answers from those of others. */
  nextResponder(): number {
    return this.#responders++;
  }
}
