// Where the parts of a network are drawn: switches in a row, hosts above them, routers below.

const WIDTH = 480; // of the drawing: small enough that its words can be read on a phone
const APART = 124; // between nodes on one switch
const ROWS = { host: 50, switch: 150, router: 240 };

/** Height of the drawing, with routers or without. @param {readonly import("./drawn-network.mjs").Cable[]} cables */
export function heightOf(cables) {
  return (cables.some(({ kind }) => kind === "router") ? ROWS.router : ROWS.switch) + 30;
}

/** @typedef {{ name: string, kind: "host" | "switch" | "router", x: number, y: number }} Place */

/**
 * @param {readonly import("./drawn-network.mjs").Cable[]} cables
 * @returns {Map<string, Place>} By name; a switch's begins with "switch ".
 */
export function planOf(cables) {
  const names = [...new Set(cables.map((cable) => cable.switch))];
  const places = new Map(names.map((name, index) => [`switch ${name}`, placeOf(name, "switch", ((index + 0.5) * WIDTH) / names.length)]));
  for (const kind of /** @type {const} */ (["host", "router"])) {
    const nodes = [...new Set(cables.filter((cable) => cable.kind === kind).map((cable) => cable.node))];
    const wanted = nodes.map((node) => ({
      node,
      x: middleOf(
        cables.filter((cable) => cable.node === node),
        places,
      ),
    }));
    for (const { node, x } of spread(wanted)) places.set(node, placeOf(node, kind, x));
  }
  return places;
}

/** @param {string} name @param {Place["kind"]} kind @param {number} x @returns {Place} */
function placeOf(name, kind, x) {
  return { name, kind, x, y: ROWS[kind] };
}

/** @param {readonly import("./drawn-network.mjs").Cable[]} cables @param {ReadonlyMap<string, Place>} places */
function middleOf(cables, places) {
  const xs = cables.map((cable) => places.get(`switch ${cable.switch}`)?.x ?? 0);
  return xs.reduce((sum, x) => sum + x, 0) / xs.length;
}

/** Moves what would stand in one place apart. @param {readonly { node: string, x: number }[]} wanted */
function spread(wanted) {
  return wanted.map(({ node, x }, index) => {
    const together = wanted.filter((other) => other.x === x);
    const place = together.findIndex((other) => other.node === wanted[index]?.node);
    return { node, x: x + (place - (together.length - 1) / 2) * APART };
  });
}
