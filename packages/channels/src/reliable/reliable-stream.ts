/**
 * One sender, as a reliable channel receives it.
 *
 * Theory of operation: a stream is `opening` until it is known with which number it begins: with number 0, which nothing precedes, or with the
 * one that its sender names when it is asked. It is `open` from then on, and what is missing is asked for after a random time, again and
 * again, until it has come, or its deadline has passed, or its sender says that it is gone. A sender that does not answer, as one that is not
 * reliable does not, becomes `plain`: its packets are released as they come.
 *
 * Only an answer to a question, with its nonce, begins a stream or begins it again. What else a sender seems to say of itself makes this one
 * ask, as anybody can say it.
 */
import { randomInt } from "node:crypto";
import type { Clock, ScheduledCall } from "@groupcast/base";
import type { ChannelSource, ReceivedPacket } from "../contract/channel-transport.js";
import type { PacketContents } from "../seal/packet-contents.js";
import { OrderedPackets, type OrderOwner } from "./ordered-packets.js";
import type { LossReason } from "./reliable-events.js";
import { type GoneNote, MAX_RANGES, NO_STREAM, NO_TOKEN, type QuestionNote, type StatusNote } from "./repair-notes.js";

const BACK_OFF_MS = 10; // at most, before a question: packets may only have changed places, and others may ask first
const INTRODUCE_MS = 30; // between two questions to a sender that has not answered
const INTRODUCTIONS = 8; // to a sender that may not know them, before it counts as plain
const MAX_NOTES = 8; // at a time: 1024 gaps
const MAX_NONCE = 0xffff_ffff;

/** Question without what is the same for all senders of a channel. */
export type StreamQuestion = Pick<QuestionNote, "stream" | "token" | "nonce" | "subscribedMs" | "ranges">;

/** Parts of a reliable channel that its streams use. */
export interface StreamOwner extends Omit<OrderOwner, "lost"> {
  readonly clock: Clock;
  readonly deadlineMs: number;
  /** Sends a question. */
  readonly ask: (question: StreamQuestion, to: ChannelSource) => void;
  /** Returns whether a sender that has not answered yet may be asked now: anybody can invent senders. */
  readonly mayIntroduce: (nowMs: number) => boolean;
  readonly lost: (from: ChannelSource, count: number, reason: LossReason) => void;
}

export class ReliableStream {
  readonly #owner: StreamOwner;
  readonly #packets: OrderedPackets;
  readonly #sinceMs: number; // all that its sender has sent since is wanted
  #source: ChannelSource;
  #state: "opening" | "open" | "plain" | "closed" = "opening";
  #id = NO_STREAM;
  #token = NO_TOKEN;
  #nonce = newNonce();
  #isKnown = false; // to be one that answers, as far as a status to all shows
  #introductions = 0;
  #introduceMs: number; // time of the next
  #hopelessMs = Number.POSITIVE_INFINITY; // time at which a sender that should answer becomes plain all the same
  #timer: ScheduledCall | undefined;

  /** @param sinceMs - Time since which the channel has been received. */
  constructor(owner: StreamOwner, source: ChannelSource, sinceMs: number) {
    this.#owner = owner;
    this.#packets = new OrderedPackets({ ...owner, lost: (count, reason) => owner.lost(this.#source, count, reason) });
    this.#source = source;
    this.#sinceMs = sinceMs;
    this.#introduceMs = owner.clock.nowMs();
  }

