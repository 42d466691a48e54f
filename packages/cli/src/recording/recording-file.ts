import { closeSync, fstatSync, ftruncateSync, openSync, rmSync, writeSync } from "node:fs";
import { Refusal } from "../command/refusal.js";

/** Options of `recordDatagrams`. */
export interface RecordingFileOptions {
  /** Whether to overwrite a file that is not empty. Default: false. */
  readonly overwrite?: boolean | undefined;
}

/**
 * A file of blocks that holds whole ones at any time: when the disk is full, or the reader of a pipe has gone, the half of a block that
 * was written is cut off again.
 *
 * A run that fails before it has written anything leaves everything as it was: no empty file, and whole the file to write over.
 *
 * Writes are synchronous. While the disk is slow, datagrams wait in the kernel's receive buffer, and what does not fit there is counted.
 */
export class RecordingFile {
  readonly #path: string;
  readonly #descriptor: number;
  readonly #isNew: boolean;
  #isBegun = false;
  #wholeBytes = 0;

  private constructor(path: string, { descriptor, isNew }: Opened) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#isNew = isNew;
  }

  /**
   * Opens a file for writing, or a named pipe, which waits for its reader.
   *
   * @throws Refusal there is such a file. @throws NodeJS.ErrnoException of open(2).
   */
  static open(path: string, { overwrite = false }: RecordingFileOptions = {}): RecordingFile {
    const opened = openOrCreate(path);
    try {
      const { size } = fstatSync(opened.descriptor);
      if (size > 0 && !overwrite) throw new Refusal(`${path} exists already: choose another name, or add --overwrite`);
      return new RecordingFile(path, opened);
    } catch (error) {
      closeSync(opened.descriptor);
      throw error;
    }
  }

  /** Writes whole blocks. @throws NodeJS.ErrnoException of write(2); those blocks that were written whole stay. */
  append(blocks: Buffer): void {
    let written = 0;
    if (!this.#isBegun) cutAt(this.#descriptor, 0);
    this.#isBegun = true;
    try {
      while (written < blocks.length) written += writeSync(this.#descriptor, blocks, written);
      this.#wholeBytes += written;
    } catch (error) {
      this.#wholeBytes += wholeBlocks(blocks, written);
      cutAt(this.#descriptor, this.#wholeBytes);
      throw error;
    }
  }

  /** Closes the file; removes it if it is new and nothing is in it. */
  close(): void {
    if (this.#isNew && this.#wholeBytes === 0) rmSync(this.#path, { force: true });
    closeSync(this.#descriptor);
  }
}

interface Opened {
  readonly descriptor: number;
  readonly isNew: boolean;
}

/** Opens a file, with what is in it, or creates it. */
function openOrCreate(path: string): Opened {
  try {
    return { descriptor: openSync(path, "ax"), isNew: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return { descriptor: openSync(path, "a"), isNew: false };
  }
}

/** Returns the length of the blocks that end within `limit`. */
function wholeBlocks(blocks: Buffer, limit: number): number {
  let at = 0;
  while (at + 8 <= limit && at + blocks.readUInt32LE(at + 4) <= limit) at += blocks.readUInt32LE(at + 4);
  return at;
}

/** Cuts a file; pipes and devices have no length, and refuse (EINVAL). */
function cutAt(descriptor: number, lengthBytes: number): void {
  if (fstatSync(descriptor).isFile()) ftruncateSync(descriptor, lengthBytes);
}
