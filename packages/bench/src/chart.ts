/** Bar charts as SVG: black on white or white on black, like the reader's page. */
import { barParts, barScale } from "./bar-scale.js";
import { FIGURES, written } from "./figures.js";
import { type Measurement, median } from "./rounds.js";

const WIDTH = 720;
const LABEL_WIDTH = 130;
const VALUE_WIDTH = 90;
const ROW_HEIGHT = 22;
const TITLE_HEIGHT = 34;
const BAR_HEIGHT = 14;

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600 }
  rect { fill: #8c959f }
  .ours { fill: #1f6feb }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } rect { fill: #6e7681 } .ours { fill: #388bfd } }`;

/** Returns a chart with one bar per peer, for the first figure of the scenario. */
export function chart({ scenario, entries }: Measurement): string {
  const figure = scenario.figures[0]!;
  const bars = entries.flatMap((entry) => {
    const value = median(entry, figure);
    return value === undefined ? [] : [{ peer: entry.peer, value }];
  });
  const scale = barScale(bars.map(({ value }) => value));
  const direction = FIGURES[figure].isLessBetter ? "less is better" : "more is better";
  const rows = bars.map(({ peer, value }, index) => {
    const y = TITLE_HEIGHT + index * ROW_HEIGHT;
    const parts = barParts(value, scale, WIDTH - LABEL_WIDTH - VALUE_WIDTH);
    const end = LABEL_WIDTH + parts.at(-1)!.from + parts.at(-1)!.width;
    const kind = peer.startsWith("groupcast") ? ' class="ours"' : "";
    return `  <text x="${LABEL_WIDTH - 8}" y="${y + 12}" text-anchor="end">${peer}</text>
${parts.map(({ from, width }) => `  <rect x="${LABEL_WIDTH + from}" y="${y}" width="${width}" height="${BAR_HEIGHT}"${kind}/>\n`).join("")}  <text x="${end + 6}" y="${y + 12}">${written(figure, value)}</text>`;
  });
  const title = `${scenario.title}: ${FIGURES[figure].title}, ${direction}`;
  const height = TITLE_HEIGHT + bars.length * ROW_HEIGHT + 6;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">
  <title>${title}</title>
  <style>${STYLE}
  </style>
  <text class="title" x="8" y="20">${title}</text>
${rows.join("\n")}
</svg>
`;
}
