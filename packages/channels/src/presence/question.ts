/**
 * Questions for nodes whose heartbeats are overdue, on the channel of heartbeats. Readers that know only version 1 ignore them.
 *
 *     "GCHB" | version 2 (1 byte) | number of sessions (1) | sessions (8 each)
 */
const MAGIC = "GCHB";
const VERSION = 2;
const HEADER_BYTES = 6;
const SESSION_BYTES = 8;
const MAX_SESSIONS = 128; // 1030 bytes: one packet of Ethernet, also when it is sealed and signed

/** Writes questions for nodes, by their sessions, as payloads of packets. */
export function encodeQuestions(sessions: readonly string[]): Buffer[] {
  const questions: Buffer[] = [];
  for (let from = 0; from < sessions.length; from += MAX_SESSIONS) {
    const asked = sessions.slice(from, from + MAX_SESSIONS);
    const header = Buffer.from(`${MAGIC}  `, "latin1");
    header[4] = VERSION;
    header[5] = asked.length;
    questions.push(Buffer.concat([header, Buffer.from(asked.join(""), "hex")]));
  }
  return questions;
}

/** Reads the sessions that a question is for; returns undefined when the payload is none. */
export function decodeQuestion(bytes: Buffer): string[] | undefined {
  if (bytes.length < HEADER_BYTES || bytes.toString("latin1", 0, 4) !== MAGIC || bytes[4] !== VERSION) return undefined;
  const count = bytes[5]!;
  if (bytes.length !== HEADER_BYTES + count * SESSION_BYTES) return undefined;
  return Array.from({ length: count }, (_, index) => {
    const offset = HEADER_BYTES + index * SESSION_BYTES;
    return bytes.toString("hex", offset, offset + SESSION_BYTES);
  });
}
