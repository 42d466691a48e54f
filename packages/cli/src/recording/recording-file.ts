import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { Refusal } from "../command/refusal.js";

/** Options of `recordDatagrams`. */
export interface RecordingFileOptions {
  /** Whether a file that has something in it is written over. Default: false. */
  readonly overwrite?: boolean | undefined;
}

/**
 * A file of blocks that holds whole ones at any time: when the disk is full, or the reader of a pipe has gone, the half of a block that
 * was written is cut off again.
 *
 * Writes are synchronous. While the disk is slow, datagrams wait in the kernel's receive buffer, and what does not fit there is counted.
 */
export class RecordingFile {
  readonly #descriptor: number;
  #wholeBytes = 0;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /**
   * Opens a file for writing, or a named pipe, which waits for its reader.
   *
   * @throws Refusal there is such a file. @throws NodeJS.ErrnoException of open(2).
   */
  static open(path: string, { overwrite = false }: RecordingFileOptions = {}): RecordingFile {
    const descriptor = openSync(path, "a"); // creates it, and leaves what is in it
    try {
      const { size } = fstatSync(descriptor);
      if (size > 0 && !overwrite) throw new Refusal(`${path} exists already: choose another name, or add --overwrite`);
      cutAt(descriptor, 0);
      return new RecordingFile(descriptor);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  /** Writes whole blocks. @throws NodeJS.ErrnoException of write(2); those blocks that were written whole stay. */
  append(blocks: Buffer): void {
    let written = 0;
    try {
      while (written < blocks.length) written += writeSync(this.#descriptor, blocks, written);
      this.#wholeBytes += written;
    } catch (error) {
      this.#wholeBytes += wholeBlocks(blocks, written);
      cutAt(this.#descriptor, this.#wholeBytes);
      throw error;
    }
  }

  /** Closes the file. */
  close(): void {
    closeSync(this.#descriptor);
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
