// The way of each datagram over the drawing, by the records of the trace. Most of what happens takes no time on the network's clock, so a
// drawing has a time of its own: a cable takes one beat, and what happens later on the network happens later here.

const CABLE_BEATS = 1;
const BETWEEN_BEATS = 0.5; // what happens at another time of the network
const BEHIND_BEATS = 0.4; // a copy follows its original
const EDGE = 20; // half the height of a box: dots leave from there and end there, so that names can be read
const REST_BEATS = 1; // a dot stays where it ends, so that it is seen

/** @typedef {import("@groupcast/backend-memory").TraceRecord} TraceRecord */
/** @typedef {import("./drawn-network.mjs").Cable} Cable */
/** @typedef {import("./plan.mjs").Place} Place */

/**
 * @typedef {object} Leg A dot on its way from one place of the drawing to another, and at rest there.
 * @property {string} from
 * @property {string} to
 * @property {number} start Beat.
 * @property {number} end Beat at which it is there.
 * @property {number} part Of the way that it gets: a loss on a cable ends in its middle.
 * @property {"travels" | "delivered" | "dropped" | "stops"} outcome
 * @property {number} hops TTL.
 */

/**
 * @typedef {object} Journey
 * @property {readonly number[]} beats Of each record.
 * @property {readonly Leg[]} legs
 * @property {number} length In beats.
 */

/** @param {readonly TraceRecord[]} records @param {readonly Cable[]} cables @returns {Journey} */
export function journeyOf(records, cables) {
  const steps = stepsOf(records, cables);
  const legs = steps.flatMap((step) => [...arrivalOf(step), ...departureOf(step)]);
  const beats = steps.map(({ beat }) => beat);
  const end = [...beats, ...legs.map((leg) => leg.end)].reduce((latest, at) => Math.max(latest, at), 0);
  return { beats, legs, length: end + REST_BEATS };
}

/**
 * Dots at a moment.
 *
 * @param {readonly Leg[]} legs
 * @param {ReadonlyMap<string, Place>} places
 * @param {number} beat
 */
export function dotsAt(legs, places, beat) {
  return legs.flatMap(({ from, to, start, end, part, outcome, hops }) => {
    const [a, b] = [places.get(from), places.get(to)];
    const rest = outcome === "travels" ? 0 : REST_BEATS;
    if (a === undefined || b === undefined || beat < start || beat > end + rest || (beat === end && rest === 0)) return [];
    const way = Math.min(1, (beat - start) / CABLE_BEATS) * part;
    const edge = Math.sign(b.y - a.y) * EDGE;
    const y = a.y + edge + (b.y - a.y - 2 * edge) * way;
    return [{ x: a.x + (b.x - a.x) * way, y, outcome: beat < end ? "travels" : outcome, hops }];
  });
}

/**
 * @typedef {object} Step A record, and what the drawing makes of it.
 * @property {TraceRecord} record
 * @property {string | undefined} at Switch at which the interface is.
 * @property {number} beat
 * @property {Step | undefined} cause The one by which the datagram came here.
 * @property {Step[]} effects
 */

/** @param {readonly TraceRecord[]} records @param {readonly Cable[]} cables */
function stepsOf(records, cables) {
  const switches = new Map(cables.map((cable) => [`${cable.node} ${cable.interface}`, cable.switch]));
  /** @type {Map<string, Step>} */
  const latest = new Map(); // by packet and switch
  let [floor, highest, timeMs] = [0, 0, 0];
  return records.map((record) => {
    const at = switches.get(`${record.node} ${record.interface}`);
    const cause = sourcesOf(record, at, cables)
      .map((name) => latest.get(`${record.packet.id} ${name}`))
      .find((one) => one !== undefined && (record.event !== "forwarded" || one.record.node !== record.node));
    if (record.timeMs > timeMs) [floor, timeMs] = [highest + BETWEEN_BEATS, record.timeMs];
    const beat = Math.max(floor, cause === undefined ? 0 : cause.beat + beatsAfter(cause, record));
    highest = Math.max(highest, beat);
    /** @type {Step} */
    const step = { record, at, beat, cause, effects: [] };
    cause?.effects.push(step);
    if (leaves(record)) latest.set(`${record.packet.id} ${at}`, step);
    return step;
  });
}

/** Switches from which a datagram can have come. @param {TraceRecord} record @param {string | undefined} at @param {readonly Cable[]} cables */
function sourcesOf({ event, node }, at, cables) {
  if (event === "sent") return [];
  return event === "forwarded" ? cables.filter((cable) => cable.node === node && cable.switch !== at).map((cable) => cable.switch) : [at];
}

/** @param {Step} cause @param {TraceRecord} record */
function beatsAfter({ record: { node }, effects }, record) {
  const copies = effects.filter((other) => other.record.node === record.node && other.record.interface === record.interface).length;
  return (node === record.node ? CABLE_BEATS : 2 * CABLE_BEATS) + copies * BEHIND_BEATS;
}

/** @param {TraceRecord} record */
function leaves({ event }) {
  return event === "sent" || event === "forwarded";
}

/** How much of a cable a datagram gets that ends here. @param {TraceRecord} record */
function partOf({ detail }) {
  return detail === "lost on the link" || detail === "queue full" ? 0.5 : 1;
}

/** From the switch to who received it. @param {Step} step @returns {Leg[]} */
function arrivalOf({ record, beat, cause }) {
  if (cause === undefined || cause.record.node === record.node) return [];
  const { hops } = cause.record.packet;
  const outcome = record.event === "delivered" || record.event === "dropped" ? record.event : "travels";
  return [{ from: `switch ${cause.at}`, to: record.node, start: beat - CABLE_BEATS, end: beat, part: partOf(record), outcome, hops }];
}

/** From who sent it to the switch. @param {Step} step @returns {Leg[]} */
function departureOf({ record, at, beat, effects }) {
  if (!leaves(record) || at === undefined) return [];
  const lost = effects.find((other) => other.record.event === "dropped" && other.record.node === record.node)?.record;
  const outcome = effects.some((other) => other.record.node !== record.node) ? "travels" : lost === undefined ? "stops" : "dropped";
  const part = outcome === "dropped" && lost !== undefined ? partOf(lost) : 1;
  return [{ from: record.node, to: `switch ${at}`, start: beat, end: beat + CABLE_BEATS, part, outcome, hops: record.packet.hops }];
}
