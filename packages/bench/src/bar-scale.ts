/** Lengths of the bars of a chart, also when one of them would leave nothing of the others. */

const OUTLIER = 3; // times the next longest
const ROOM = 1.25; // a cut bar is still the longest

/** Returns the value at which a bar is as long as the chart has room for: the largest, unless that is far from the next two. Longer bars are cut. */
export function barScale(values: readonly number[]): number {
  const [largest = 0, next = largest] = values.toSorted((a, b) => b - a);
  return values.length > 2 && largest > OUTLIER * next ? next * ROOM : largest;
}

/** Part of a bar, in pixels from its beginning. */
export interface BarPart {
  readonly from: number;
  readonly width: number;
}

const TAIL = 32; // what is drawn of a cut bar behind the gap
const GAP = 8;

/** Returns what to draw of a bar: all of it, or two parts with a gap between them if it is cut. */
export function barParts(value: number, scale: number, room: number): BarPart[] {
  if (value > scale) {
    return [
      { from: 0, width: room - TAIL - GAP },
      { from: room - TAIL, width: TAIL },
    ];
  }
  return [{ from: 0, width: Math.max(1, Math.round((value / scale) * room)) }];
}
