/** Conditions of a link: it delays, loses, duplicates and reorders packets. */
import { checkOptions, givenOptions, outOfRange, wrongType } from "@groupcast/base";
import type { Random } from "./random.js";

const DEFAULT_QUEUE_BYTES = 1_500_000; // 1,000 full frames of Ethernet: the `txqueuelen` Linux gives a device
const DEFAULT_REORDER_DELAY_MS = 10;

/** Conditions of a link. Default: no loss, no delay, no limit. */
export interface LinkOptions {
  /** Share of frames that is lost, 0 … 1. A datagram in fragments is lost if any of them is. Default 0. */
  readonly loss?: number | undefined;
  /** Time from one end to the other, in milliseconds; default 0. */
  readonly delayMs?: number | undefined;
  /** Largest additional delay in milliseconds, evenly spread from 0. It keeps the order of datagrams. Default 0. */
  readonly jitterMs?: number | undefined;
  /** Share of datagrams that arrives twice, 0 … 1; default 0. */
  readonly duplicate?: number | undefined;
  /** Share of datagrams that is held back for `reorderDelayMs`, so that later ones overtake it, 0 … 1; default 0. */
  readonly reorder?: number | undefined;
  /** Time that a reordered datagram is held back, in milliseconds; default 10. */
  readonly reorderDelayMs?: number | undefined;
  /** Bandwidth in bits per second. IP headers are counted, link framing is not. Default: no limit. */
  readonly bandwidthBitsPerSecond?: number | undefined;
  /** Bytes that can wait when the bandwidth is limited; datagrams that do not fit are lost. Default 1,500,000. */
  readonly queueBytes?: number | undefined;
}

/** Result of {@link LinkModel.pass}: lost. */
export const LOST = -1;
/** Result of {@link LinkModel.pass}: the queue had no room. */
export const QUEUE_FULL = -2;

const LARGEST_NAMED = 1; // beyond it, an upper limit is that of numbers, and helps nobody

const RANGES: Readonly<Record<keyof LinkOptions, readonly [min: number, max: number]>> = {
  loss: [0, 1],
  delayMs: [0, Number.MAX_VALUE],
  jitterMs: [0, Number.MAX_VALUE],
  duplicate: [0, 1],
  reorder: [0, 1],
  reorderDelayMs: [0, Number.MAX_VALUE],
  bandwidthBitsPerSecond: [1, Number.POSITIVE_INFINITY],
  queueBytes: [0, Number.POSITIVE_INFINITY],
};

/** Names of the options. */
export const LINK_OPTIONS: readonly (keyof LinkOptions)[] = Object.keys(RANGES) as (keyof LinkOptions)[];

/**
 * Checks link options.
 *
 * @throws InvalidArgumentError `ERR_OPTION_UNKNOWN`, `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`.
 */
export function checkLinkOptions(options: LinkOptions, operation: string): void {
  checkOptions(operation, options, LINK_OPTIONS);
  for (const [argument, value] of Object.entries<number>(givenOptions(options))) {
    const [min, max] = RANGES[argument as keyof LinkOptions];
    if (value >= min && value <= max) continue;
    const expected = max > LARGEST_NAMED ? `a number, ${min} or more` : `a number from ${min} to ${max}`;
    throw typeof value === "number" ? outOfRange(operation, argument, value, expected) : wrongType(operation, argument, value, expected);
  }
}

/** Whether a link with these options does nothing but take `delayMs`, the same for everything. */
export function isPlain(options: LinkOptions): boolean {
  const { loss = 0, jitterMs = 0, duplicate = 0, reorder = 0, bandwidthBitsPerSecond = Number.POSITIVE_INFINITY } = options;
  return loss === 0 && jitterMs === 0 && duplicate === 0 && reorder === 0 && bandwidthBitsPerSecond === Number.POSITIVE_INFINITY;
}

/** One direction of a link. */
export class LinkModel {
  readonly #options: { readonly [Name in keyof LinkOptions]-?: number };
  readonly #random: Random;
  #busyUntilMs = 0;
  #lastDueMs = 0;

  constructor(options: LinkOptions, random: Random) {
    this.#random = random;
    this.#options = {
      loss: options.loss ?? 0,
      delayMs: options.delayMs ?? 0,
      jitterMs: options.jitterMs ?? 0,
      duplicate: options.duplicate ?? 0,
      reorder: options.reorder ?? 0,
      reorderDelayMs: options.reorderDelayMs ?? DEFAULT_REORDER_DELAY_MS,
      bandwidthBitsPerSecond: options.bandwidthBitsPerSecond ?? Number.POSITIVE_INFINITY,
      queueBytes: options.queueBytes ?? DEFAULT_QUEUE_BYTES,
    };
  }

  /** Whether packets may have to wait for those that were sent before. */
  get isPaced(): boolean {
    return this.#options.bandwidthBitsPerSecond !== Number.POSITIVE_INFINITY;
  }

  /** Time when the last bit of all that was sent so far has left the sender. */
  get busyUntilMs(): number {
    return this.#busyUntilMs;
  }

  /** Sends `bytes` in `frames` at `nowMs`. Returns the milliseconds until they arrive, or {@link LOST}, or {@link QUEUE_FULL}. */
  pass(nowMs: number, bytes: number, frames: number): number {
    const { loss, delayMs, jitterMs, reorder, reorderDelayMs } = this.#options;
    const sentAtMs = this.#serialize(nowMs, bytes);
    if (sentAtMs < 0) return QUEUE_FULL;
    if (this.#random.happens(frames === 1 ? loss : 1 - (1 - loss) ** frames)) return LOST;
    const dueMs = sentAtMs + delayMs + (jitterMs > 0 ? this.#random.next() * jitterMs : 0);
    if (this.#random.happens(reorder)) return dueMs + reorderDelayMs - nowMs;
    this.#lastDueMs = Math.max(this.#lastDueMs, dueMs);
    return this.#lastDueMs - nowMs;
  }

  /** Whether the packet that has just passed arrives a second time. */
  duplicates(): boolean {
    return this.#random.happens(this.#options.duplicate);
  }

  /** Returns the time when the last bit leaves, or -1 if the queue has no room. */
  #serialize(nowMs: number, bytes: number): number {
    if (!this.isPaced) return nowMs;
    const { bandwidthBitsPerSecond, queueBytes } = this.#options;
    const waitMs = Math.max(0, this.#busyUntilMs - nowMs);
    if (waitMs > 0 && (waitMs * bandwidthBitsPerSecond) / 8000 + bytes > queueBytes) return -1;
    this.#busyUntilMs = nowMs + waitMs + (bytes * 8000) / bandwidthBitsPerSecond;
    return this.#busyUntilMs;
  }
}
