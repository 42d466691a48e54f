import { type FileHandle, open } from "node:fs/promises";
import { RecordingError } from "./recording-error.js";

const CHUNK_BYTES = 256 * 1024;

/** Bytes of a file, read in order and once. Holds a chunk at a time, or the longest piece that is asked for. */
export class ByteSource {
  /** Path of the file. */
  readonly path: string;
  readonly #file: FileHandle;
  #chunk: Buffer = Buffer.alloc(0);
  #at = 0; // in #chunk
  #chunkOffset = 0; // of #chunk in the file
  #isAtEnd = false;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /** Opens a file. @throws NodeJS.ErrnoException of open(2). */
  static async open(path: string): Promise<ByteSource> {
    return new ByteSource(path, await open(path));
  }

  /** Offset of the next byte in the file. */
  get offset(): number {
    return this.#chunkOffset + this.#at;
  }

  /** Returns whether `length` bytes can be taken; waits for the file. False: it ends before them. */
  async has(length: number): Promise<boolean> {
    while (this.#chunk.length - this.#at < length && !this.#isAtEnd) await this.#fill(length);
    return this.#chunk.length - this.#at >= length;
  }

  /** Whether `length` bytes can be taken without waiting. */
  holds(length: number): boolean {
    return this.#chunk.length - this.#at >= length;
  }

  /** Takes bytes that {@link ByteSource.has} has said are there. They are valid until the next call of `has`. */
  take(length: number): Buffer {
    this.#at += length;
    return this.#chunk.subarray(this.#at - length, this.#at);
  }

  /** Returns bytes without taking them. */
  peek(length: number): Buffer {
    return this.#chunk.subarray(this.#at, this.#at + length);
  }

  /** Waits for `length` bytes. @param what - Their name, for the error. @throws RecordingError the file ends before. */
  async need(length: number, what: string): Promise<void> {
    if (this.holds(length) || (await this.has(length))) return;
    throw this.error(`the file ends in the middle of ${what}: it was cut, or its writer was killed`);
  }

  /** Makes the error about what is at `offset`. */
  error(fault: string, offset: number = this.offset): RecordingError {
    return new RecordingError(this.path, offset, fault);
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  async #fill(length: number): Promise<void> {
    const rest = this.#chunk.subarray(this.#at);
    const chunk = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, length));
    rest.copy(chunk);
    const { bytesRead } = await this.#file.read(chunk, rest.length, chunk.length - rest.length);
    this.#isAtEnd = bytesRead === 0;
    this.#chunkOffset += this.#at;
    this.#at = 0;
    this.#chunk = chunk.subarray(0, rest.length + bytesRead);
  }
}
