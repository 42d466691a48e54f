/**
 * Who else is there: nodes by session, kept up to date by their heartbeats, dead after three that did not come.
 *
 * Bounded, as anybody can send heartbeats: so many nodes, and so many channels over all of them. A node that finds no room makes the one
 * that was silent for longest go; channels that find none are counted and left out.
 */
import type { Clock, ScheduledCall } from "@groupcast/base";
import { RecentTable } from "../order/recent-table.js";
import { decodeHeartbeat, type Heartbeat } from "./heartbeat.js";
import { NodePresence, type RemoteNode } from "./node-presence.js";

const MAX_NODES = 1024;
const MAX_CHANNELS = 65_536; // over all nodes; some 10 MiB
const CHECK_MS = 100; // how often silence is looked for: a tenth of the usual period

/** What became of a node. */
export interface NodeChange {
  readonly change: "appeared" | "changed" | "gone";
  readonly node: RemoteNode;
}

/** What a directory has counted. */
export interface DirectoryStatistics {
  readonly nodes: number;
  readonly channels: number; // over all nodes
  readonly malformed: number; // heartbeats that could not be read
  readonly evicted: number; // nodes that had to make room
  readonly refused: number; // channels for which there was no room
}

export class NodeDirectory {
  readonly #clock: Clock;
  readonly #ownSession: string | undefined;
  readonly #told: (change: NodeChange) => void;
  readonly #nodes: RecentTable<NodePresence>;
  #channels = 0;
  #malformed = 0;
  #evicted = 0;
  #refused = 0;
  #nextCheck: ScheduledCall | undefined;
  #isClosed = false;

  /** @param ownSession - Whose heartbeats are not news. */
  constructor(clock: Clock, ownSession: string | undefined, told: (change: NodeChange) => void) {
    this.#clock = clock;
    this.#ownSession = ownSession;
    this.#told = told;
    this.#nodes = new RecentTable(MAX_NODES, (node) => {
      this.#evicted++;
      this.#gone(node);
    });
  }

  /** Everybody who is there, the one heard last at the end. */
  get nodes(): readonly RemoteNode[] {
    return this.#nodes.values();
  }

  statistics(): DirectoryStatistics {
    const counts = { malformed: this.#malformed, evicted: this.#evicted, refused: this.#refused };
    return { nodes: this.#nodes.size, channels: this.#channels, ...counts };
  }

  /** Takes the payload of a heartbeat. */
  hear(payload: Buffer): void {
    const beat = decodeHeartbeat(payload);
    if (beat === undefined) this.#malformed++;
    else if (beat.session !== this.#ownSession && !this.#isClosed) this.#take(beat);
  }

  close(): void {
    this.#isClosed = true;
    this.#nextCheck?.cancel();
  }

  #take(beat: Heartbeat): void {
    const known = this.#nodes.peek(beat.session);
    if (beat.isLeaving) {
      if (known === undefined) return;
      this.#nodes.delete(beat.session);
      this.#gone(known);
      return;
    }
    const nowMs = this.#clock.nowMs();
    const node = this.#nodes.use(beat.session, () => new NodePresence(beat, nowMs)).value;
    const before = node.channelCount;
    const room = MAX_CHANNELS - this.#channels;
    const hasChanged = node.hear(beat, nowMs, room);
    this.#channels += node.channelCount - before;
    if (room < beat.channels.length) this.#refused += Math.max(0, beat.channels.length - room);
    if (known === undefined || hasChanged) this.#told({ change: known === undefined ? "appeared" : "changed", node });
    this.#nextCheck ??= this.#clock.schedule(CHECK_MS, () => this.#check());
  }

  #check(): void {
    const nowMs = this.#clock.nowMs();
    for (const node of this.#nodes.values()) {
      if (!node.isSilent(nowMs)) continue;
      this.#nodes.delete(node.session);
      this.#gone(node);
    }
    this.#nextCheck = this.#nodes.size === 0 || this.#isClosed ? undefined : this.#clock.schedule(CHECK_MS, () => this.#check());
  }

  #gone(node: NodePresence): void {
    this.#channels -= node.channelCount;
    this.#told({ change: "gone", node });
  }
}
