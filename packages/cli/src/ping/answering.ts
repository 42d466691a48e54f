/**
 * Decides what a responder answers to one datagram.
 *
 * Theory of operation (RFC 6450). A client asks for a group by an Init message. The Server Response names the group and
 * a session ID, and goes to the client's address alone. An Echo Request with that session ID comes from a client that can receive there,
 * so it is answered twice: to the client, and to the group. Everything else may carry a forged sender. It gets one short answer at most,
 * never by multicast, out of a budget of its own: a flood of it cannot use up what confirmed clients are owed.
 *
 * The tools ssmping and asmping of version 0.9 know no sessions. They are answered out of the second budget, and by multicast only on the
 * groups that this responder serves.
 */

import { type Family, familyOf } from "@groupcast/backend";
import type { Destination } from "groupcast";
import { ClientTable } from "./client-table.js";
import { isWithinPrefix, legacyForm, prefixOf, WELL_KNOWN_GROUPS } from "./group-prefix.js";
import { decodeMessage, encodeEchoReply, encodeMessage, type PingMessage, type ReceivedPingMessage } from "./message.js";
import { PING_OPTIONS, PING_VERSION } from "./option-table.js";
import { SessionIds } from "./session-ids.js";
import { TokenBucket } from "./token-bucket.js";

const TABLE = {
  malformed: "no message of the protocol",
  unexpected: "an answer, or an echo request that came by multicast",
  version: "another version of the protocol",
  incomplete: "an echo request without number or group",
  session: "a session ID that this responder did not give to that address",
  tooLong: "an echo request of ssmping that is longer than ssmping sends",
  group: "a group that this responder does not serve",
  clientRate: "above the rate of one client",
  totalRate: "above the rate of all clients",
} as const;

/** Name of a reason for which a responder refuses a datagram. */
export type PingRefusal = keyof typeof TABLE;

/** Reasons for which a responder refuses a datagram: name → meaning. */
export const PING_REFUSALS: Readonly<Record<PingRefusal, string>> = TABLE;

/** Limits and groups of a responder. */
export interface AnsweringSettings {
  /** Group that it serves besides the well-known ones. */
  readonly group: string | undefined;
  /** TTL that its answers leave with. */
  readonly ttl: number;
  /** Echo requests a second that one client is answered. */
  readonly clientRate: number;
  /** Echo requests a second that all confirmed clients are answered, and as many messages of others. */
  readonly totalRate: number;
  /** Number of clients that are remembered. */
  readonly maxClients: number;
  /** Whether the tools ssmping and asmping of version 0.9 are answered. */
  readonly answersLegacy: boolean;
  /** Name and version, for clients that ask. */
  readonly serverInformation: string;
}

/** A datagram that has arrived. */
export interface Question {
  /** Its bytes. */
  readonly data: Buffer;
  /** Its sender. */
  readonly from: Destination;
  /** Whether it came by multicast. */
  readonly isMulticast: boolean;
  /** Time of its arrival. */
  readonly nowMs: number;
  /** The same on the wall clock, in microseconds since 1970. */
  readonly wallClockUs: number;
}

/** An answer, a refusal, or a refusal with an answer that says so. */
export interface Answer {
  /** Kind of the answer; undefined if there is none. */
  readonly kind?: "echo" | "session";
  /** Bytes for the sender. */
  readonly reply?: Buffer;
  /** Group that `reply` goes to as well. */
  readonly group?: string;
  /** Reason for which the datagram was refused. */
  readonly refusal?: PingRefusal;
  /** Whether it is the first one that this client is answered. */
  readonly isNewClient?: boolean;
}

/** Most bytes that an answer is longer than its request: group, session ID and server information of a Server Response. */
export const MOST_ADDED_BYTES = 128;

/** Most bytes of an echo request without session that is answered: it may carry a forged sender, and gets two answers. */
export const MOST_LEGACY_BYTES = 1500;

const SMALLEST_BURST = 10;

/** The answers of one responder. */
export class Answering {
  /** Limits of the clients seen last. */
  readonly clients: ClientTable;
  readonly #settings: AnsweringSettings;
  readonly #sessions = new SessionIds();
  readonly #confirmed: TokenBucket;
  readonly #unconfirmed: TokenBucket;

  constructor(settings: AnsweringSettings, nowMs: number) {
    const { clientRate, maxClients, totalRate } = settings;
    this.#settings = settings;
    this.clients = new ClientTable(clientRate, maxClients);
    this.#confirmed = new TokenBucket(totalRate, Math.max(SMALLEST_BURST, totalRate), nowMs);
    this.#unconfirmed = new TokenBucket(totalRate, Math.max(SMALLEST_BURST, totalRate), nowMs);
  }

