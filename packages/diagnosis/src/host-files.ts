/**
 * Reads all facts that Linux provides in files. Each answer may be missing: the file is absent in this kernel, hidden from this user, too
 * long, or not in the form that its reader knows. Nothing here throws.
 */
import { closeSync, constants, openSync, readdirSync, readlinkSync, readSync } from "node:fs";
import { join } from "node:path";

/** An answer, or the reason why there is none. */
export type Reading<T> = Read<T> | Unread;

/** An answer. */
export interface Read<T> {
  /** Content. */
  readonly value: T;
}

/** An answer that is missing. */
export interface Unread {
  /** File or folder that was read; `probe`: the program's own sockets. */
  readonly path: string;
  /** Reason, as the second half of a sentence: `it does not exist`; of a probe, as a sentence. */
  readonly reason: string;
  /** Advice that would make it possible; absent if there is none. */
  readonly remedy?: string;
}

/** Files of a host. Paths are absolute, as on that host. */
export interface HostFiles {
  /** Returns the text of a file. */
  read(path: string): Reading<string>;
  /** Returns the names in a folder, in order of the alphabet. */
  list(path: string): Reading<readonly string[]>;
  /** Returns the target of a symbolic link. */
  link(path: string): Reading<string>;
}

const MAX_BYTES = 1 << 26; // a table of 300,000 sockets; nothing that /proc makes is longer
const CHUNK_BYTES = 1 << 16;

/** Map of errno name → reason. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist",
  ENOTDIR: "it does not exist",
  EACCES: "this user may not read it",
  EPERM: "this user may not read it",
  EISDIR: "it is a folder",
};

/** Returns the files of this host, or those below the folder `root`, which stands for `/`. */
export function hostFiles(root = "/"): HostFiles {
  return {
    read: (path) => attempt(path, () => readText(join(root, path))),
    list: (path) => attempt(path, () => readdirSync(join(root, path)).sort()),
    link: (path) => attempt(path, () => readlinkSync(join(root, path))),
  };
}

/** Returns whether a reading has no value. */
export function isUnread(reading: Reading<unknown>): reading is Unread {
  return !("value" in reading);
}

/** Returns what `parse` makes of the value of a reading. What `parse` throws becomes the reason why there is no value. */
export function parsed<T, R>(path: string, reading: Reading<T>, parse: (value: T) => R): Reading<R> {
  return isUnread(reading) ? reading : attempt(path, () => parse(reading.value));
}

/** Refusal of a parser: the text is not in the form that it knows. */
export class FormError extends Error {
  override readonly name = "FormError";
}

function attempt<T>(path: string, ask: () => T): Reading<T> {
  try {
    return { value: ask() };
  } catch (error) {
    return { path, reason: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof FormError) return error.message;
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? String(error) : (REASONS[code] ?? `the system answers ${code}`);
}

/** Files of /proc have no size: read until there is no more. O_NONBLOCK: a pipe in the place of a file keeps nobody waiting. */
function readText(path: string): string {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const chunks: Buffer[] = [];
    for (let length = 0; ; ) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const taken = readSync(file, chunk, 0, CHUNK_BYTES, null);
      if (taken === 0) return Buffer.concat(chunks).toString("utf8");
      chunks.push(chunk.subarray(0, taken));
      length += taken;
      if (length > MAX_BYTES) throw new FormError(`it is longer than ${MAX_BYTES} bytes`);
    }
  } finally {
    closeSync(file);
  }
}
