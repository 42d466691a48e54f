/** What a link does to what passes it: takes time, loses, doubles, reorders. */
import { BASE_ERRORS, InvalidArgumentError } from "@groupcast/base";
import type { Random } from "./random.js";

const DEFAULT_QUEUE_BYTES = 1_500_000; // 1,000 full frames of Ethernet: the `txqueuelen` Linux gives a device
const DEFAULT_REORDER_DELAY_MS = 10;

/** Conditions of a link. What is left out does not happen. */
export interface LinkOptions {
  /** Share of the frames that is lost, 0 … 1. A datagram in fragments is lost with any of them. */
  readonly loss?: number;
  /** Time from one end to the other, in milliseconds. */
  readonly delayMs?: number;
  /** Up to so many milliseconds more, evenly spread. Keeps the order. */
  readonly jitterMs?: number;
  /** Share of the datagrams that arrives twice, 0 … 1. */
  readonly duplicate?: number;
  /** Share of the datagrams that is held back for `reorderDelayMs`, so that later ones overtake it, 0 … 1. */
  readonly reorder?: number;
  /** Milliseconds; default 10. */
  readonly reorderDelayMs?: number;
  /** Bits per second, IP headers counted and link framing not; default: without limit. */
  readonly bandwidthBitsPerSecond?: number;
  /** Bytes that may wait for their turn when the bandwidth is limited; what does not fit is lost. Default 1,500,000. */
  readonly queueBytes?: number;
}

/** {@link LinkModel.pass}: lost on the way. */
export const LOST = -1;
/** {@link LinkModel.pass}: there was no room in the queue. */
export const QUEUE_FULL = -2;

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

/**
 * Checks link options.
 *
 * @throws InvalidArgumentError `ERR_OPTION_UNKNOWN`, `ERR_ARGUMENT_RANGE`.
 */
export function checkLinkOptions(options: LinkOptions, operation: string): void {
  for (const [argument, value] of Object.entries(options)) {
    if (!(argument in RANGES)) {
      const expected = `one of ${Object.keys(RANGES).join(", ")}`;
      throw new InvalidArgumentError(BASE_ERRORS.ERR_OPTION_UNKNOWN, { operation, argument, value, expected });
    }
    const [min, max] = RANGES[argument as keyof LinkOptions];
    if (!(value >= min && value <= max)) {
      throw new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_RANGE, {
        operation,
        argument,
        value,
        expected: `a number from ${min} to ${max}`,
      });
    }
  }
}

/** Whether a link with these options does nothing but take `delayMs`, the same for everything. */
export function isPlain(options: LinkOptions): boolean {
  const { loss = 0, jitterMs = 0, duplicate = 0, reorder = 0, bandwidthBitsPerSecond = Number.POSITIVE_INFINITY } = options;
  return loss === 0 && jitterMs === 0 && duplicate === 0 && reorder === 0 && bandwidthBitsPerSecond === Number.POSITIVE_INFINITY;
}

/** One direction of a link. */
export class LinkModel {
  readonly #options: Required<LinkOptions>;
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

  /** Whether what is sent may have to wait for what was sent before. */
  get isPaced(): boolean {
    return this.#options.bandwidthBitsPerSecond !== Number.POSITIVE_INFINITY;
  }

  /** When the last bit of what was sent so far has left the sender. */
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

  /** Whether what has just passed arrives a second time. */
  duplicates(): boolean {
    return this.#random.happens(this.#options.duplicate);
  }

  /** When the last bit leaves, or -1 when the queue has no room. */
  #serialize(nowMs: number, bytes: number): number {
    if (!this.isPaced) return nowMs;
    const { bandwidthBitsPerSecond, queueBytes } = this.#options;
    const waitMs = Math.max(0, this.#busyUntilMs - nowMs);
    if (waitMs > 0 && (waitMs * bandwidthBitsPerSecond) / 8000 + bytes > queueBytes) return -1;
    this.#busyUntilMs = nowMs + waitMs + (bytes * 8000) / bandwidthBitsPerSecond;
    return this.#busyUntilMs;
  }
}
