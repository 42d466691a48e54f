/**
 * The notes by which losses are repaired. They travel beside the packets of a channel under the name {@link noteChannel}, sealed if the
 * channel is sealed:
 *
 *     status, of a sender: 1 | stream (16 bytes) | token (8) | nonce (4) | next number (4) | number to begin with (4)
 *     question, to it:     2 | stream (16) | token (8) | nonce (4) | subscribed for so many ms (4) | history: messages (4), bytes (4) | ranges
 *     gone, of a sender:   3 | stream (16) | ranges
 *     range:               first number (4) | last number (4)
 *
 * Big-endian. A stream is what one sender sends as long as it has the channel open. On a sealed channel its id is the salt that seals the
 * packets, and the numbers are the last 32 bits of the sealed counters.
 *
 * An answer to an asker that has not shown the token for its address is a status, which is shorter than any question: a forged address gets
 * its owner less than the forger has sent (RFC 9000, 8.1 has the same rule). It repeats the question's nonce, so that nobody can answer who has
 * not seen the question.
 */
import type { NumberRange } from "./number-ranges.js";

const STATUS = 1;
const QUESTION = 2;
const GONE = 3;

const STREAM_BYTES = 16;
export const TOKEN_BYTES = 8;
const STREAM_OFFSET = 1;
const BODY_OFFSET = STREAM_OFFSET + STREAM_BYTES;
const RANGE_BYTES = 8;

const NONCE_OFFSET = BODY_OFFSET + TOKEN_BYTES;
const NUMBERS_OFFSET = NONCE_OFFSET + 4;
const STATUS_BYTES = NUMBERS_OFFSET + 8;
const QUESTION_RANGES_OFFSET = NUMBERS_OFFSET + 12;

/** Most ranges of one note: with them a note fits one packet of Ethernet, also when it is sealed and signed. */
export const MAX_RANGES = 128;

/** Id of no stream. An asker uses it that does not know the sender's yet. */
export const NO_STREAM: string = "0".repeat(2 * STREAM_BYTES);

/** Token of an asker that has none yet, and of a status to all. */
export const NO_TOKEN: string = "0".repeat(2 * TOKEN_BYTES);

/** State of a sender, as it reports it. */
export interface StatusNote {
  readonly kind: "status";
  /** Id of the stream: 32 hexadecimal digits. */
  readonly stream: string;
  /** Number of the next packet. */
  readonly next: number;
  /** Number that the asker begins with. In a status to all, `next`. */
  readonly from: number;
  /** Token by which the asker shows that it gets what is sent to its address: 16 hexadecimal digits. */
  readonly token: string;
  /** Nonce of the question that it answers; 0 in a status to all. */
  readonly nonce: number;
}

/** Question of a receiver. Without ranges it asks for a status. */
export interface QuestionNote {
  readonly kind: "question";
  readonly stream: string;
  readonly token: string;
  /** Random number that the answer repeats, 1 … 2 ** 32 - 1. */
  readonly nonce: number;
  /** Time for which the asker has been receiving the channel, in milliseconds. */
  readonly subscribedMs: number;
  /** Messages that the asker wants of those before. */
  readonly historyMessages: number;
  /** Bytes that these may have together. */
  readonly historyBytes: number;
  readonly ranges: readonly NumberRange[];
}

/** Numbers that a sender does not send again. */
export interface GoneNote {
  readonly kind: "gone";
  readonly stream: string;
  readonly ranges: readonly NumberRange[];
}

/** Any note. */
export type RepairNote = StatusNote | QuestionNote | GoneNote;

/** Writes a status. */
export function encodeStatus({ stream, token, nonce, next, from }: Omit<StatusNote, "kind">): Buffer {
  const note = startNote(STATUS, stream, STATUS_BYTES);
  writeNumbers(note, BODY_OFFSET + note.write(token, BODY_OFFSET, "hex"), [nonce, next, from]);
  return note;
}

