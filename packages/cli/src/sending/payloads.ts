/** Payloads of `groupcast send`: functions and iterables that make one payload after the other. */
import { randomBytes } from "node:crypto";
import { open } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { encodeTestDatagram } from "../payload/test-datagram.js";
import { wallClockNs } from "../wall-clock.js";

/** Payloads, one for each datagram; ends when there are no more. */
export type Payloads = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

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

/** Yields each line of `input`, without its end, as it comes. */
export async function* lines(input: Readable, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = createInterface({ input, signal, crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of reader) yield Buffer.from(line);
}
