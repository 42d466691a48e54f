/**
 * The other nodes on a network, by session. Heartbeats keep them up to date; after three missing ones a node is gone, or sooner where
 * periods are long: see liveliness.ts.
 *
 * The directory is bounded, as anybody can send heartbeats: it holds so many nodes, and so many channels over all of them, and half as many
 * from one address. What is too much evicts the node that was silent for longest, first of the same address; channels of one node beyond
 * that half are counted and left out. A node that has been heard for several of its periods makes no room for newcomers: a flood of invented
 * nodes cannot push it out. Such nodes take three quarters of the directory at most. A newcomer that had to make room is remembered by its
 * session, and so becomes one of them all the same.
 */
import type { Clock, ScheduledCall } from "@groupcast/base";
import type { ChannelSource } from "../contract/channel-transport.js";
import { type QuotaLimits, QuotaTable } from "../order/quota-table.js";
import { RecentTable } from "../order/recent-table.js";
import { decodeHeartbeat, type Heartbeat } from "./heartbeat.js";
import { Liveliness } from "./liveliness.js";
import { NodePresence, type RemoteNode, type UsageRole, type UsageUpdate } from "./node-presence.js";

/** Number of nodes that are known by default. */
export const DEFAULT_NODES = 1024;

const CHANNELS_OF_NODE = 64; // 65,536 by default over all nodes: some 10 MiB, 25 when all names have 255 characters
const NEWCOMERS_OF_NODE = 8; // 8192 by default: some 2 MiB
const MOST_NEWCOMERS = 65_536;
const NOBODY: DirectoryReports = { nodeChanged: () => {} };
const CHECK_MS = 100; // shortest time between two searches for silent nodes: a tenth of the usual period
const CHECKS_OF_PERIOD = 20; // of the shortest period that a node has
const LONGEST_CHECK_MS = 1000; // a node with a short period may come at any time

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

/** Options of a {@link NodeDirectory}. */
export interface DirectoryOptions {
  /** Number of nodes that it holds. Default 1024. */
  readonly maxNodes?: number | undefined;
  /** Asks for nodes by their sessions. Without it nobody asks, and nodes are gone after three periods. */
  readonly ask?: ((sessions: readonly string[]) => void) | undefined;
  /** Called with each heartbeat that has the session of the node itself: its own, which came back, or a forged one. */
  readonly heardItself?: ((beat: Heartbeat) => void) | undefined;
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
  readonly #channelsOfOwner: number;
  readonly #ask: DirectoryOptions["ask"];
  readonly #heardItself: DirectoryOptions["heardItself"];
  readonly #nodes: QuotaTable<NodePresence>; // weighed by their channels
  readonly #newcomers: RecentTable<Liveliness>; // by session, also of those that had to make room
  #malformed = 0;
  #evicted = 0;
  #refused = 0;
  #nextCheck: ScheduledCall | undefined;
  #isClosed = false;

  /** @param ownSession - Session of the node itself; its heartbeats do not enter. */
  constructor(clock: Clock, ownSession: string | undefined, reports: DirectoryReports, options: DirectoryOptions = {}) {
    const { maxNodes = DEFAULT_NODES, ask, heardItself } = options;
    const limits = limitsOf(maxNodes);
    this.#clock = clock;
    this.#ownSession = ownSession;
    this.#reports = reports;
    this.#ask = ask;
    this.#heardItself = heardItself;
    this.#channelsOfOwner = limits.owner.weight;
    this.#nodes = new QuotaTable(limits, (node) => {
      this.#evicted++;
      this.#gone(node, "evicted");
    });
    this.#newcomers = new RecentTable(Math.min(NEWCOMERS_OF_NODE * maxNodes, MOST_NEWCOMERS));
  }

  /** Returns every node, the latest to send a heartbeat at the end. */
  get nodes(): readonly RemoteNode[] {
    return this.#nodes.values();
  }

  /** Number of nodes. */
  get size(): number {
    return this.#nodes.size;
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

  /**
   * Takes the payload of a heartbeat that came from `source`.
   *
   * @param isRelayed - Whether it came through a relay. Its node is not asked for, as a relay may pass one way alone.
   */
  take(payload: Buffer, source: ChannelSource, isRelayed = false): void {
    const beat = decodeHeartbeat(payload);
    if (beat === undefined) this.#malformed++;
    else if (this.#isClosed) return;
    else if (beat.session === this.#ownSession) this.#heardItself?.(beat);
    else this.#update(isRelayed ? { ...beat, answers: false } : beat, source.address ?? source.id);
  }

  /** Notes that somebody has asked for nodes: this one waits. */
  asked(sessions: readonly string[]): void {
    const nowMs = this.#clock.nowMs();
    for (const session of sessions) this.#nodes.peek(session)?.liveliness.asked(nowMs, Math.random);
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
    const liveliness = known?.liveliness ?? this.#newcomers.use(beat.session, () => new Liveliness()).value;
    const node = this.#nodes.use(owner, beat.session, () => new NodePresence(beat, liveliness));
    const { hasChanged, refused, updates } = node.update(beat, nowMs, this.#channelsOfOwner - node.channelCount);
    this.#refused += refused;
    this.#nodes.keep(beat.session, liveliness.isProven);
    this.#nodes.weigh(beat.session, node.channelCount);
    if (known === undefined || hasChanged) this.#reports.nodeChanged({ change: known === undefined ? "appeared" : "changed", node });
    for (const update of updates) this.#reports.usageChanged?.({ ...update, node, end: "stopped" });
    if (!this.#isClosed) this.#nextCheck ??= this.#clock.schedule(CHECK_MS, () => this.#check());
  }

  #check(): void {
    const nowMs = this.#clock.nowMs();
    const suspects: string[] = [];
    let shortestMs = Number.POSITIVE_INFINITY;
    for (const node of this.#nodes.values()) {
      shortestMs = Math.min(shortestMs, node.liveliness.periodMs);
      if (node.liveliness.isSilent(nowMs)) this.#forget(node, "silent");
      else if (this.#ask !== undefined && node.liveliness.takeQuestion(nowMs, Math.random)) suspects.push(node.session);
    }
    if (suspects.length > 0 && !this.#isClosed) this.#ask?.(suspects);
    const isOver = this.#nodes.size === 0 || this.#isClosed;
    this.#nextCheck = isOver ? undefined : this.#clock.schedule(checkMs(shortestMs), () => this.#check());
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

function limitsOf(maxNodes: number): QuotaLimits {
  const all = { entries: maxNodes, weight: maxNodes * CHANNELS_OF_NODE };
  return { all, owner: { entries: Math.ceil(maxNodes / 2), weight: Math.ceil(all.weight / 2) } };
}

/** Returns the time until the next search. In a large network it is random, so that not all nodes ask at once. */
function checkMs(shortestPeriodMs: number): number {
  const checkMs = Math.min(shortestPeriodMs / CHECKS_OF_PERIOD, LONGEST_CHECK_MS);
  return Math.max(CHECK_MS, checkMs * (1 - Math.random() / 2));
}
