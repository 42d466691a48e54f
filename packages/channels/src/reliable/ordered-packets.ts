/**
 * The packets of one sender in order, with those that wait for earlier ones.
 *
 * Theory of operation: what follows the packet before is released at once. After a gap packets are held until the gap is filled or given up.
 * Numbers may be forged on channels that are not sealed: what is far from the numbers heard so far changes nothing and is released as it is,
 * and a number that was given up and comes after all is released, late. So no forged packet silences a sender.
 */
import type { ReceivedPacket } from "../contract/channel-transport.js";
import type { PacketContents, TakePacket } from "../seal/packet-contents.js";
import type { HeldMemory } from "./held-memory.js";
import { countOf, distance, type NumberRange, NumberRanges } from "./number-ranges.js";
import type { LossReason } from "./reliable-events.js";
import type { ReceiverCounters } from "./reliable-statistics.js";
import { MAX_RANGES } from "./repair-notes.js";

const RETRY_MS = 30; // more than a sender's cooldown
const RETRY_FACTOR = 1.25; // some twelve questions within a second: of a fifth of all packets lost, one in a million stays so
const LONGEST_RETRY_MS = 4 * RETRY_MS;
const WINDOW = 65_536; // numbers; more than a second at full rate
const MISORDER = 1024; // numbers by which a status may be late
const MAX_GAPS = 16_384; // a status that is forged makes one without a packet, which would count as memory
const MAX_SPAN = 32 * WINDOW; // numbers from the lowest missing one on: more than a sender keeps, and they are compared within 2 ** 31
const MAX_GIVEN_UP = 1024; // ranges
const FAR = 2 ** 30;
const LONGEST_HISTORY_MS = 60_000; // and a deadline
const NOTHING = Buffer.alloc(0);

/** Parts of a reliable channel that the order of a sender uses. */
export interface OrderOwner {
  readonly memory: HeldMemory;
  readonly counters: ReceiverCounters;
  readonly release: TakePacket;
  readonly lost: (count: number, reason: LossReason) => void;
}

interface Missing extends NumberRange {
  readonly noticedMs: number;
  /** Time at which the wait began. All parts of a history have one, and each packet of it that comes begins the wait again. */
  readonly since: { ms: number };
  readonly isHistory: boolean;
  askMs: number;
  retryMs: number;
}

interface Held {
  readonly packet: ReceivedPacket;
  readonly contents: PacketContents;
  readonly bytes: number;
}

export class OrderedPackets {
  readonly #owner: OrderOwner;
  readonly #missing = new NumberRanges<Missing>();
  readonly #givenUp = new NumberRanges<NumberRange>();
  readonly #held = new Map<number, Held>();
  #next = 0; // lowest number that is not released
  #end = 0; // one above the highest number heard of
  #heldBytes = 0;
  #historyEnd: number | undefined; // one above what its sender had sent before
  #isClosed = false;

  constructor(owner: OrderOwner) {
    this.#owner = owner;
  }

  /** Whether packets are missing. */
  get isMissing(): boolean {
    return this.#missing.size > 0;
  }

  /** Whether there is no room to hold more. */
  get isFull(): boolean {
    return this.#owner.memory.isFull(this.#heldBytes);
  }

