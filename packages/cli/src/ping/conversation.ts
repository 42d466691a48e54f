/**
 * One responder, as the client sees it.
 *
 * Theory of operation: a conversation begins when the responder has given a session and a group, or, with ssmping 0.9, without asking. It
 * then sends one Echo Request each interval and expects two answers to each, by unicast and by multicast. A responder that ends the session
 * is asked for another one. Requests are remembered for some time after they count as lost, so that late and doubled answers are known.
 */
import type { Clock, ScheduledCall } from "groupcast";
import { wallClockUs } from "../wall-clock.js";
import { encodeMessage, type ReceivedPingMessage } from "./message.js";
import { PING_VERSION } from "./option-table.js";
import { PathTally } from "./path-tally.js";
import type { AnswerPath, PingEvent, PingIgnored, PingProtocol, ResponderReport } from "./ping-report.js";
import { toMicroseconds } from "./to-microseconds.js";

/** Agreement with a responder. */
export interface Session {
  /** Protocol that the responder speaks. */
  readonly protocol: PingProtocol;
  /** Group that it answers on. */
  readonly group: string;
  /** Bytes that it wants to see in each request. */
  readonly sessionId?: Buffer | undefined;
  /** Name and version of the responder. */
  readonly serverInformation?: string | undefined;
}

/** Parts of a ping that its conversations use. */
export interface ConversationSetting {
  readonly clock: Clock;
  readonly clientId: Buffer;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Number of requests to send; infinity: no limit. */
  readonly count: number;
  /** Sends an Echo Request to the responder. */
  send(data: Buffer, protocol: PingProtocol): void;
  /** Reports what happened. */
  report(event: PingEvent): void;
  /** Is called when no answer is waited for any more. */
  settled(): void;
}

/** A reply that has arrived. */
export interface Reply {
  readonly message: ReceivedPingMessage;
  readonly via: AnswerPath;
  /** TTL that was left; undefined where the backend does not know it. */
  readonly ttl: number | undefined;
}

const PATHS: readonly AnswerPath[] = ["unicast", "multicast"];
const KEEP_MS = 10_000; // after the time-out: duplicates and late answers come within seconds
const LEGACY_TTL = 64; // of ssmpingd 0.9, which does not say it
const STOPPED_AFTER = 3; // multicast answers missing in a row, while unicast ones come

/** A request that was sent. */
interface Request {
  readonly sequence: number;
  readonly sentMs: number;
  readonly answered: Set<AnswerPath>;
  isExpired: boolean;
  expiry?: ScheduledCall;
}

export class Conversation {
  readonly address: string;
  readonly #setting: ConversationSetting;
  readonly #requests = new Map<number, Request>(); // oldest first
  #tallies: Record<AnswerPath, PathTally> = { unicast: new PathTally(), multicast: new PathTally() };
  #session: Session | undefined;
  /** The latest session of the responder, also when it has ended. */
  #confirmed: Session | undefined;
  #isClosing = false;
  #sequence = 0;
  #nextCall: ScheduledCall | undefined;
  #firstSentMs = 0;
  #lastSentMs = Number.NEGATIVE_INFINITY;
  #lastMulticastMs = 0;
  #missingMulticast = 0;
  #awaited = 0;

  constructor(address: string, setting: ConversationSetting) {
    this.address = address;
    this.#setting = setting;
  }

  /** The session; undefined before the responder has given one, and after it has ended it. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** Whether the responder is known to be there. */
  get isConfirmed(): boolean {
    return this.#confirmed !== undefined;
  }

  /** Whether all requests are sent and no answer is waited for. */
  get isSettled(): boolean {
    return this.#awaited === 0 && (this.#isClosing || this.#sequence >= this.#setting.count);
  }

