// What pictures are made of: boxes, words and arrows, as SVG that is read on light and on dark pages.

/** Colours, for light pages and for dark ones: contrast is 4.5 and more on both. */
const STYLE = `
  text { font: 15px system-ui, sans-serif; fill: #1f2328 }
  .small { font-size: 13px; fill: #57606a }
  .code { font-family: ui-monospace, monospace; font-size: 13px }
  .head { font-weight: 600 }
  .good { fill: #0550ae }
  .bad { fill: #b3261e }
  rect { fill: #f6f8fa; stroke: #8c959f; stroke-width: 1.5 }
  rect.ours { fill: #ddf4ff; stroke: #0969da }
  rect.host { fill: none; stroke-dasharray: 5 4 }
  rect.bar { fill: #8c959f; stroke: none }
  rect.bar.ours { fill: #0969da }
  path { fill: none; stroke: #6e7781; stroke-width: 2 }
  path.good { stroke: #0969da }
  path.bad { stroke: #cf222e }
  path.lost { stroke-dasharray: 4 4 }
  .tip { fill: #6e7781 }
  .tip.good { fill: #0969da }
  .tip.bad { fill: #cf222e }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .small { fill: #b1bac4 }
    .good { fill: #79c0ff }
    .bad { fill: #ff9492 }
    rect { fill: #21262d; stroke: #7d8590 }
    rect.ours { fill: #0c2d5e; stroke: #58a6ff }
    rect.host { fill: none }
    rect.bar { fill: #7d8590 }
    rect.bar.ours { fill: #58a6ff }
    path, .tip { stroke: #9198a1 }
    path.good { stroke: #58a6ff }
    path.bad { stroke: #ff7b72 }
    .tip { fill: #9198a1; stroke: none }
    .tip.good { fill: #58a6ff }
    .tip.bad { fill: #ff7b72 }
  }`;

const LINE_HEIGHT = 18;
const TIP = 7; // length of an arrow's tip
const ENTITIES = /** @type {const} */ ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" });

/**
 * @typedef {object} Look
 * @property {string} [kind] Classes of the style above.
 * @property {"start" | "middle" | "end"} [anchor]
 */

/** @typedef {readonly [x: number, y: number]} Point */

/**
 * Puts a picture together.
 *
 * @param {{ width: number, height: number, title: string }} frame The title is what a screen reader says.
 * @param {readonly string[]} parts
 * @returns {string} The file.
 */
export function picture({ width, height, title }, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" role="img">
  <title>${escaped(title)}</title>
  <style>${STYLE}
  </style>
${parts.map((part) => `  ${part}`).join("\n")}
</svg>
`;
}

/**
 * @param {Point} at
 * @param {string | readonly string[]} lines
 * @param {Look} [look]
 */
export function words([x, y], lines, { kind = "", anchor = "start" } = {}) {
  const all = typeof lines === "string" ? [lines] : lines;
  return all
    .map((line, index) => `<text x="${x}" y="${y + index * LINE_HEIGHT}" class="${kind}" text-anchor="${anchor}">${escaped(line)}</text>`)
    .join("");
}

/**
 * A box with words in its middle.
 *
 * @param {Point} corner
 * @param {Point} size
 * @param {string | readonly string[]} lines
 * @param {Look} [look]
 */
export function box([x, y], [width, height], lines, { kind = "" } = {}) {
  const all = typeof lines === "string" ? [lines] : lines;
  const first = y + height / 2 + 5 - ((all.length - 1) * LINE_HEIGHT) / 2;
  const [head = "", ...rest] = all;
  const text = [
    words([x + width / 2, first], head, { kind: "head", anchor: "middle" }),
    ...rest.map((line, index) => words([x + width / 2, first + (index + 1) * LINE_HEIGHT], line, { kind: "small", anchor: "middle" })),
  ];
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="6" class="${kind}"/>${text.join("")}`;
}

/**
 * A host: a frame round what runs on it.
 *
 * @param {Point} corner
 * @param {Point} size
 * @param {string} name
 */
export function host([x, y], [width, height], name) {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="10" class="host"/>${words([x + 12, y + 22], name, { kind: "small" })}`;
}

/**
 * A line with a tip at its end; with a cross instead if the datagram ends there.
 *
 * @param {readonly Point[]} points
 * @param {Look & { isLost?: boolean }} [look]
 */
export function arrow(points, { kind = "", isLost = false } = {}) {
  const path = points.map(([x, y], index) => `${index === 0 ? "M" : "L"}${x} ${y}`).join(" ");
  const end = /** @type {Point} */ (points.at(-1));
  const before = /** @type {Point} */ (points.at(-2));
  const line = `<path d="${path}" class="${kind}${isLost ? " lost" : ""}"/>`;
  return line + (isLost ? cross(end, kind) : tip(before, end, kind));
}

/** @param {Point} at @param {string} kind */
function cross([x, y], kind) {
  return `<path d="M${x - 6} ${y - 6} L${x + 6} ${y + 6} M${x - 6} ${y + 6} L${x + 6} ${y - 6}" class="${kind}"/>`;
}

/** @param {Point} from @param {Point} to @param {string} kind */
function tip([fromX, fromY], [x, y], kind) {
  const angle = (Math.atan2(y - fromY, x - fromX) * 180) / Math.PI;
  return `<path d="M${TIP} 0 L${-TIP} ${-TIP} L${-TIP} ${TIP} Z" class="tip ${kind}" transform="translate(${x} ${y}) rotate(${Math.round(angle)})"/>`;
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll(/[&<>"]/g, (character) => ENTITIES[/** @type {keyof typeof ENTITIES} */ (character)]);
}
