/**
 * Announces a node and the channels it uses to other nodes.
 *
 * Theory of operation: the announcer sends a heartbeat each period. After a change, or when a new node appears, it sends the whole list of
 * channels, in as many heartbeats as that takes. Otherwise each heartbeat carries the next part of the list, so that a node that missed
 * one gets its part later. A list that was begun is sent to its end, as half a list helps nobody, and the longer it was the later the next
 * one begins: channels that change all the time cost a bounded number of heartbeats.
 */
import type { Clock, ScheduledCall } from "@groupcast/base";
import { type ChannelUsage, channelsInHeartbeat, encodeHeartbeat } from "./heartbeat.js";

const SOON_MS = 10; // changes of one turn of the event loop share a heartbeat
const MAX_BURST = 32; // heartbeats at a time: 45 kB
const REST_MS = 10; // of a list that has been sent, for each of its heartbeats: 100 a second

/** The part of a node that its announcer uses. */
export interface AnnouncerOptions {
  readonly clock: Clock;
  readonly session: string;
  readonly name: string;
  readonly periodMs: number;
  readonly usages: () => readonly ChannelUsage[];
  readonly send: (heartbeat: Buffer) => void;
}

export class Announcer {
  readonly #options: AnnouncerOptions;
  #channels: readonly ChannelUsage[] = [];
  #revision = 0;
  #hasChanged = true;
  #nextIndex = 0; // of the channel that the next heartbeat begins with
  #rest = 0; // number of channels to send without waiting for the period
  #wholeMs = Number.NEGATIVE_INFINITY; // time at which the whole list was last begun
  #wholeBeats = 0; // heartbeats that it took, so far
  #isWholeWanted = false;
  #next: ScheduledCall | undefined;
  #nextIsSoon = false;
  #isClosed = false;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
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

  /** Sends the whole list soon, for a node that is new; at most once a period, as anybody can invent newcomers. */
  repeat(): void {
    this.#isWholeWanted = true;
    if (this.#mayRepeat) this.#hurry();
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

  #hurry(): void {
    if (this.#nextIsSoon || this.#isClosed) return;
    this.#next?.cancel();
    this.#schedule(Math.max(SOON_MS, Math.min(this.#restMs, this.#options.periodMs)));
    this.#nextIsSoon = true;
  }

  #schedule(delayMs: number): void {
    this.#nextIsSoon = delayMs === SOON_MS;
    this.#next = this.#options.clock.schedule(delayMs, () => this.#beat());
  }

  #beat(): void {
    if (this.#rest === 0) this.#begin();
    for (let sent = 0; sent === 0 || (sent < MAX_BURST && this.#rest > 0); sent++) this.#sendPart();
    if (!this.#isClosed) this.#schedule(this.#rest > 0 ? SOON_MS : this.#options.periodMs);
    if (this.#rest === 0 && this.#hasChanged) this.#hurry();
  }

  /** Begins a list, if one is due. */
  #begin(): void {
    if (this.#hasChanged && this.#restMs === 0) this.#revise();
    else if (this.#isWholeWanted && this.#mayRepeat) this.#beginWhole();
  }

  #revise(): void {
    this.#hasChanged = false;
    this.#channels = this.#options.usages();
    this.#revision = (this.#revision + 1) >>> 0;
    this.#beginWhole();
  }

  #beginWhole(): void {
    this.#isWholeWanted = false;
    this.#wholeMs = this.#options.clock.nowMs();
    this.#wholeBeats = 0;
    this.#nextIndex = 0;
    this.#rest = this.#channels.length;
  }

  #sendPart(): void {
    const count = channelsInHeartbeat(this.#options.name, this.#channels, this.#nextIndex);
    this.#send(this.#channels.slice(this.#nextIndex, this.#nextIndex + count), false);
    this.#nextIndex = this.#nextIndex + count >= this.#channels.length ? 0 : this.#nextIndex + count;
    if (this.#rest > 0) this.#wholeBeats++;
    this.#rest = Math.max(0, this.#rest - count);
  }

  #send(channels: readonly ChannelUsage[], isLeaving: boolean): void {
    const { session, name, periodMs, send } = this.#options;
    send(encodeHeartbeat({ session, name, periodMs, revision: this.#revision, totalChannels: this.#channels.length, channels, isLeaving }));
  }
}