  /** Begins to send requests, or goes on with a new session. With ssmping 0.9 the responder is confirmed by its first answer. */
  begin(session: Session): void {
    const isTrialOver = this.#session !== undefined && this.#session.protocol !== session.protocol;
    if (isTrialOver) this.#forget();
    const isRunning = this.#nextCall !== undefined;
    this.#session = session;
    if (session.protocol === "rfc6450") this.#confirm(session);
    if (this.#isClosing || (isRunning && !isTrialOver)) return;
    const { clock, intervalMs } = this.#setting;
    const waitMs = this.#lastSentMs + intervalMs - clock.nowMs();
    if (waitMs <= 0) this.#sendNext();
    else this.#nextCall = clock.schedule(waitMs, this.#sendNext);
  }

  /** Stops sending, because the responder has ended the session. */
  loseSession(): void {
    if (this.#session === undefined) return;
    this.#session = undefined;
    this.#cancelNext();
    this.#setting.report({ type: "sessionEnded", address: this.address });
  }

  /** Stops sending; answers are still counted. */
  close(): void {
    this.#isClosing = true;
    this.#cancelNext();
  }

  /** Stops waiting, too. */
  stop(): void {
    this.close();
    for (const { expiry } of this.#requests.values()) expiry?.cancel();
  }

  /** Counts a reply; returns why it was ignored, if it was. */
  receive({ message, via, ttl }: Reply): PingIgnored | undefined {
    const { sequence, group, version } = message;
    const session = this.#session ?? this.#confirmed; // answers to the last requests of a session may come after its end
    if (session === undefined) return "unexpected";
    if (version !== (session.protocol === "rfc6450" ? PING_VERSION : undefined)) return "version";
    if (group !== undefined && group !== session.group) return "group";
    const request = sequence === undefined ? undefined : this.#requests.get(sequence);
    if (request === undefined) return "sequence";
    this.#confirm(session);
    const initialTtl = session.protocol === "ssmping" ? LEGACY_TTL : message.ttl;
    this.#count(request, via, initialTtl === undefined || ttl === undefined || ttl > initialTtl ? undefined : initialTtl - ttl);
    return undefined;
  }

  /** Returns the counts; undefined while the responder is not confirmed. */
  report(): ResponderReport | undefined {
    if (this.#confirmed === undefined) return undefined;
    const { protocol, group, serverInformation } = this.#confirmed;
    return {
      address: this.address,
      protocol,
      group,
      ...(serverInformation !== undefined && { serverInformation }),
      unicast: this.#tallies.unicast.report(),
      multicast: this.#tallies.multicast.report(),
      ...(this.#hasStopped && { multicastStoppedAfterMs: toMicroseconds(this.#lastMulticastMs - this.#firstSentMs) }),
    };
  }

  get #hasStopped(): boolean {
    return this.#missingMulticast >= STOPPED_AFTER && this.#tallies.multicast.hasAnswers;
  }

  #confirm(session: Session): void {
    const isNew = this.#confirmed === undefined;
    this.#confirmed = session;
    if (!isNew) return;
    const { protocol, group, serverInformation } = session;
    this.#setting.report({ type: "responder", address: this.address, protocol, group, serverInformation });
  }

  /** Forgets requests that went to a port where nobody answered. */
  #forget(): void {
    this.stop();
    this.#isClosing = false;
    this.#requests.clear();
    this.#awaited = 0;
    this.#sequence = 0;
    this.#lastSentMs = Number.NEGATIVE_INFINITY;
    this.#tallies = { unicast: new PathTally(), multicast: new PathTally() };
  }

  readonly #sendNext = (): void => {
    this.#nextCall = undefined;
    const { clock, clientId, intervalMs, count } = this.#setting;
    const session = this.#session;
    if (session === undefined || this.#isClosing || this.#sequence >= count) return;
    const nowMs = clock.nowMs();
    this.#prune(nowMs);
    this.#sequence += 1;
    if (this.#sequence === 1) this.#firstSentMs = nowMs;
    this.#lastSentMs = nowMs;
    this.#remember({ sequence: this.#sequence, sentMs: nowMs, answered: new Set(), isExpired: false });
    const isLegacy = session.protocol === "ssmping";
    const request = encodeMessage({
      type: "echoRequest",
      version: isLegacy ? undefined : PING_VERSION,
      clientId,
      sequence: this.#sequence,
      clientTimeUs: wallClockUs(),
      group: session.group,
      optionRequest: isLegacy ? [] : undefined,
      sessionId: session.sessionId,
    });
    this.#setting.send(request, session.protocol);
    if (this.#sequence < count) this.#nextCall = clock.schedule(intervalMs, this.#sendNext);
  };

  #remember(request: Request): void {
    const { clock, timeoutMs } = this.#setting;
    for (const path of PATHS) this.#tallies[path].noteSent();
    this.#awaited += PATHS.length;
    this.#requests.set(request.sequence, request);
    request.expiry = clock.schedule(timeoutMs, () => this.#expire(request));
  }

  #prune(nowMs: number): void {
    for (const [sequence, { sentMs }] of this.#requests) {
      if (sentMs >= nowMs - this.#setting.timeoutMs - KEEP_MS) return;
      this.#requests.delete(sequence);
    }
  }

  #count(request: Request, via: AnswerPath, hops: number | undefined): void {
    const { clock, report } = this.#setting;
    const { sequence } = request;
    const tally = this.#tallies[via];
    const rttMs = toMicroseconds(clock.nowMs() - request.sentMs);
    const kind = request.answered.has(via) ? "duplicate" : request.isExpired ? "late" : "answer";
    request.answered.add(via);
    report({ type: "answer", address: this.address, via, sequence, rttMs, hops, kind });
    if (via === "multicast") this.#noteMulticast(request.sentMs + rttMs);
    if (kind === "duplicate") tally.noteDuplicate();
    if (kind === "late") tally.noteLate();
    if (kind !== "answer") return;
    tally.noteAnswer(sequence, rttMs, hops);
    this.#settle(1);
  }

  #expire(request: Request): void {
    const { answered, sequence } = request;
    request.isExpired = true;
    const missing = PATHS.filter((path) => !answered.has(path));
    for (const via of missing) {
      this.#tallies[via].noteLost(sequence);
      if (this.isConfirmed) this.#setting.report({ type: "lost", address: this.address, via, sequence });
    }
    if (answered.has("unicast") && !answered.has("multicast")) this.#noteMissing();
    this.#settle(missing.length);
  }

  #noteMissing(): void {
    this.#missingMulticast += 1;
    if (this.#missingMulticast !== STOPPED_AFTER || !this.#hasStopped) return;
    this.#setting.report({
      type: "multicastStopped",
      address: this.address,
      afterMs: toMicroseconds(this.#lastMulticastMs - this.#firstSentMs),
    });
  }

  #noteMulticast(nowMs: number): void {
    const hadStopped = this.#hasStopped;
    this.#missingMulticast = 0;
    this.#lastMulticastMs = nowMs;
    if (hadStopped)
      this.#setting.report({ type: "multicastResumed", address: this.address, afterMs: toMicroseconds(nowMs - this.#firstSentMs) });
  }

  #settle(number: number): void {
    this.#awaited -= number;
    if (this.isSettled) this.#setting.settled();
  }

  #cancelNext(): void {
    this.#nextCall?.cancel();
    this.#nextCall = undefined;
  }
}
