/**
 * Returns text from the network as a terminal may show it: every control character, separator and direction mark as an escape (`\x1b`,
 * `\u202e`), so that no packet can move the cursor, change the title or hide what was printed.
 */
export function printable(text: string): string {
  return text.replace(NOT_PRINTABLE, (character) => {
    const code = character.codePointAt(0)!;
    return SHORT[character] ?? (code <= 0xff ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`);
  });
}

/** Control, format, surrogate, private and unassigned characters, and line and paragraph separators (Unicode categories C, Zl, Zp); `\`. */
const NOT_PRINTABLE = /[\p{C}\p{Zl}\p{Zp}\\]/gu;
const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };
