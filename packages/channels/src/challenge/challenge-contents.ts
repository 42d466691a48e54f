/**
 * Contents of the packets on a channel of challenges, which are sealed as those of any channel:
 *
 *     challenge: kind 1 (1) | for each sender, 1 … 32: salt (16) | nonce (16)
 *     answer: kind 2 (1) | salt (16) | counter (6) | time (6) | for each challenge, 1 … 64: nonce (16)
 *
 * Big-endian. Salts are those of senders on the channel itself. An answer says: the next packet of this sender has this counter, and would
 * have this time now; what has that counter or a higher one is sealed after the challenges with these nonces. Salts and nonces are latin1
 * strings here, so that they can be compared.
 */
import type { SealPosition } from "../seal/seal-challenges.js";
import { SALT_BYTES } from "../seal/sealed-packet.js";

export const NONCE_BYTES = 16;

/** Number of senders that one packet asks. */
export const MAX_QUESTIONS = 32;

/** Number of challenges that one packet answers. */
export const MAX_NONCES = 64;

/** A challenge to one sender. */
export interface Question {
  readonly salt: string;
  readonly nonce: string;
}

/** An answer of one sender to several challenges. */
export interface Answer extends SealPosition {
  readonly nonces: readonly string[];
}

/** Contents of a packet: one of the two. */
export interface ChallengeContents {
  readonly questions?: readonly Question[];
  readonly answer?: Answer;
}

const CHALLENGE = 1;
const ANSWER = 2;
const COUNTER_OFFSET = 1 + SALT_BYTES;
const COUNTER_BYTES = 6;
const TIME_OFFSET = COUNTER_OFFSET + COUNTER_BYTES;
const TIME_BYTES = 6;
const NONCES_OFFSET = TIME_OFFSET + TIME_BYTES;
const QUESTION_BYTES = SALT_BYTES + NONCE_BYTES;

/** Writes a packet that asks senders. */
export function encodeQuestions(questions: readonly Question[]): Buffer {
  return Buffer.concat([Buffer.of(CHALLENGE), ...questions.map(({ salt, nonce }) => Buffer.from(salt + nonce, "latin1"))]);
}

/** Writes a packet that answers. */
export function encodeAnswer({ salt, counter, timeMs, nonces }: Answer): Buffer {
  const numbers = Buffer.alloc(COUNTER_BYTES + TIME_BYTES);
  numbers.writeUIntBE(counter, 0, COUNTER_BYTES);
  numbers.writeUIntBE(timeMs, COUNTER_BYTES, TIME_BYTES);
  return Buffer.concat([Buffer.of(ANSWER), Buffer.from(salt, "latin1"), numbers, Buffer.from(nonces.join(""), "latin1")]);
}

/** Reads a packet; returns undefined for one that is neither. */
export function decodeChallenge(bytes: Buffer): ChallengeContents | undefined {
  if (bytes[0] === CHALLENGE) {
    const parts = partsOf(bytes, 1, QUESTION_BYTES, MAX_QUESTIONS);
    return parts && { questions: parts.map((part) => ({ salt: part.slice(0, SALT_BYTES), nonce: part.slice(SALT_BYTES) })) };
  }
  const nonces = bytes[0] === ANSWER ? partsOf(bytes, NONCES_OFFSET, NONCE_BYTES, MAX_NONCES) : undefined;
  if (nonces === undefined) return undefined;
  const salt = bytes.toString("latin1", 1, COUNTER_OFFSET);
  const counter = bytes.readUIntBE(COUNTER_OFFSET, COUNTER_BYTES);
  return { answer: { salt, counter, timeMs: bytes.readUIntBE(TIME_OFFSET, TIME_BYTES), nonces } };
}

/** Returns the parts of equal length from `offset` to the end; undefined when there is none, a piece of one, or too many. */
function partsOf(bytes: Buffer, offset: number, partBytes: number, most: number): string[] | undefined {
  const count = (bytes.length - offset) / partBytes;
  if (!Number.isInteger(count) || count < 1 || count > most) return undefined;
  return Array.from({ length: count }, (_, index) => {
    const start = offset + index * partBytes;
    return bytes.toString("latin1", start, start + partBytes);
  });
}
