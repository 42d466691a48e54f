const FRAME = /^ {4}at /;

/**
 * Makes the stack of `error` begin where a user called `operation`, a public function. The frames between that call and the check that
 * failed do not help to fix the call. Leaves the stack as it is when no such call is on it, as when the failure came later.
 */
export function startAtCaller(error: Error, operation: string): void {
  const { stack } = error as { stack?: unknown };
  if (typeof stack !== "string") return; // Error.prepareStackTrace may return any value
  const lines = stack.split("\n");
  const first = lines.findIndex((line) => FRAME.test(line));
  const call = new RegExp(`^ {4}at .*\\b${operation}(?: \\[as [^\\]]+\\])? \\(`);
  const found = lines.findIndex((line) => call.test(line));
  if (found < 0) return;
  let called = found; // public functions call one another, and a method may have the name of the function it calls
  for (let at = found; at < lines.length && fileOf(lines[at]) === fileOf(lines[found]); at++) {
    if (call.test(lines[at] as string)) called = at;
  }
  const isConstructor = (line: string | undefined): boolean => line?.startsWith(`    at new ${operation} (`) === true;
  while (isConstructor(lines[called]) && isConstructor(lines[called + 1])) called++; // a subclass of the same name, in another package
  if (called + 1 < lines.length) error.stack = [...lines.slice(0, first), ...lines.slice(called + 1)].join("\n");
}

/** Returns the file of a frame: `file:///bundle.js` of `    at Port.write (file:///bundle.js:1:2)`. */
function fileOf(frame: string | undefined): string | undefined {
  return frame?.match(/([^ (]+):\d+:\d+\)?$/)?.[1];
}
