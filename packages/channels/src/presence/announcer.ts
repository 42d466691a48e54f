/**
 * Announces a node and the channels it uses to other nodes.
 *
 * Theory of operation: the announcer sends a heartbeat each period. After a change, or when a new node appears, it sends the whole list of
 * channels, in as many heartbeats as that takes. Otherwise each heartbeat carries the next part of the list, so that a node that missed
 * one gets its part later. A list that was begun is sent to its end, as half a list helps nobody, and the longer it was the later the next
 * one begins: channels that change all the time cost a bounded number of heartbeats.
 *
 * In a large network heartbeats are less frequent, and most carry no channels. The announcer sends a change at once, as a difference if that
 * fits one heartbeat, and again with the next two. It repeats the list as far as there is credit for it, with a heartbeat that is due anyway:
 * if a thousand nodes answered a newcomer at once, the newcomer would miss most of it.
 */
import type { Clock, ScheduledCall } from "@groupcast/base";
import { isContradicted } from "./contradiction.js";
import { type ChannelUsage, channelsInHeartbeat, emptyHeartbeatBytes, encodeHeartbeat, type Heartbeat, usagesBytes } from "./heartbeat.js";
import type { HeartbeatRate } from "./heartbeat-rate.js";
import { ListCredit } from "./list-credit.js";
import { answersQuestions, answerWithinMs, quietAfterBeatMs } from "./liveliness.js";
import { RecentChanges } from "./recent-changes.js";

const SOON_MS = 10; // changes of one turn of the event loop share a heartbeat
const MAX_BURST = 32; // heartbeats at a time: 45 kB
const ECHO_MS = 1000; // time for which the node's own heartbeats may come back with the list before
const REST_MS = 10; // of a list that has been sent, for each of its heartbeats: 100 a second

/** The part of a node that its announcer uses. */
export interface AnnouncerOptions {
  readonly clock: Clock;
  readonly session: string;
  readonly name: string;
  readonly periodMs: number;
  readonly rate: HeartbeatRate;
  readonly usages: () => readonly ChannelUsage[];
  readonly send: (heartbeat: Buffer) => void;
}

