import type { Clock } from "@groupcast/base";
import type { ChannelTransport } from "../contract/channel-transport.js";
import type { ReassemblyMemories } from "../fragments/reassembly-memories.js";
import type { RecentTable } from "../order/recent-table.js";
import type { SourceState } from "../order/sequence-tracker.js";
import type { RemoteNode, UsageRole } from "../presence/node-presence.js";
import type { NodeReliability } from "../reliable/node-reliability.js";
import type { ClosedSeals } from "../seal/closed-seals.js";
import type { AskedChannel, ChannelQuestions } from "./questions.js";
import type { TurnClock } from "./turn-clock.js";
import type { WaitingRoom } from "./waiting-room.js";

/** The part of a node that its channels use. */
export interface ChannelOwner {
  readonly transport: ChannelTransport;
  readonly clock: Clock;
  readonly turnClock: TurnClock;
  /** Sources of all channels of the node. */
  readonly sources: RecentTable<SourceState>;
  /** Incomplete messages of all channels of the node. */
  readonly reassembly: ReassemblyMemories;
  /** Packets of all channels of the node that wait behind long messages. */
  readonly waitingRoom: WaitingRoom;
  /** Latest times that sealed channels of the node had accepted when they were closed. */
  readonly closedSeals: ClosedSeals;
  /** Bounds on what the reliable channels of the node take. */
  readonly reliability: NodeReliability;
  /** Returns the other nodes that use a channel. */
  usersOf(channel: string, role: UsageRole): readonly RemoteNode[];
  /** Returns what asks and answers on a channel. */
  questionsOf<In, Out>(channel: AskedChannel<In, Out>): ChannelQuestions<In, Out>;
  /** Announces that a channel is published or subscribed for the first time, or no longer subscribed. */
  usageChanged(): void;
  /** Forgets a channel that closes, so that its name can be opened again. Returns a function that announces that it has closed. */
  forget(name: string): () => void;
  /** Reports an error that no call can throw. */
  report(error: unknown): void;
}
