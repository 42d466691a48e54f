import { choiceAdvice } from "@groupcast/base";
import type { WordReader } from "./command.js";
import { UsageError } from "./usage-error.js";

/** Differentiated services code points by name: RFC 2474 (CS), RFC 2597 (AF), RFC 3246 (EF), RFC 5865 (VA), RFC 8622 (LE). */
const CODE_POINTS: Readonly<Record<string, number>> = {
  LE: 1,
  EF: 46,
  VA: 44,
  ...Object.fromEntries(Array.from({ length: 8 }, (_, level) => [`CS${level}`, level * 8])),
  ...Object.fromEntries(
    [1, 2, 3, 4].flatMap((level) => [1, 2, 3].map((precedence) => [`AF${level}${precedence}`, level * 8 + precedence * 2])),
  ),
};
const MAX_DSCP = 63;

/** A code point by name or number: `EF`, `AF41`, `46`. */
export const dscp: WordReader<number> = (word) => {
  const named = CODE_POINTS[word.toUpperCase()];
  if (named !== undefined) return named;
  if (/^\d+$/.test(word) && Number(word) <= MAX_DSCP) return Number(word);
  if (/^\d/.test(word)) throw new UsageError(`a code point is a name such as EF or AF41, or a number from 0 to ${MAX_DSCP}`);
  throw new UsageError(choiceAdvice(word, Object.keys(CODE_POINTS)));
};
