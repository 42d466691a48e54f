/**
 * Stacks that begin at the user's call.
 *
 * The frames between that call and the check that failed do not help to fix the call, and there may be more of them than a stack has by
 * default. A frame is ours when its file belongs to a package that called {@link hideFrames}. In a program that is bundled into one file,
 * files say nothing; there the name of the public function shows where our frames end.
 */
import { fileURLToPath } from "node:url";

const FRAME = /^ {4}at /;
const BUILT_IN = /\((?:node:|<anonymous>)|^ {4}at (?:async )?node:|\(native\)/; // such as Promise and Array.map, which we call
const OUR_FRAMES = 40; // from the deepest check to the public function, hooks of protocols included

const OWN_BUNDLE = /\/base\/dist\/foundation\.bundle\.js$/; // has several packages in it, and nothing of a program
const FOLDERS: unique symbol = Symbol.for("groupcast.folders") as never;

const shared = globalThis as { [FOLDERS]?: Set<string> };
/** Folders of our packages. Copies of this module share them: an error of one copy may have frames of a package that has another. */
const folders: Set<string> = shared[FOLDERS] ?? new Set();
shared[FOLDERS] = folders;
let isBundled = false;

/** Keeps the files of a package out of the beginnings of stacks. @param url - `import.meta.url` of a module in `dist/`. */
export function hideFrames(url: string | undefined): void {
  if (url === undefined || !url.startsWith("file:")) return;
  const folder = new URL("../", url).href;
  if (folders.has(folder)) {
    if (!OWN_BUNDLE.test(url)) isBundled = true; // two packages in one folder: it is the program's own
    return;
  }
  folders.add(folder);
  folders.add(fileURLToPath(folder)); // as frames have it with --enable-source-maps
}

/** Call of a user, remembered for an error that may come later. */
export interface CallOrigin {
  /** The frames, in the form of an error's stack; V8 formats them when they are read. */
  readonly stack?: string;
}

/** Remembers the present call of a public function: some microseconds and a kilobyte, so not for what happens with each datagram. */
export function callOrigin(): CallOrigin {
  const origin = {};
  captureDeep(origin);
  return origin;
}

/**
 * Makes the stack of `error` begin where a user called `operation`, a public function; `origin` is that call if it has returned already.
 * Leaves the stack as it is when no such call is on it.
 */
export function startAtCaller(error: Error, operation: string, origin?: CallOrigin): void {
  if (origin === undefined) captureDeep(error);
  const { stack } = (origin ?? error) as { stack?: unknown };
  if (typeof stack !== "string") return; // Error.prepareStackTrace may return any value
  const frames = stack.split("\n").filter((line) => FRAME.test(line));
  const first = Math.max(framesByFile(frames), framesByName(frames, operation));
  const shown = frames.slice(first < frames.length ? first : 0).slice(0, Error.stackTraceLimit);
  error.stack = [`${error.name}: ${error.message}`, ...shown].join("\n");
}

/** Gives `target` a stack that reaches to the user's call however deep we are. */
function captureDeep(target: object): void {
  const { stackTraceLimit } = Error;
  const isRaised = typeof stackTraceLimit === "number" && Reflect.set(Error, "stackTraceLimit", stackTraceLimit + OUR_FRAMES);
  Error.captureStackTrace(target);
  if (isRaised) Error.stackTraceLimit = stackTraceLimit;
}

/** Returns what `make` returns, an error whose stack would show nothing but our own frames: collecting them takes most of its time. */
export function withoutFrames<T>(make: () => T): T {
  const { stackTraceLimit } = Error;
  const isLowered = typeof stackTraceLimit === "number" && Reflect.set(Error, "stackTraceLimit", 0);
  try {
    return make();
  } finally {
    if (isLowered) Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Returns the number of frames at the beginning that are ours; none in a bundle. */
function framesByFile(frames: readonly string[]): number {
  if (isBundled) return 0;
  const user = frames.findIndex((frame) => !BUILT_IN.test(frame) && !isOurs(frame));
  return Math.max(user, 0);
}

function isOurs(frame: string): boolean {
  for (const folder of folders) if (frame.includes(folder)) return true;
  return false;
}

/** Returns the number of frames up to the last of `operation` that is ours, as its file shows. */
function framesByName(frames: readonly string[], operation: string): number {
  const name = operation.replaceAll(/[.$]/g, "\\$&");
  const call = new RegExp(`^ {4}at .*\\b${name}(?:\\$\\d+)?(?: \\[as [^\\]]+\\])? \\(`);
  const found = frames.findIndex((frame) => call.test(frame));
  if (found < 0) return 0;
  let called = found; // public functions call one another, and a method may have the name of the function it calls
  for (let at = found; at < frames.length && fileOf(frames[at]) === fileOf(frames[found]); at++) {
    if (call.test(frames[at] as string)) called = at;
  }
  while (operation.startsWith("new ") && call.test(frames[called + 1] ?? "")) called++; // a subclass of the same name, in another package
  return called + 1;
}

/** Returns the file of a frame: `file:///bundle.js` of `    at Port.write (file:///bundle.js:1:2)`. */
function fileOf(frame: string | undefined): string | undefined {
  return frame?.match(/([^ (]+):\d+:\d+\)?$/)?.[1];
}
