/**
 * Tells other nodes that this one is there, and which channels it uses.
 *
 * Theory of operation: a heartbeat goes out each period. After a change, or when a new node has been heard, the whole list follows, so
 * many heartbeats a period; otherwise each heartbeat carries the next part of the list, so that whoever missed one hears it later.
 */
import type { Clock, ScheduledCall } from "@groupcast/base";
import { type ChannelUsage, channelsInHeartbeat, encodeHeartbeat } from "./heartbeat.js";

const SOON_MS = 10; // what changes at once is told at once
const MAX_BURST = 32; // heartbeats at a time: 45 kB

/** What an announcer needs of its node. */
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
  #at = 0; // the channel that the next heartbeat begins with
  #rest = 0; // channels that go out without waiting for the period
  #wholeMs = Number.NEGATIVE_INFINITY; // when the whole list began to go out last
  #isAsked = false; // for the whole list
  #next: ScheduledCall | undefined;
  #nextIsSoon = false;
  #isStopped = false;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** Sends the first heartbeat soon, and further ones each period. */
  start(): void {
    this.#schedule(SOON_MS);
  }

  /** The list of channels has changed. */
  changed(): void {
    this.#hasChanged = true;
    this.#hurry();
  }

  /** Somebody is new here and has to hear the whole list. Once a period: anybody can invent newcomers. */
  repeat(): void {
    this.#isAsked = true;
    if (this.#mayRepeat) this.#hurry();
  }

  /** Says good-bye, and nothing more. */
  stop(): void {
    this.halt();
    this.#send([], true);
  }

  /** Says nothing more: there is nobody to hear it. */
  halt(): void {
    this.#isStopped = true;
    this.#next?.cancel();
  }

  get #mayRepeat(): boolean {
    return this.#options.clock.nowMs() - this.#wholeMs >= this.#options.periodMs;
  }

  #hurry(): void {
    if (this.#nextIsSoon || this.#isStopped) return;
    this.#next?.cancel();
    this.#schedule(SOON_MS);
  }

  #schedule(delayMs: number): void {
    this.#nextIsSoon = delayMs === SOON_MS;
    this.#next = this.#options.clock.schedule(delayMs, () => this.#beat());
  }

  #beat(): void {
    if (this.#hasChanged) this.#revise();
    else if (this.#isAsked && this.#mayRepeat) this.#beginWhole();
    for (let sent = 0; sent === 0 || (sent < MAX_BURST && this.#rest > 0); sent++) this.#sendPart();
    if (!this.#isStopped) this.#schedule(this.#rest > 0 ? SOON_MS : this.#options.periodMs);
  }

  #revise(): void {
    this.#hasChanged = false;
    this.#channels = this.#options.usages();
    this.#revision = (this.#revision + 1) >>> 0;
    this.#beginWhole();
  }

  #beginWhole(): void {
    this.#isAsked = false;
    this.#wholeMs = this.#options.clock.nowMs();
    this.#at = 0;
    this.#rest = this.#channels.length;
  }

  #sendPart(): void {
    const count = channelsInHeartbeat(this.#options.name, this.#channels, this.#at);
    this.#send(this.#channels.slice(this.#at, this.#at + count), false);
    this.#at = this.#at + count >= this.#channels.length ? 0 : this.#at + count;
    this.#rest = Math.max(0, this.#rest - count);
  }

  #send(channels: readonly ChannelUsage[], isLeaving: boolean): void {
    const { session, name, periodMs, send } = this.#options;
    send(encodeHeartbeat({ session, name, periodMs, revision: this.#revision, totalChannels: this.#channels.length, channels, isLeaving }));
  }
}
