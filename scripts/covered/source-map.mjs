// The mappings of a source map (ECMA-426): which place of the compiled file comes from which place of the source.

/**
 * Lines are counted from 0 in the compiled file and from 1 in the source, columns from 0.
 *
 * @typedef {{ line: number, column: number, source: number, sourceLine: number, sourceColumn: number }} Position
 */

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUE_BITS = 5;
const CONTINUES = 1 << VALUE_BITS;

/**
 * Decodes the field `mappings`.
 *
 * @param {string} mappings
 * @returns {Position[]}
 */
export function positionsOf(mappings) {
  /** @type {Position[]} */
  const positions = [];
  let [source, sourceLine, sourceColumn] = [0, 1, 0];
  for (const [line, segments] of mappings.split(";").entries()) {
    let column = 0;
    for (const segment of segments.split(",").filter(Boolean)) {
      const [columns = 0, sources, lines = 0, sourceColumns = 0] = numbersOf(segment);
      column += columns;
      if (sources === undefined) continue; // code that no source has
      source += sources;
      sourceLine += lines;
      sourceColumn += sourceColumns;
      positions.push({ line, column, source, sourceLine, sourceColumn });
    }
  }
  return positions;
}

/** Numbers in base 64, five bits in a digit, the sign in the last bit. @param {string} segment @returns {number[]} */
function numbersOf(segment) {
  const numbers = [];
  let [value, shift] = [0, 0];
  for (const character of segment) {
    const digit = DIGITS.indexOf(character);
    value += (digit & (CONTINUES - 1)) << shift;
    shift += VALUE_BITS;
    if (digit & CONTINUES) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    [value, shift] = [0, 0];
  }
  return numbers;
}
