/**
 * Returns the name of `known` that a misspelt one most likely means; undefined when none is close.
 *
 * Case does not count. Two neighbours in the wrong order are one slip, as are a missing, a wrong and a superfluous character (the
 * Damerau-Levenshtein distance). A name may have one slip for every three characters. Names are short and this runs only when an error is
 * made, so the plain table of distances is enough, and no dependency is.
 */
export function closestName(given: string, known: readonly string[]): string | undefined {
  if (given.length > LONGEST_NAME) return undefined;
  const ranked = known.map((name) => ({ name, slips: slipsBetween(given.toLowerCase(), name.toLowerCase()) }));
  const [best] = ranked.sort((a, b) => a.slips - b.slips);
  return best !== undefined && best.slips <= Math.max(1, Math.floor(best.name.length / 3)) ? best.name : undefined;
}

/** Returns the advice for a value that is not in `known`: the name that was probably meant, or else all known names. */
export function choiceAdvice(given: unknown, known: readonly string[]): string {
  const meant = typeof given === "string" ? closestName(given, known) : undefined;
  if (meant !== undefined) return `did you mean "${meant}"?`;
  if (known.length > MOST_LISTED) return `check the spelling, because none of the ${known.length} known names is similar`;
  return known.length === 1 ? `the only one is "${known[0]}"` : `expected one of ${known.map((name) => `"${name}"`).join(", ")}`;
}

const MOST_LISTED = 30; // the options of any function; the capabilities are more
const LONGEST_NAME = 64; // no name of ours is half as long

function slipsBetween(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i]);
  for (let j = 1; j <= b.length; j++) rows[0]![j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      rows[i]![j] = Math.min(
        rows[i - 1]![j]! + 1,
        rows[i]![j - 1]! + 1,
        rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1),
        isSwap ? rows[i - 2]![j - 2]! + 1 : Number.POSITIVE_INFINITY,
      );
    }
  }
  return rows[a.length]![b.length]!;
}