  /** Takes a packet, which is released at once, later, or, when it has come before, not at all. */
  take(number: number, packet: ReceivedPacket, contents: PacketContents, nowMs: number): void {
    this.#source = packet.source;
    if (this.#token !== NO_TOKEN && this.#state === "open" && this.#packets.takeNext(number, packet, contents)) return;
    if (this.#state === "opening" && number === 0) this.#begin(0, 0, nowMs);
    if (this.#state === "open") this.#packets.take(number, packet, contents, nowMs);
    else if (this.#state === "plain") this.#packets.pass(number, packet, contents);
    else this.#packets.hold(number, packet, contents);
    if (this.#state === "opening" && this.#packets.isFull) this.#becomePlain();
    this.#wake();
  }

  /** Takes a status: an answer, or one to all. */
  statusReceived(status: StatusNote, source: ChannelSource): void {
    const nowMs = this.#owner.clock.nowMs();
    if (status.token === NO_TOKEN) this.#statusToAll(status, nowMs);
    else if (status.nonce === this.#nonce) {
      this.#source = source;
      this.#answered(status, nowMs);
    }
    this.#wake();
  }

  /** Gives up what the sender does not send again. */
  goneReceived({ stream, ranges }: GoneNote): void {
    if (stream === this.#id) this.#packets.giveUp(ranges, "gone");
  }

  /** Releases what is held, gives up what is missing, and asks no more. */
  flush(reason: LossReason): void {
    this.#timer?.cancel();
    this.#packets.flush(reason);
  }

  /** Forgets everything; returns the number of packets that were held. */
  close(): number {
    this.#timer?.cancel();
    this.#state = "closed";
    return this.#packets.close();
  }

  /** Whatever is released or lost may have a subscriber or a listener close it. */
  get #isClosed(): boolean {
    return this.#state === "closed";
  }

  #begin(from: number, next: number, nowMs: number): void {
    if (this.#isClosed) return;
    this.#state = "open";
    this.#packets.begin(from, next, nowMs);
  }

  #statusToAll({ stream, next }: StatusNote, nowMs: number): void {
    if (!this.#isKnown) this.#hopelessMs = nowMs + Math.max(this.#owner.deadlineMs, INTRODUCTIONS * INTRODUCE_MS); // it will answer
    this.#isKnown = true;
    if (this.#state === "open" && stream === this.#id) this.#packets.reach(next, nowMs);
    else if (this.#state === "plain" || this.#token !== NO_TOKEN) this.#introduce(nowMs, this.#owner.deadlineMs); // it may have started again
  }

  #answered({ stream, token, from, next }: StatusNote, nowMs: number): void {
    const isOther = this.#id !== NO_STREAM && this.#id !== stream;
    if (isOther) this.#packets.flush("restarted");
    this.#id = stream;
    this.#token = token;
    this.#nonce = newNonce();
    if (isOther || this.#state === "opening") {
      this.#begin(from, next, nowMs);
      this.#packets.reach(next, nowMs); // only now: an answer overtakes the packets that wait in the socket of the group
    }
    if (this.#isClosed) return;
    this.#state = "open";
    this.#ask(nowMs);
  }

  #becomePlain(): void {
    this.#packets.flush("unanswered");
    if (!this.#isClosed) this.#state = "plain";
  }

  #wake(): void {
    const isAsking = this.#state === "opening" || this.#state === "open";
    const isWaiting = isAsking && (this.#packets.isMissing || this.#token === NO_TOKEN);
    if (!isWaiting || this.#timer !== undefined) return;
    const nowMs = this.#owner.clock.nowMs();
    const waitMs = this.#token === NO_TOKEN ? Math.max(0, this.#introduceMs - nowMs) : 0;
    this.#timer = this.#owner.clock.schedule(waitMs + Math.random() * BACK_OFF_MS, () => {
      this.#timer = undefined;
      this.#tick(this.#owner.clock.nowMs());
    });
  }

  #tick(nowMs: number): void {
    if (this.#state === "plain") return;
    this.#packets.expire(nowMs - this.#owner.deadlineMs);
    if (this.#isClosed) return;
    if (this.#token !== NO_TOKEN) this.#ask(nowMs);
    else if (this.#isHopeless(nowMs)) this.#becomePlain();
    else this.#introduce(nowMs, INTRODUCE_MS);
    this.#wake();
  }

  #isHopeless(nowMs: number): boolean {
    return this.#isKnown ? nowMs >= this.#hopelessMs : this.#introductions >= INTRODUCTIONS && nowMs >= this.#introduceMs;
  }

  /** Asks a sender that has not answered for its status, if it is time. */
  #introduce(nowMs: number, retryMs: number): void {
    if (nowMs < this.#introduceMs) return;
    this.#introductions++; // also one that is put off: in a flood of invented senders none may wait for long
    this.#introduceMs = nowMs + retryMs;
    if (this.#owner.mayIntroduce(nowMs)) this.#question([], nowMs);
  }

  #ask(nowMs: number): void {
    for (let notes = 0; notes < MAX_NOTES; notes++) {
      const ranges = this.#packets.due(nowMs);
      if (ranges.length > 0) this.#question(ranges, nowMs);
      if (ranges.length < MAX_RANGES) return;
    }
  }

  #question(ranges: StreamQuestion["ranges"], nowMs: number): void {
    this.#owner.counters.questions++;
    this.#owner.ask(
      { stream: this.#id, token: this.#token, nonce: this.#nonce, subscribedMs: nowMs - this.#sinceMs, ranges },
      this.#source,
    );
  }
}

function newNonce(): number {
  return randomInt(1, MAX_NONCE);
}
