const FRAME = /^ {4}at /;

/**
 * Lets the stack of `error` begin where a user called `operation`, a public function: the way from there to the check that failed is of
 * no use to who must mend the call. Stays as it is where no such call is on it, as when something happened later.
 */
export function startAtCaller(error: Error, operation: string): void {
  const { stack } = error as { stack?: unknown };
  if (typeof stack !== "string") return; // Error.prepareStackTrace may make anything of it
  const lines = stack.split("\n");
  const first = lines.findIndex((line) => FRAME.test(line));
  const call = new RegExp(`^ {4}at .*\\b${operation}(?: \\[as [^\\]]+\\])? \\(`);
  const found = lines.findIndex((line) => call.test(line));
  if (found < 0) return;
  let called = found; // public functions call one another, and a method may have the name of what it calls
  for (let at = found; at < lines.length && fileOf(lines[at]) === fileOf(lines[found]); at++) {
    if (call.test(lines[at] as string)) called = at;
  }
  if (called + 1 < lines.length) error.stack = [...lines.slice(0, first), ...lines.slice(called + 1)].join("\n");
}

/** "    at Port.write (file:///bundle.js:1:2)": file:///bundle.js */
function fileOf(frame: string | undefined): string | undefined {
  return frame?.match(/([^ (]+):\d+:\d+\)?$/)?.[1];
}
