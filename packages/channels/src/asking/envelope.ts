/**
 * Questions and answers, as they travel on companion channels.
 *
 *     question: "GCQ1" | nonce (16) | contents
 *     answer:   "GCA1" | question (16) | kind (1; 0: answer, 1: error) | session (8) | length of the name (1) | name (UTF-8) | contents
 *     contents of an error: length of the code (1) | code (ASCII) | message (UTF-8)
 *
 * The nonce is random. An answer names its question by the first 16 bytes of the SHA-256 of the whole question: of its contents, too. So
 * whoever overhears a question can neither have it answered with other contents, nor keep it from being answered by asking something else in
 * its name.
 */
import { createHash, randomBytes } from "node:crypto";
import { asError, isUint8Array } from "@groupcast/base";

const QUESTION_MAGIC = "GCQ1";
const ANSWER_MAGIC = "GCA1";
const MAGIC_BYTES = 4;
const ID_BYTES = 16;
const QUESTION_HEADER_BYTES = MAGIC_BYTES + ID_BYTES;
const KIND_OFFSET = QUESTION_HEADER_BYTES;
const SESSION_OFFSET = KIND_OFFSET + 1;
const NAME_OFFSET = SESSION_OFFSET + 8;
const ERROR = 1;
const MAX_NAME_BYTES = 255; // as in heartbeats
const MAX_MESSAGE_BYTES = 1024;
const CODE = /^[A-Z0-9_]{1,64}$/;
const UNNAMED_CODE = "ERR_RESPONDER";

/** Number of bytes before the contents of a question. */
export const QUESTION_OVERHEAD_BYTES: number = QUESTION_HEADER_BYTES;

/** A question that came. */
export interface ReceivedQuestion {
  /** Name of the question in its answers: 16 bytes as latin1. */
  readonly id: string;
  readonly contents: Buffer;
}

/** An error, as it travels. */
export interface WireError {
  readonly code: string;
  readonly message: string;
}

/** An answer that came. */
export interface ReceivedAnswer {
  readonly question: string;
  readonly session: string;
  readonly name: string;
  /** Contents, or the error. */
  readonly outcome: Buffer | WireError;
}

/** Makes a question. */
export function encodeQuestion(contents: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(QUESTION_MAGIC, "latin1"), randomBytes(ID_BYTES), contents]);
}

/** Returns the name of a question in its answers. */
export function questionId(question: Uint8Array): string {
  return createHash("sha256").update(question).digest().toString("latin1", 0, ID_BYTES);
}

/** Reads a question; returns undefined when it is none. */
export function decodeQuestion(bytes: Buffer): ReceivedQuestion | undefined {
  if (bytes.length < QUESTION_HEADER_BYTES || !hasMagic(bytes, QUESTION_MAGIC)) return undefined;
  return { id: questionId(bytes), contents: bytes.subarray(QUESTION_HEADER_BYTES) };
}

/** Makes an answer. @param from - Node that answers. */
export function encodeAnswer(question: string, from: { session: string; name: string }, outcome: Uint8Array | WireError): Buffer {
  const name = cutText(from.name, MAX_NAME_BYTES);
  const header = Buffer.alloc(NAME_OFFSET + 1);
  header.write(ANSWER_MAGIC, 0, "latin1");
  header.write(question, MAGIC_BYTES, "latin1");
  header[KIND_OFFSET] = isUint8Array(outcome) ? 0 : ERROR;
  header.write(from.session, SESSION_OFFSET, "hex");
  header[NAME_OFFSET] = name.length;
  return Buffer.concat([header, name, isUint8Array(outcome) ? outcome : encodeError(outcome)]);
}

/** Returns the name of the question that `bytes` answer; undefined when they are no answer. */
export function answeredQuestion(bytes: Buffer): string | undefined {
  if (bytes.length <= NAME_OFFSET || !hasMagic(bytes, ANSWER_MAGIC)) return undefined;
  return bytes.toString("latin1", MAGIC_BYTES, QUESTION_HEADER_BYTES);
}

/** Reads an answer; returns undefined when it is none. */
export function decodeAnswer(bytes: Buffer): ReceivedAnswer | undefined {
  const question = answeredQuestion(bytes);
  const kind = bytes[KIND_OFFSET];
  if (question === undefined || kind! > ERROR) return undefined;
  const contentsOffset = NAME_OFFSET + 1 + bytes[NAME_OFFSET]!;
  if (contentsOffset > bytes.length) return undefined;
  const contents = bytes.subarray(contentsOffset);
  const outcome = kind === ERROR ? decodeError(contents) : contents;
  if (outcome === undefined) return undefined;
  const name = bytes.toString("utf8", NAME_OFFSET + 1, contentsOffset);
  return { question, session: bytes.toString("hex", SESSION_OFFSET, NAME_OFFSET), name, outcome };
}

/** Returns what the asker learns of what was thrown: its code, if it has one of the usual form, and its message. Never its stack. */
export function wireErrorOf(thrown: unknown): WireError {
  const isObject = (typeof thrown === "object" && thrown !== null) || typeof thrown === "function";
  const error = isObject ? thrown : asError(thrown); // to show an object would show stacks within it, and its own if it is of another realm
  const code = textIn(error, "code");
  return { code: CODE.test(code) ? code : UNNAMED_CODE, message: textIn(error, "message") };
}

/** Returns a property of an error if it is text; a getter of the user's may throw. */
function textIn(error: { readonly code?: unknown; readonly message?: unknown }, property: "code" | "message"): string {
  try {
    const { [property]: value } = error;
    return typeof value === "string" ? value : "";
  } catch {
    return "";
  }
}

function encodeError({ code, message }: WireError): Buffer {
  return Buffer.concat([Buffer.of(code.length), Buffer.from(code, "latin1"), cutText(message, MAX_MESSAGE_BYTES)]);
}

function decodeError(bytes: Buffer): WireError | undefined {
  const messageOffset = 1 + (bytes[0] ?? bytes.length);
  const code = bytes.toString("latin1", 1, messageOffset);
  if (messageOffset > bytes.length || !CODE.test(code) || bytes.length - messageOffset > MAX_MESSAGE_BYTES) return undefined;
  return { code, message: bytes.toString("utf8", messageOffset) };
}

/** Returns text as UTF-8, cut off before the character that does not fit. */
function cutText(text: string, maxBytes: number): Buffer {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= maxBytes) return bytes;
  let end = maxBytes;
  while ((bytes[end]! & 0xc0) === 0x80) end--; // within a character (RFC 3629, 3)
  return bytes.subarray(0, end);
}

function hasMagic(bytes: Buffer, magic: string): boolean {
  return bytes.toString("latin1", 0, MAGIC_BYTES) === magic;
}
