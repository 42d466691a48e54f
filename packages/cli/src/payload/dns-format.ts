/** DNS, mDNS and LLMNR: the header and the questions (RFC 1035, 4.1; RFC 6762; RFC 4795). Told by their port. */
import type { PayloadFormat, PayloadPorts } from "./payload-format.js";

const PORTS: Readonly<Record<number, string>> = { 53: "DNS", 5353: "mDNS", 5355: "LLMNR" };
const HEADER_BYTES = 12;
const MOST_QUESTIONS = 8;
const MOST_NAME_BYTES = 255; // RFC 1035, 3.1
const MOST_LABEL_BYTES = 63;
const POINTER = 0xc0; // RFC 1035, 4.1.4
const POINTER_TARGET = 0x3fff;
const RESPONSE = 0x8000;
const UNICAST_ANSWER = 0x8000; // upper bit of a question's class (RFC 6762, 5.4)

/** Types of records by number (IANA, DNS parameters). */
const TYPES: Readonly<Record<number, string>> = {
  1: "A",
  2: "NS",
  5: "CNAME",
  6: "SOA",
  12: "PTR",
  15: "MX",
  16: "TXT",
  28: "AAAA",
  33: "SRV",
  47: "NSEC",
  65: "HTTPS",
  255: "ANY",
};

interface Question {
  readonly name: string;
  readonly type: string;
  /** Whether the answer is asked for by unicast. */
  readonly isUnicast: boolean;
}

/** Queries and responses of the domain name system. */
export const dnsFormat: PayloadFormat = {
  name: "dns",
  decode(bytes, ports) {
    const protocol = protocolOf(ports);
    if (protocol === undefined || bytes.length < HEADER_BYTES) return undefined;
    const [id, flags, questionCount, answers, authorities, additionals] = [0, 2, 4, 6, 8, 10].map((at) => bytes.readUInt16BE(at)) as Six;
    const questions = readQuestions(bytes, questionCount);
    if (questions === undefined) return undefined;
    const isResponse = (flags & RESPONSE) !== 0;
    const asked = questions.map(({ name, type, isUnicast }) => `${name} ${type}${isUnicast ? " (by unicast)" : ""}`);
    if (questionCount > questions.length) asked.push("…");
    const counts = Object.entries({ answers, authorities, additionals }).flatMap(([what, n]) => (n === 0 ? [] : [`${n} ${what}`]));
    const text = [`${protocol} ${isResponse ? "response" : "query"}`, [...asked, ...counts].join(", ")].filter(Boolean).join(": ");
    return { text, fields: { protocol, id, isResponse, questionCount, questions, answers, authorities, additionals } };
  },
};

type Six = [number, number, number, number, number, number];

function protocolOf({ source, destination }: PayloadPorts): string | undefined {
  return PORTS[destination] ?? PORTS[source];
}

function readQuestions(bytes: Buffer, count: number): readonly Question[] | undefined {
  const questions: Question[] = [];
  let at = HEADER_BYTES;
  while (questions.length < Math.min(count, MOST_QUESTIONS)) {
    const name = readName(bytes, at);
    if (name === undefined || name.end + 4 > bytes.length) return undefined;
    const type = bytes.readUInt16BE(name.end);
    const isUnicast = (bytes.readUInt16BE(name.end + 2) & UNICAST_ANSWER) !== 0;
    questions.push({ name: name.text, type: TYPES[type] ?? `type ${type}`, isUnicast });
    at = name.end + 4;
  }
  return questions;
}

/** A name, and the offset behind it. */
interface Name {
  readonly text: string;
  readonly end: number;
}

/** Reads a name. Each pointer leads further to the front than the one before, so that no chain of them is endless. */
function readName(bytes: Buffer, start: number, lowest = start, nameBytes = 0): Name | undefined {
  const length = bytes[start];
  if (length === undefined) return undefined;
  if (length === 0) return { text: ".", end: start + 1 };
  if (length >= POINTER) return followed(bytes, start, lowest, nameBytes);
  const next = start + 1 + length;
  if (length > MOST_LABEL_BYTES || nameBytes + 1 + length > MOST_NAME_BYTES || next > bytes.length) return undefined;
  const rest = readName(bytes, next, lowest, nameBytes + 1 + length);
  const label = bytes.toString("utf8", start + 1, next);
  return rest && { text: rest.text === "." ? label : `${label}.${rest.text}`, end: rest.end };
}

function followed(bytes: Buffer, start: number, lowest: number, nameBytes: number): Name | undefined {
  const soFarBytes = nameBytes + 2; // counted as part of the name, so that a chain of thousands ends
  if (start + 2 > bytes.length || soFarBytes > MOST_NAME_BYTES) return undefined;
  const target = bytes.readUInt16BE(start) & POINTER_TARGET;
  const rest = target < lowest ? readName(bytes, target, target, soFarBytes) : undefined;
  return rest && { text: rest.text, end: start + 2 };
}
