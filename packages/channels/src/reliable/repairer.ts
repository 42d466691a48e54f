/**
 * Sends packets again for those who missed them.
 *
 * Theory of operation: a packet that is asked for waits until its turn, as there is a bound on the bytes a second. It goes to the one that
 * asked, or to all when another asks before {@link COOLDOWN_MS} have passed since the first; further questions for it count no more until then.
 * What is not kept any more is told to be gone.
 */
import type { Clock, ScheduledCall } from "@groupcast/base";
import type { ChannelSource, RepairingSender } from "../contract/channel-transport.js";
import { type Asker, Askers } from "./askers.js";
import { Budget } from "./budget.js";
import { countOf, distance, type NumberRange } from "./number-ranges.js";
import type { SenderCounters } from "./reliable-statistics.js";
import { encodeGone, encodeStatus, MAX_RANGES, NO_TOKEN, type QuestionNote, type StatusNote } from "./repair-notes.js";
import type { Repair, SentPacket, SentPackets } from "./sent-packets.js";

const COOLDOWN_MS = 25;
const PACE_MS = 1;
const BURST_BYTES = 64 * 1024; // some 140 small packets: a receive buffer of Linux holds 277 (net.core.rmem_default, 212,992, and 768 bytes for each)
const INTRODUCTIONS_PER_SECOND = 1000;
const MAX_NUMBERS = 4096; // of one question, so that looking them up takes bounded time
const NUMBERS_OF_A_QUESTION = 128; // a further question each: 4096 take half a millisecond
const QUESTIONS_PER_SECOND = 8192; // of all who have shown their token: a tenth of a core, however many addresses somebody has
const TRANSIT_MS = 50; // of a question, at most, or one who was there first seems to have come late
const EVERYBODY = "";

/** Parts of a reliable channel that its repairer uses. */
export interface RepairerOptions {
  readonly clock: Clock;
  readonly sender: RepairingSender;
  readonly sent: SentPackets;
  /** Id of the stream. */
  readonly stream: string;
  /** Returns a note as it travels: sealed, if the channel is sealed. */
  readonly wrap: (note: Buffer) => Uint8Array;
  readonly counters: SenderCounters;
  readonly bytesPerSecond: number;
  readonly report: (error: unknown) => void;
}

export class Repairer {
  readonly #options: RepairerOptions;
  readonly #openedMs: number;
  readonly #askers: Askers;
  readonly #introductions: Budget;
  readonly #questions: Budget;
  readonly #budget: Budget;
  readonly #queue = new Map<number, Asker | undefined>(); // number → the one that gets it; undefined: all
  #next: ScheduledCall | undefined;
  #sent = 0;

  constructor(options: RepairerOptions) {
    const { clock, bytesPerSecond } = options;
    const nowMs = clock.nowMs();
    this.#options = options;
    this.#openedMs = nowMs;
    this.#askers = new Askers(bytesPerSecond / 2);
    this.#introductions = new Budget(INTRODUCTIONS_PER_SECOND, INTRODUCTIONS_PER_SECOND / 4, nowMs);
    this.#questions = new Budget(QUESTIONS_PER_SECOND, QUESTIONS_PER_SECOND / 4, nowMs);
    this.#budget = new Budget(bytesPerSecond, BURST_BYTES, nowMs);
  }

  /** Counts a packet that was sent for the first time. */
  packetSent(): void {
    this.#sent++;
  }

  /** Tells all which number comes next. */
  tellStatus(): void {
    const { sent } = this.#options;
    this.#note(this.#status({ token: NO_TOKEN, nonce: 0, from: sent.next }));
  }

  /** Answers a question. */
  answer(question: QuestionNote, from: ChannelSource): void {
    const { clock, counters, stream, sent } = this.#options;
    const nowMs = clock.nowMs();
    counters.questions++;
    const totals = { sent: this.#sent, kept: distance(sent.next, sent.first), nowMs };
    const asker = this.#askers.find(from, question.token, totals);
    if (!this.#mayAsk(asker, question.ranges, nowMs)) counters.limited++;
    else if (asker === undefined || question.stream !== stream || question.ranges.length === 0) this.#introduce(question, from, nowMs);
    else if (asker.isLetGo(nowMs)) this.#refuse(question.ranges, from);
    else this.#repair(question.ranges, asker, nowMs);
  }

  /** Sends nothing again any more. */
  close(): void {
    this.#next?.cancel();
    this.#queue.clear();
  }

  #mayAsk(asker: Asker | undefined, ranges: readonly NumberRange[], nowMs: number): boolean {
    if (asker === undefined) return this.#introductions.spend(1, nowMs);
    const numbers = ranges.reduce((sum, range) => sum + countOf(range), 0);
    const cost = 1 + Math.min(numbers, MAX_NUMBERS) / NUMBERS_OF_A_QUESTION;
    return asker.mayAsk(cost, nowMs) && this.#questions.spend(cost, nowMs);
  }

  #introduce({ nonce, subscribedMs, historyMessages, historyBytes }: QuestionNote, to: ChannelSource, nowMs: number): void {
    const { sent, counters } = this.#options;
    const wasThere = nowMs - this.#openedMs <= subscribedMs + TRANSIT_MS;
    const from = wasThere ? sent.first : sent.beginningOf({ messages: historyMessages, bytes: historyBytes });
    counters.introductions++;
    this.#note(this.#status({ token: this.#askers.tokenOf(to), nonce, from }), to);
  }

