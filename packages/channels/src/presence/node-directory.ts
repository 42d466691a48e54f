/**
 * The other nodes on a network, by session. Heartbeats keep them up to date; after three missing ones a node is gone.
 *
 * The directory is bounded, as anybody can send heartbeats: it holds so many nodes, and so many channels over all of them, and half as many
 * from one address. What is too much evicts the node that was silent for longest, first of the same address; channels of one node beyond
 * that half are counted and left out.
 */
import type { Clock, ScheduledCall } from "@groupcast/base";
import type { ChannelSource } from "../contract/channel-transport.js";
import { QuotaTable } from "../order/quota-table.js";
import { decodeHeartbeat, type Heartbeat } from "./heartbeat.js";
import { NodePresence, type RemoteNode, type UsageRole, type UsageUpdate } from "./node-presence.js";

const MAX_NODES = 1024;
const MAX_CHANNELS = 65_536; // over all nodes; some 10 MiB, 25 when all names have 255 characters
const LIMITS = {
  all: { entries: MAX_NODES, weight: MAX_CHANNELS },
  owner: { entries: MAX_NODES / 2, weight: MAX_CHANNELS / 2 },
};
const NOBODY: DirectoryReports = { nodeChanged: () => {} };
const CHECK_MS = 100; // time between two searches for silent nodes: a tenth of the usual period

/** Change of one node, as the event `node` reports it. */
export interface NodeChange {
  /** `"changed"`: its name or its channels. `"gone"`: it announced that it leaves, missed three heartbeats, or was evicted. */
  readonly change: "appeared" | "changed" | "gone";
  /** The node. */
  readonly node: RemoteNode;
  /** Reason for which it is gone; `undefined` while it is there. */
  readonly reason?: NodeEnd;
}

/** Reason for which a node is gone: it announced that it leaves, missed three heartbeats, or was evicted for others. */
export type NodeEnd = "left" | "silent" | "evicted";

/** Reason for which a use of a channel is over: its node is gone, or goes on without it. */
export type UsageEnd = NodeEnd | "stopped";

/** A node uses a channel otherwise than before. */
export interface UsageChange extends UsageUpdate {
  readonly node: RemoteNode;
  /** Reason for which a part that the node had is over, if it is. */
  readonly end: UsageEnd;
}

/** The parts of a node that its directory reports to. */
export interface DirectoryReports {
  readonly nodeChanged: (change: NodeChange) => void;
  /** Called for each channel of a change, after `nodeChanged`. */
  readonly usageChanged?: (change: UsageChange) => void;
}

/** Counters of the directory of other nodes. */
export interface DirectoryStatistics {
  /** Nodes that are known now. */
  readonly nodes: number;
  /** Channels that are known now, over all nodes. */
  readonly channels: number;
  /** Heartbeats that could not be read. */
  readonly malformed: number;
  /** Nodes that were evicted. */
  readonly evicted: number;
  /** Channels for which there was no room. */
  readonly refused: number;
}

export class NodeDirectory {
  readonly #clock: Clock;
  readonly #ownSession: string | undefined;
  #reports: DirectoryReports;
  readonly #nodes: QuotaTable<NodePresence>; // weighed by their channels
  #malformed = 0;
  #evicted = 0;
  #refused = 0;
  #nextCheck: ScheduledCall | undefined;
  #isClosed = false;

  /** @param ownSession - Session of the node itself; its heartbeats are ignored. */
  constructor(clock: Clock, ownSession: string | undefined, reports: DirectoryReports) {
    this.#clock = clock;
    this.#ownSession = ownSession;
    this.#reports = reports;
    this.#nodes = new QuotaTable(LIMITS, (node) => {
      this.#evicted++;
      this.#gone(node, "evicted");
    });
  }

  /** Returns every node, the latest to send a heartbeat at the end. */
  get nodes(): readonly RemoteNode[] {
    return this.#nodes.values();
  }

  /** Returns the nodes that have a part on a channel. */
  usersOf(channel: string, role: UsageRole): readonly RemoteNode[] {
    return this.#nodes.values().filter((node) => node.isUser(channel, role));
  }

  /** Returns the counters as they are now. */
  statistics(): DirectoryStatistics {
    const counts = { malformed: this.#malformed, evicted: this.#evicted, refused: this.#refused };
    return { nodes: this.#nodes.size, channels: this.#nodes.weight, ...counts };
  }

  /** Takes the payload of a heartbeat that came from `source`. */
  take(payload: Buffer, source: ChannelSource): void {
    const beat = decodeHeartbeat(payload);
    if (beat === undefined) this.#malformed++;
    else if (beat.session !== this.#ownSession && !this.#isClosed) this.#update(beat, source.address ?? source.id);
  }

  /** Takes no further heartbeats, and reports no further changes, also of the heartbeat that it is taking. */
  close(): void {
    this.#isClosed = true;
    this.#reports = NOBODY;
    this.#nextCheck?.cancel();
  }

  #update(beat: Heartbeat, owner: string): void {
    const known = this.#nodes.peek(beat.session);
    if (beat.isLeaving) {
      if (known !== undefined) this.#forget(known, "left");
      return;
    }
    const nowMs = this.#clock.nowMs();
    const node = this.#nodes.use(owner, beat.session, () => new NodePresence(beat, nowMs));
    const { hasChanged, refused, updates } = node.update(beat, nowMs, LIMITS.owner.weight - node.channelCount);
    this.#refused += refused;
    this.#nodes.weigh(beat.session, node.channelCount);
    if (known === undefined || hasChanged) this.#reports.nodeChanged({ change: known === undefined ? "appeared" : "changed", node });
    for (const update of updates) this.#reports.usageChanged?.({ ...update, node, end: "stopped" });
    if (!this.#isClosed) this.#nextCheck ??= this.#clock.schedule(CHECK_MS, () => this.#check());
  }

  #check(): void {
    const nowMs = this.#clock.nowMs();
    for (const node of this.#nodes.values()) {
      if (node.isSilent(nowMs)) this.#forget(node, "silent");
    }
    this.#nextCheck = this.#nodes.size === 0 || this.#isClosed ? undefined : this.#clock.schedule(CHECK_MS, () => this.#check());
  }

  #forget(node: NodePresence, reason: NodeEnd): void {
    this.#nodes.delete(node.session);
    this.#gone(node, reason);
  }

  #gone(node: NodePresence, reason: NodeEnd): void {
    this.#reports.nodeChanged({ change: "gone", node, reason });
    if (this.#reports.usageChanged === undefined) return;
    for (const before of node.channels) {
      this.#reports.usageChanged?.({ channel: before.name, before, after: undefined, node, end: reason });
    }
  }
}