export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #emptyBytes: number;
  readonly #credit: ListCredit;
  readonly #changes = new RecentChanges();
  #periodMs: number; // that the latest heartbeat announced
  #isLarge = false; // the network, at that heartbeat
  #latestMs = Number.NEGATIVE_INFINITY; // time of that heartbeat
  #channels: readonly ChannelUsage[] = [];
  #revision = 0;
  #revisedMs = Number.NEGATIVE_INFINITY;
  #hasChanged = true;
  #nextIndex = 0; // of the channel that the next heartbeat begins with
  #rest = 0; // number of channels to send without waiting for the period
  #wholeMs = Number.NEGATIVE_INFINITY; // time at which the whole list was last begun
  #wholeBeats = 0; // heartbeats that it took, so far
  #isWholeWanted = false;
  #next: ScheduledCall | undefined;
  #nextMs = 0; // its time
  #isClosed = false;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
    this.#emptyBytes = emptyHeartbeatBytes(options.name);
    this.#credit = new ListCredit(options.clock.nowMs(), () => options.rate.within(1));
    this.#periodMs = options.periodMs;
  }

  /** Sends the first heartbeat soon, and further ones each period. */
  start(): void {
    this.#schedule(SOON_MS);
  }

  /** Announces soon that the list of channels has changed. */
  changed(): void {
    this.#hasChanged = true;
    this.#hurry();
  }

  /** Sends the whole list soon, for a node that is new; at most once a period, as anybody can invent newcomers. Later in a large network. */
  repeat(): void {
    this.#isWholeWanted = true;
    this.#credit.want(this.#options.clock.nowMs());
    if (!this.#isLarge && this.#mayRepeat) this.#hurry();
  }

  /** Sends a heartbeat soon, for somebody who asked, unless the latest is young: anybody can ask. */
  answer(): void {
    const { clock, rate } = this.#options;
    if (!answersQuestions(this.#periodMs) || clock.nowMs() - this.#latestMs < quietAfterBeatMs(this.#periodMs)) return;
    this.#hurry(rate.within(answerWithinMs(this.#periodMs)));
  }

  /** Takes a heartbeat of the node itself. If somebody forged it, others need the list again. */
  heardItself(beat: Heartbeat): void {
    const isEcho = beat.revision !== this.#revision && this.#options.clock.nowMs() - this.#revisedMs < ECHO_MS;
    const about = { revision: this.#revision, periodMs: this.#periodMs, channels: this.#channels };
    if (!isEcho && isContradicted(beat, about)) this.repeat();
  }

  /** Announces that the node leaves, and closes. */
  leave(): void {
    this.close();
    this.#send([], true);
  }

  /** Sends nothing more. */
  close(): void {
    this.#isClosed = true;
    this.#next?.cancel();
  }

  get #mayRepeat(): boolean {
    return this.#options.clock.nowMs() - this.#wholeMs >= this.#options.periodMs && this.#restMs === 0;
  }

  /** Time until the next list may begin, in milliseconds. */
  get #restMs(): number {
    return Math.max(0, this.#wholeMs + this.#wholeBeats * REST_MS - this.#options.clock.nowMs());
  }

  #hurry(delayMs = Math.max(SOON_MS, Math.min(this.#restMs, this.#options.periodMs))): void {
    if (this.#isClosed || this.#options.clock.nowMs() + delayMs >= this.#nextMs) return;
    this.#next?.cancel();
    this.#schedule(delayMs);
  }

  #schedule(delayMs: number): void {
    this.#nextMs = this.#options.clock.nowMs() + delayMs;
    this.#next = this.#options.clock.schedule(delayMs, () => this.#beat());
  }

  #beat(): void {
    const { rate } = this.#options;
    this.#periodMs = rate.periodMs(this.#emptyBytes);
    this.#isLarge = rate.isLarge(this.#emptyBytes, usagesBytes(this.#channels));
    if (this.#rest === 0) this.#begin();
    this.#sendDue();
    if (!this.#isClosed) this.#schedule(this.#pauseMs);
    if (this.#rest === 0 && this.#hasChanged) this.#hurry();
  }

  /** Time until the next heartbeat, in milliseconds. */
  get #pauseMs(): number {
    if (this.#rest > 0) return SOON_MS;
    return this.#isLarge ? this.#options.rate.delayMs(this.#periodMs) : this.#periodMs;
  }

  /** Begins a list, if one is due. */
  #begin(): void {
    if (this.#hasChanged && this.#restMs === 0) this.#revise();
    else if (this.#isLarge ? this.#mayRepeatLarge() : this.#isWholeWanted && this.#mayRepeat) this.#beginWhole();
  }

  #mayRepeatLarge(): boolean {
    return this.#credit.takeWhole(this.#options.clock.nowMs(), this.#listMs, this.#periodMs);
  }

  /** Time in which the lists of all nodes use up what they may. */
  get #listMs(): number {
    return this.#options.rate.listMs(usagesBytes(this.#channels));
  }

  #revise(): void {
    const before = this.#channels;
    this.#hasChanged = false;
    this.#channels = this.#options.usages();
    this.#revisedMs = this.#options.clock.nowMs();
    if (this.#isLarge && this.#tellsDifference(before)) return;
    this.#revision = (this.#revision + 1) >>> 0;
    this.#beginWhole();
  }

  /** Begins to tell a change as a difference. @returns Whether that takes less than the list. */
  #tellsDifference(before: readonly ChannelUsage[]): boolean {
    if (!this.#changes.add(before, this.#channels)) return true; // nothing has changed
    const usages = this.#changes.usages(this.#channels);
    if (usages.length >= this.#channels.length || channelsInHeartbeat(this.#options.name, usages, 0) < usages.length) return false;
    this.#revision = (this.#revision + 1) >>> 0;
    return true;
  }

  #beginWhole(): void {
    this.#isWholeWanted = false;
    this.#changes.clear();
    this.#wholeMs = this.#options.clock.nowMs();
    this.#credit.sent(this.#wholeMs);
    this.#wholeBeats = 0;
    this.#nextIndex = 0;
    this.#rest = this.#channels.length;
  }

  /** Sends a burst of a list that was begun, or one heartbeat: in a large network with the latest changes, if any, or mostly empty. */
  #sendDue(): void {
    if (this.#rest > 0 || !this.#isLarge || this.#isPartDue()) this.#sendParts();
    else this.#sendChanges();
  }

  #sendChanges(): void {
    this.#send(this.#changes.usages(this.#channels), false, this.#changes.depth);
    this.#changes.sent();
  }

  #isPartDue(): boolean {
    return this.#changes.depth === 0 && this.#credit.takePart(this.#options.clock.nowMs(), this.#listMs);
  }

  #sendParts(): void {
    for (let sent = 0; sent === 0 || (sent < MAX_BURST && this.#rest > 0); sent++) this.#sendPart();
  }

  #sendPart(): void {
    const count = channelsInHeartbeat(this.#options.name, this.#channels, this.#nextIndex);
    this.#send(this.#channels.slice(this.#nextIndex, this.#nextIndex + count), false);
    this.#nextIndex = this.#nextIndex + count >= this.#channels.length ? 0 : this.#nextIndex + count;
    if (this.#rest > 0) this.#wholeBeats++;
    this.#rest = Math.max(0, this.#rest - count);
  }

  #send(channels: readonly ChannelUsage[], isLeaving: boolean, depth = 0): void {
    const { session, name, clock, send } = this.#options;
    const periodMs = this.#periodMs;
    const about = { session, name, periodMs, revision: this.#revision, totalChannels: this.#channels.length };
    this.#latestMs = clock.nowMs();
    send(encodeHeartbeat({ ...about, channels, isLeaving, answers: answersQuestions(periodMs), depth }));
  }
}