  #refuse(ranges: readonly NumberRange[], to: ChannelSource): void {
    this.#options.counters.refused++;
    this.#note(encodeGone(this.#options.stream, ranges), to);
  }

  #repair(ranges: readonly NumberRange[], asker: Asker, nowMs: number): void {
    const { sent, counters, stream } = this.#options;
    const gone: NumberRange[] = [];
    let left = MAX_NUMBERS;
    for (const range of ranges) {
      const kept = { first: later(range.first, sent.first), last: earlier(range.last, (sent.next - 1) >>> 0) };
      if (distance(sent.first, range.first) > 0) gone.push({ first: range.first, last: earlier(range.last, (sent.first - 1) >>> 0) });
      for (let number = kept.first; distance(number, kept.last) <= 0 && left-- > 0; number = (number + 1) >>> 0) {
        const packet = sent.get(number);
        if (packet === undefined) gone.push({ first: number, last: number });
        else this.#want(packet, asker, nowMs);
      }
    }
    if (gone.length > 0) {
      counters.gone++;
      this.#note(encodeGone(stream, gone.slice(0, MAX_RANGES)), asker.source);
    }
    this.#sendQueued();
  }

  #want(packet: SentPacket, asker: Asker, nowMs: number): void {
    const { counters } = this.#options;
    const repair = repairOf(packet);
    const isCooling = this.#queue.has(packet.number) || nowMs - repair.repeatedMs < COOLDOWN_MS;
    if (isCooling && (repair.wantedBy === asker.id || repair.wantedBy === EVERYBODY)) counters.cooling++;
    else if (!asker.spend(packet.costBytes, nowMs)) counters.limited++;
    else {
      repair.wantedBy = isCooling ? EVERYBODY : asker.id;
      this.#queue.set(packet.number, isCooling ? undefined : asker);
    }
  }

  /** Sends what is asked for, within the budget; the rest a little later. */
  #sendQueued(): void {
    const { clock, sent } = this.#options;
    if (this.#next !== undefined) return;
    const nowMs = clock.nowMs();
    for (const [number, asker] of this.#queue) {
      const packet = sent.get(number);
      if (packet !== undefined && !this.#budget.spend(packet.costBytes, nowMs)) break;
      this.#queue.delete(number);
      if (packet !== undefined && asker?.isLetGo(nowMs) !== true) this.#send(packet, asker, nowMs);
    }
    if (this.#queue.size === 0) return;
    this.#next = clock.schedule(PACE_MS, () => {
      this.#next = undefined;
      this.#sendQueued();
    });
  }

  #send(packet: SentPacket, asker: Asker | undefined, nowMs: number): void {
    const { sender, counters, report } = this.#options;
    const { payload, sequence } = packet;
    repairOf(packet).repeatedMs = nowMs;
    if (asker?.losesTooMuch(this.#sent, nowMs) === true) counters.letGo++;
    try {
      const isTaken = sender.repeat(payload, sequence, asker?.source);
      const taken = asker === undefined ? "repairedForAll" : "repaired";
      counters[isTaken ? taken : "dropped"]++;
      counters.repairedBytes += payload.length;
    } catch (error) {
      this.#queue.clear(); // the transport has closed
      report(error);
    }
  }

  #status(facts: Pick<StatusNote, "token" | "nonce" | "from">): Buffer {
    return encodeStatus({ stream: this.#options.stream, next: this.#options.sent.next, ...facts });
  }

  #note(note: Buffer, to?: ChannelSource): void {
    const { sender, wrap, report } = this.#options;
    try {
      sender.note(wrap(note), to);
    } catch (error) {
      report(error);
    }
  }
}

function repairOf(packet: SentPacket): Repair {
  packet.repair ??= { repeatedMs: Number.NEGATIVE_INFINITY, wantedBy: undefined };
  return packet.repair;
}

function later(a: number, b: number): number {
  return distance(a, b) > 0 ? a : b;
}

function earlier(a: number, b: number): number {
  return distance(a, b) < 0 ? a : b;
}