/** Writes a question. */
export function encodeQuestion(question: Omit<QuestionNote, "kind">): Buffer {
  const { stream, token, nonce, subscribedMs, historyMessages, historyBytes, ranges } = question;
  const note = startNote(QUESTION, stream, QUESTION_RANGES_OFFSET + ranges.length * RANGE_BYTES);
  writeNumbers(note, BODY_OFFSET + note.write(token, BODY_OFFSET, "hex"), [nonce, subscribedMs, historyMessages, historyBytes]);
  writeRanges(note, QUESTION_RANGES_OFFSET, ranges);
  return note;
}

/** Writes the note about numbers that are gone. */
export function encodeGone(stream: string, ranges: readonly NumberRange[]): Buffer {
  const note = startNote(GONE, stream, BODY_OFFSET + ranges.length * RANGE_BYTES);
  writeRanges(note, BODY_OFFSET, ranges);
  return note;
}

/** Reads a note; returns undefined when it is none. */
export function decodeNote(note: Buffer): RepairNote | undefined {
  if (note.length < BODY_OFFSET) return undefined;
  const stream = note.toString("hex", STREAM_OFFSET, BODY_OFFSET);
  if (note[0] === STATUS) return decodeStatus(note, stream);
  if (note[0] === QUESTION) return decodeQuestion(note, stream);
  const ranges = note[0] === GONE ? decodeRanges(note, BODY_OFFSET) : undefined;
  return ranges && { kind: "gone", stream, ranges };
}

function decodeStatus(note: Buffer, stream: string): StatusNote | undefined {
  if (note.length !== STATUS_BYTES) return undefined;
  const token = note.toString("hex", BODY_OFFSET, NONCE_OFFSET);
  const [next, from] = [note.readUInt32BE(NUMBERS_OFFSET), note.readUInt32BE(NUMBERS_OFFSET + 4)];
  return { kind: "status", stream, token, nonce: note.readUInt32BE(NONCE_OFFSET), next, from };
}

function decodeQuestion(note: Buffer, stream: string): QuestionNote | undefined {
  const ranges = decodeRanges(note, QUESTION_RANGES_OFFSET);
  if (ranges === undefined) return undefined;
  return {
    kind: "question",
    stream,
    token: note.toString("hex", BODY_OFFSET, NONCE_OFFSET),
    nonce: note.readUInt32BE(NONCE_OFFSET),
    subscribedMs: note.readUInt32BE(NUMBERS_OFFSET),
    historyMessages: note.readUInt32BE(NUMBERS_OFFSET + 4),
    historyBytes: note.readUInt32BE(NUMBERS_OFFSET + 8),
    ranges,
  };
}

function startNote(kind: number, stream: string, lengthBytes: number): Buffer {
  const note = Buffer.alloc(lengthBytes);
  note[0] = kind;
  note.write(stream, STREAM_OFFSET, "hex");
  return note;
}

function writeRanges(note: Buffer, offset: number, ranges: readonly NumberRange[]): void {
  const ends = ranges.flatMap(({ first, last }) => [first, last]);
  writeNumbers(note, offset, ends);
}

function writeNumbers(note: Buffer, offset: number, numbers: readonly number[]): void {
  let end = offset;
  for (const number of numbers) end = note.writeUInt32BE(number, end);
}

/** Reads the ranges at the end of a note; undefined when there are none, too many, or one that ends before it begins. */
function decodeRanges(note: Buffer, offset: number): NumberRange[] | undefined {
  const count = (note.length - offset) / RANGE_BYTES;
  if (!Number.isInteger(count) || count < 0 || count > MAX_RANGES) return undefined;
  const ranges = Array.from({ length: count }, (_, index) => ({
    first: note.readUInt32BE(offset + index * RANGE_BYTES),
    last: note.readUInt32BE(offset + index * RANGE_BYTES + 4),
  }));
  return ranges.every(({ first, last }) => ((last - first) | 0) >= 0) ? ranges : undefined;
}
