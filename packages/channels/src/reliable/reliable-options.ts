/** Options of reliable channels, checked. */
import { checkInteger, checkOptions, wrongType } from "@groupcast/base";

/** Options of a reliable channel. Nodes may differ in them. */
export interface ReliableOptions {
  /**
   * Longest time that a subscriber waits for a missing message, in milliseconds, 1 … 60,000. Later messages wait, too. Then the channel
   * reports it as lost. Default 1000.
   */
  readonly repairWithinMs?: number | undefined;
  /** Number of packets that a publisher keeps to send them again, 1 … 1,048,576. A long message has several. Default 32,768. */
  readonly packets?: number | undefined;
  /**
   * Memory of these packets, in bytes, with 256 bytes of overhead for each, 65,536 … 2 ** 31. Default 32 MiB. A node keeps 128 MiB in all.
   */
  readonly bytes?: number | undefined;
  /**
   * Maximum that a publisher sends again, in bytes a second, with 256 bytes of overhead for each packet, 1024 … 2 ** 40. One receiver gets
   * half of it. Default 16 MiB.
   */
  readonly repairBytesPerSecond?: number | undefined;
  /**
   * Longest time for which a closing publisher still repeats packets, in milliseconds, 0 … 60,000. It ends sooner if nobody has asked for
   * 150 ms since its last packet. Default 1000.
   */
  readonly lingerMs?: number | undefined;
}

/** Earlier messages that a node wants to receive when it subscribes, and that a publisher keeps for such nodes. */
export interface HistoryOptions {
  /** Number of messages of each publisher, 1 … 1,048,576. */
  readonly messages: number;
  /** Total size of these messages in bytes, 1 … 2 ** 31. Default: the limit of the channel. */
  readonly bytes?: number | undefined;
}

/** {@link ReliableOptions} and {@link HistoryOptions}, checked, with defaults. */
export interface ResolvedReliable {
  readonly deadlineMs: number;
  readonly packets: number;
  readonly bytes: number;
  readonly repairBytesPerSecond: number;
  readonly lingerMs: number;
  readonly history: History;
}

/** Messages from before, at most. */
interface History {
  readonly messages: number;
  readonly bytes: number;
}

/** The options of a channel about losses. */
export interface ReliableRequest {
  readonly reliable: boolean | ReliableOptions | undefined;
  readonly history: HistoryOptions | undefined;
  readonly latest: boolean;
}

const DEFAULT_DEADLINE_MS = 1000;
const LONGEST_DEADLINE_MS = 60_000;
const DEFAULT_PACKETS = 32_768;
const LARGEST_PACKETS = 1 << 20;
const DEFAULT_BYTES = 32 * 1024 * 1024; // a message of 16 MiB, and what is published meanwhile
const LARGEST_BYTES = 2 ** 31;
const DEFAULT_REPAIR_BYTES = 16 * 1024 * 1024;
const DEFAULT_LINGER_MS = 1000;
const LONGEST_LINGER_MS = 60_000;
const NO_HISTORY = { messages: 0, bytes: 0 };

/** Checks options and adds the defaults; returns undefined for a channel that is not reliable. @throws InvalidArgumentError */
export function resolveReliable(operation: string, { reliable, history, latest }: ReliableRequest): ResolvedReliable | undefined {
  const isWanted = reliable !== undefined && reliable !== false;
  if (!isWanted && history === undefined && !latest) return undefined;
  const given = typeof reliable === "object" ? checkReliable(operation, reliable) : {};
  if (isWanted && reliable !== true && typeof reliable !== "object")
    throw wrongType(operation, "reliable", reliable, "a boolean, or an object of options");
  const { repairWithinMs = DEFAULT_DEADLINE_MS, packets = DEFAULT_PACKETS, bytes = DEFAULT_BYTES } = given;
  const { repairBytesPerSecond = DEFAULT_REPAIR_BYTES, lingerMs = DEFAULT_LINGER_MS } = given;
  const kept = {
    deadlineMs: checkInteger(operation, "repairWithinMs", repairWithinMs, [1, LONGEST_DEADLINE_MS]),
    packets: checkInteger(operation, "packets", packets, [1, LARGEST_PACKETS]),
    bytes: checkInteger(operation, "bytes", bytes, [1 << 16, LARGEST_BYTES]),
    repairBytesPerSecond: checkInteger(operation, "repairBytesPerSecond", repairBytesPerSecond, [1024, 2 ** 40]),
    lingerMs: checkInteger(operation, "lingerMs", lingerMs, [0, LONGEST_LINGER_MS]),
  };
  const wanted = history === undefined ? NO_HISTORY : checkHistory(operation, history, kept.bytes);
  const isLatestAlone = latest && wanted.messages === 0;
  return {
    ...kept,
    packets: Math.max(kept.packets, wanted.messages),
    history: isLatestAlone ? { messages: 1, bytes: kept.bytes } : wanted,
  };
}

function checkReliable(operation: string, given: ReliableOptions): Partial<ReliableOptions> {
  return checkOptions(operation, given, ["repairWithinMs", "packets", "bytes", "repairBytesPerSecond", "lingerMs"]);
}

function checkHistory(operation: string, given: HistoryOptions, keptBytes: number): History {
  const { messages, bytes = keptBytes } = checkOptions(operation, given, ["messages", "bytes"]);
  return {
    messages: checkInteger(operation, "messages", messages, [1, LARGEST_PACKETS]),
    bytes: checkInteger(operation, "bytes", bytes, [1, LARGEST_BYTES]),
  };
}