  /** Returns the groups that clients of `family` are offered, the preferred one first. */
  groups(family: Family): readonly string[] {
    const { group } = this.#settings;
    return group !== undefined && familyOf(group) === family ? [group, WELL_KNOWN_GROUPS[family]] : [WELL_KNOWN_GROUPS[family]];
  }

  /** Returns the answer to a datagram. Never throws, whatever its bytes are. */
  answer(question: Question): Answer {
    const message = question.from.port === 0 ? undefined : decodeMessage(question.data); // port 0: nobody can be answered there
    if (message === undefined) return { refusal: "malformed" };
    if (message.type !== "init" && message.type !== "echoRequest") return { refusal: "unexpected" };
    if (message.type === "echoRequest" && question.isMulticast) return { refusal: "unexpected" };
    if (message.version === PING_VERSION) return message.type === "init" ? this.#offer(message, question) : this.#echo(message, question);
    const isLegacy = message.version === undefined && message.type === "echoRequest" && this.#settings.answersLegacy;
    return isLegacy ? this.#echoLegacy(message, question) : this.#refuse(message, question, "version");
  }

  /** Answers an Init message: with the first group that the client and this responder agree on. */
  #offer(message: ReceivedPingMessage, question: Question): Answer {
    const { from, nowMs } = question;
    const groups = this.groups(familyOf(from.address));
    const wanted = message.prefixes ?? groups.map(prefixOf);
    const group = wanted.flatMap((prefix) => groups.filter((each) => isWithinPrefix(each, prefix)))[0];
    if (group === undefined) return this.#refuse(message, question, "group");
    if (!this.#unconfirmed.take(nowMs)) return { refusal: "totalRate" };
    const isAskedFor = message.optionRequest?.includes(PING_OPTIONS.serverInformation.code);
    const reply = serverResponse(message, {
      group,
      sessionId: this.#sessions.issue({ ...from, group }),
      serverInformation: isAskedFor ? this.#settings.serverInformation : undefined,
    });
    return { kind: "session", reply };
  }

  #echo(message: ReceivedPingMessage, question: Question): Answer {
    const { from, nowMs, wallClockUs } = question;
    const { group, sequence, optionRequest } = message;
    if (group === undefined || sequence === undefined) return { refusal: "incomplete" };
    if (!this.groups(familyOf(from.address)).includes(group)) return this.#refuse(message, question, "group");
    if (!this.#sessions.isValid(message.sessionId, { ...from, group })) return this.#refuse(message, question, "session");
    const admission = this.#admit(`${from.address} ${from.port}`, nowMs, this.#confirmed);
    if (admission.refusal !== undefined) return admission;
    const serverTimeUs = optionRequest?.includes(PING_OPTIONS.serverTimeUs.code) ? wallClockUs : undefined;
    return { ...admission, kind: "echo", reply: encodeEchoReply(message, { ttl: this.#settings.ttl, serverTimeUs }), group };
  }

  /** Does what ssmpingd does, on fewer groups. Forged senders are possible, so all ports of an address are one client. */
  #echoLegacy(message: ReceivedPingMessage, { data, from, nowMs }: Question): Answer {
    if (data.length > MOST_LEGACY_BYTES) return { refusal: "tooLong" };
    const family = familyOf(from.address);
    const group = message.group ?? WELL_KNOWN_GROUPS[family];
    const isServed = this.groups(family).some((each) => each === group || legacyForm(each) === group);
    if (!isServed) return { refusal: "group" };
    const admission = this.#admit(from.address, nowMs, this.#unconfirmed);
    if (admission.refusal !== undefined) return admission;
    const serverInformation = message.optionRequest === undefined ? undefined : this.#settings.serverInformation;
    return { ...admission, kind: "echo", reply: encodeEchoReply(message, { serverInformation }), group };
  }

  /** Admits a client, or refuses it. The rate of all comes first, so that a flood of forged senders takes no client's place in the table. */
  #admit(client: string, nowMs: number, bucket: TokenBucket): Answer {
    if (!bucket.hasToken(nowMs)) return { refusal: "totalRate" };
    const isNewClient = !this.clients.has(client);
    if (!this.clients.admit(client, nowMs)) return { refusal: "clientRate" };
    bucket.take(nowMs);
    return { isNewClient };
  }

  /** Refuses, and says so by a Server Response without group and session, which ends what the client does (RFC 6450). */
  #refuse(message: ReceivedPingMessage, { from, nowMs }: Question, refusal: PingRefusal): Answer {
    if (!this.#unconfirmed.take(nowMs)) return { refusal: "totalRate" };
    const prefixes = refusal === "group" ? this.groups(familyOf(from.address)).map(prefixOf) : undefined;
    return { refusal, reply: serverResponse(message, { prefixes }) };
  }
}

function serverResponse({ clientId, sequence }: ReceivedPingMessage, rest: Partial<PingMessage>): Buffer {
  return encodeMessage({ type: "serverResponse", version: PING_VERSION, clientId, sequence, ...rest });
}