  /** Releases a packet that is in order while none is missing; returns false, and does nothing, if it is not. */
  takeNext(number: number, packet: ReceivedPacket, contents: PacketContents): boolean {
    if (number !== this.#end || this.isMissing) return false;
    this.#end = (number + 1) >>> 0;
    this.#next = this.#end;
    this.#owner.release(packet, contents);
    return true;
  }

  /** Takes a packet, which is released at once, later, or, when it has come before, not at all. */
  take(number: number, packet: ReceivedPacket, contents: PacketContents, nowMs: number): void {
    const ahead = distance(number, this.#end);
    if (ahead < 0) this.#takeBehind(number, packet, contents, nowMs);
    else if (this.#isFar(number)) this.#releaseUnordered(packet, contents);
    else {
      if (ahead > 0) this.#notice((number - 1) >>> 0, nowMs);
      this.#end = (number + 1) >>> 0;
      if (this.isMissing) this.hold(number, packet, contents);
      else {
        this.#next = this.#end;
        this.#owner.release(packet, contents);
      }
    }
  }

  /** Releases a packet whose place does not matter. */
  pass(number: number, packet: ReceivedPacket, contents: PacketContents): void {
    if (distance(number, this.#end) >= 0) this.#end = (number + 1) >>> 0;
    this.#next = this.#end;
    this.#owner.release(packet, contents);
  }

  /** Holds a packet. When there is no room, the lowest of the missing ones are given up. */
  hold(number: number, packet: ReceivedPacket, contents: PacketContents): void {
    if (this.#isClosed || this.#held.has(number)) return;
    // Memory of its own: a view would keep the whole chunk alive that the datagram came in.
    const payload = Buffer.from(contents.payload);
    const bytes = this.#owner.memory.enter(payload);
    this.#heldBytes += bytes;
    this.#held.set(number, { packet: { ...packet, payload: NOTHING }, contents: { ...contents, payload }, bytes });
    while (this.isFull && this.isMissing) this.#giveUpLowest("room");
  }

  /**
   * Begins with a number, or with the lowest that is held if that is lower, and puts what is held in order. What is below `historyEnd` may be
   * more than its sender sends again within a deadline.
   */
  begin(from: number, historyEnd: number, nowMs: number): void {
    this.#historyEnd = historyEnd;
    const held = this.#takeHeld();
    const lowest = held[0]?.[0] ?? from;
    this.#givenUp.clear();
    this.#next = distance(lowest, from) < 0 ? lowest : from;
    this.#end = this.#next;
    this.#unlessClosed(held, (number, packet, contents) => this.take(number, packet, contents, nowMs));
  }

  /** Takes the number that the sender says comes next. */
  reach(next: number, nowMs: number): void {
    if (this.#isClosed) return;
    const ahead = distance(next, this.#end);
    const isFar = this.#isFar(next);
    if (ahead > 0 && !isFar) this.#notice((next - 1) >>> 0, nowMs);
    if (ahead >= -MISORDER && !isFar) return;
    this.flush("restarted"); // a number was forged, or more was lost than can be repaired
    this.begin(next, next, nowMs);
  }

  /** Returns the missing numbers to ask for now, within the length of a note. */
  due(nowMs: number): readonly NumberRange[] {
    const ranges: NumberRange[] = [];
    for (const range of this.#missing.all) {
      if (range.askMs > nowMs) continue;
      range.askMs = nowMs + range.retryMs;
      range.retryMs = Math.min(RETRY_FACTOR * range.retryMs, LONGEST_RETRY_MS);
      if (ranges.push(range) === MAX_RANGES) break;
    }
    return ranges;
  }

  /** Gives up what has been missing since `sinceMs` or longer. */
  expire(sinceMs: number): void {
    const isOver = ({ since, noticedMs }: Missing): boolean => since.ms <= sinceMs || noticedMs <= sinceMs - LONGEST_HISTORY_MS;
    while (this.isMissing && isOver(this.#missing.lowest!)) this.#giveUpLowest("deadline");
  }

  /** Gives up the missing ones among some numbers. */
  giveUp(ranges: readonly NumberRange[], reason: LossReason): void {
    for (const range of ranges) for (const missing of this.#missing.remove(range)) this.#lose(missing, reason);
    this.#releaseReady();
  }

  /** Gives up what is missing, and releases what is held. */
  flush(reason: LossReason): void {
    while (this.isMissing) this.#giveUpLowest(reason);
    this.#unlessClosed(this.#takeHeld(), (...held) => this.pass(...held)); // of a stream that has not begun
  }

  /** Forgets everything, and holds nothing from now on; returns the number of packets that were held. */
  close(): number {
    this.#isClosed = true;
    this.#missing.clear();
    return this.#takeHeld().length;
  }

  #takeBehind(number: number, packet: ReceivedPacket, contents: PacketContents, nowMs: number): void {
    const isInTime = distance(number, this.#next) >= 0; // or its place has passed, as it was given up
    const [missing] = this.#missing.remove({ first: number, last: number });
    if (missing?.isHistory === true) missing.since.ms = nowMs;
    if (missing !== undefined || (isInTime && this.#givenUp.delete(number))) {
      this.#owner.counters.recovered++;
      this.hold(number, packet, contents);
      this.#releaseReady();
    } else if (this.#givenUp.delete(number) || distance(number, this.#next) < -WINDOW) this.#releaseUnordered(packet, contents);
    else this.#owner.counters.duplicates++;
  }

  #releaseUnordered(packet: ReceivedPacket, contents: PacketContents): void {
    this.#owner.counters.unordered++;
    this.#owner.release(packet, contents);
  }

  /** Whether a number is far above all that are known to exist. */
  #isFar(number: number): boolean {
    return distance(number, this.#end) > WINDOW && (this.#historyEnd === undefined || distance(number, this.#historyEnd) > WINDOW);
  }

  /** Notes that all numbers up to `last` exist, and that those above the highest are missing. */
  #notice(last: number, nowMs: number): void {
    const range = { first: this.#end, last };
    const isHistory = this.#historyEnd !== undefined && distance(range.first, this.#historyEnd) < 0;
    if (!isHistory) this.#historyEnd = undefined; // before its number comes round again
    this.#missing.add({ ...range, noticedMs: nowMs, since: { ms: nowMs }, isHistory, askMs: nowMs, retryMs: RETRY_MS });
    this.#end = (last + 1) >>> 0;
    this.#owner.counters.missing += countOf(range);
    while (this.#hasTooManyGaps) this.#giveUpLowest("room");
  }

  get #hasTooManyGaps(): boolean {
    const { size, lowest } = this.#missing;
    return size > MAX_GAPS || (lowest !== undefined && distance(this.#end, lowest.first) > MAX_SPAN);
  }

  /** Removes all that is held, and returns it in order. */
  #takeHeld(): [number, Held][] {
    const held = [...this.#held].sort(([a], [b]) => distance(a, b));
    for (const number of this.#held.keys()) this.#unhold(number);
    return held;
  }

  /** Does something with packets that were held, until a subscriber closes this. */
  #unlessClosed(held: readonly [number, Held][], use: (number: number, packet: ReceivedPacket, contents: PacketContents) => void): void {
    for (const [number, { packet, contents }] of held) {
      if (this.#isClosed) this.#owner.counters.discarded++;
      else use(number, packet, contents);
    }
  }

  #unhold(number: number): Held | undefined {
    const held = this.#held.get(number);
    if (held === undefined) return undefined;
    this.#held.delete(number);
    this.#heldBytes -= held.bytes;
    this.#owner.memory.leave(held.bytes);
    return held;
  }

  #releaseReady(): void {
    const stop = this.#missing.lowest?.first ?? this.#end;
    while (distance(stop, this.#next) > 0) {
      const number = this.#next;
      const held = this.#unhold(number);
      this.#next = ((held === undefined ? this.#givenUp.lastBeside(number) : number) + 1) >>> 0;
      if (held !== undefined) this.#owner.release(held.packet, held.contents);
    }
  }

  #giveUpLowest(reason: LossReason): void {
    this.#lose(this.#missing.shift()!, reason);
    this.#releaseReady();
  }

  #lose({ first, last }: NumberRange, reason: LossReason): void {
    const count = countOf({ first, last });
    this.#givenUp.remove({ first: this.#end, last: (this.#end + FAR) >>> 0 }); // the numbers have come round again
    this.#givenUp.remove({ first, last });
    this.#givenUp.add({ first, last });
    if (this.#givenUp.size > MAX_GIVEN_UP) this.#givenUp.shift();
    this.#owner.counters.givenUp += count;
    this.#owner.lost(count, reason);
  }
}
