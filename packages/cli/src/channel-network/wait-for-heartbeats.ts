import type { ChannelNode } from "@groupcast/channels";
import type { Clock } from "groupcast";
import { pause } from "../sending/flow.js";

const LEAST_MS = 2000; // two heartbeats, as nodes have them by default
const LARGE_NODES = 32; // more send theirs in their own time, and not to a newcomer at once
const LATE_MS = 1000; // as nodes have patience with one another
const LONGEST_WAIT_MS = 3_600_000; // of one call of the clock

/** Bounds of a wait. */
export interface HeartbeatWait {
  /** Time to wait, in milliseconds. Default: as long as the network needs. */
  readonly durationMs?: number | undefined;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits for the heartbeats of a network. By default for two seconds, and in a large network, in which they come less often, for one more
 * than the period that half of the nodes announce: at most 61 seconds.
 */
export async function waitForHeartbeats(clock: Clock, node: ChannelNode, { durationMs, signal }: HeartbeatWait): Promise<void> {
  const begunMs = clock.nowMs();
  const restMs = (): number => begunMs + (durationMs ?? enoughMs(node.nodes)) - clock.nowMs();
  for (let ms = restMs(); ms > 0 && signal?.aborted !== true; ms = restMs()) await pause(clock, Math.min(ms, LONGEST_WAIT_MS), signal);
}

function enoughMs(nodes: ChannelNode["nodes"]): number {
  if (nodes.length <= LARGE_NODES) return LEAST_MS;
  const periods = nodes.map(({ periodMs }) => periodMs).sort((a, b) => a - b);
  return Math.max(LEAST_MS, periods[Math.floor(periods.length / 2)]! + LATE_MS);
}
