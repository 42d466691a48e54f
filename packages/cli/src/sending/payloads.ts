/** Payloads of `groupcast send`: functions and iterables that make one payload after the other. */
import { randomBytes } from "node:crypto";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { whenAborted } from "@groupcast/base";
import { Refusal } from "../command/refusal.js";
import { encodeTestDatagram } from "../payload/test-datagram.js";
import { wallClockNs } from "../wall-clock.js";

/** Payloads, one for each datagram; ends when there are no more. */
export type Payloads = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

const [NEWLINE, RETURN] = [0x0a, 0x0d];
const MOST_LINE_BYTES = 65_527; // UDP's length field; IPv4 carries 20 less, and the network says so

/** Yields numbered datagrams of `sizeBytes`, without end: see `payload/test-datagram.ts`. */
export function* testDatagrams(sizeBytes: number): Generator<Uint8Array> {
  const stream = randomBytes(4).toString("hex");
  const bytes = Buffer.alloc(sizeBytes);
  for (let number = 0; ; number++) yield encodeTestDatagram({ stream, number, sentNs: wallClockNs() }, bytes);
}

/** Yields `text` without end; each `{n}` in it is the number of the datagram, from 0. */
export function* texts(text: string): Generator<Uint8Array> {
  const parts = text.split("{n}");
  const constant = Buffer.from(text);
  for (let number = 0; ; number++) yield parts.length === 1 ? constant : Buffer.from(parts.join(String(number)));
}

/** Yields the bytes of a file in pieces of `sizeBytes`; an empty file is one empty datagram. @throws NodeJS.ErrnoException */
export async function* filePieces(path: string, sizeBytes: number): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(sizeBytes);
    for (let pieces = 0; ; pieces++) {
      const { bytesRead } = await file.read(buffer, 0, sizeBytes);
      if (bytesRead === 0 && pieces > 0) return;
      yield buffer.subarray(0, bytesRead);
      if (bytesRead === 0) return;
    }
  } finally {
    await file.close();
  }
}

/**
 * Yields each line of `input`, without its end, as it comes and whatever its bytes are; ends when the signal aborts.
 *
 * @throws Refusal a line is longer than any datagram: input without ends of lines would fill the memory.
 */
export async function* lines(input: Readable, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const stopWaiting = whenAborted(signal, () => input.destroy());
  try {
    let rest = Buffer.alloc(0);
    for await (const chunk of input) {
      const bytes = Buffer.concat([rest, Buffer.from(chunk)]);
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
        yield withoutReturn(bytes.subarray(start, end));
        start = end + 1;
      }
      rest = bytes.subarray(start);
      if (rest.length > MOST_LINE_BYTES) throw new Refusal(`a line of standard input has more than ${MOST_LINE_BYTES} bytes: split it`);
    }
    if (rest.length > 0) yield withoutReturn(rest);
  } catch (error) {
    if (!signal.aborted) throw error; // the stream was destroyed above
  } finally {
    stopWaiting();
  }
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === RETURN ? line.subarray(0, -1) : line;
}
