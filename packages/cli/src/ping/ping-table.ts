/** The table that a ping redraws on a terminal. Where the terminal is narrow, columns go; the loss of multicast stays. */
import { formatCount } from "../command/format.js";
import type { AnswerPath, PathReport, PingReport } from "./ping-report.js";
import { milliseconds, percent, seconds } from "./ping-text.js";

const MOST_ROWS = 20; // as many as a small terminal shows; the others are in the summary
const SENT_WIDTH = 6;
const NAME_HEADING = "responder";
const GAP = "  ";

/** Map of heading → width and text of a column of one path. */
const COLUMNS = {
  loss: { width: 6, text: ({ lost, received }: PathReport) => percent(lost, received + lost) },
  since: { width: 6, text: sinceFirst },
  hops: { width: 6, text: ({ hops }: PathReport) => String(hops ?? "–") },
  avg: { width: 8, text: ({ rttMs }: PathReport) => (rttMs === undefined ? "–" : milliseconds(rttMs.average)) },
  p99: { width: 8, text: ({ rttMs }: PathReport) => (rttMs === undefined ? "–" : milliseconds(rttMs.p99)) },
} as const;

/** Columns of a table for each responder. */
interface Layout {
  readonly hasSent: boolean;
  readonly paths: readonly AnswerPath[];
  readonly columns: readonly (keyof typeof COLUMNS)[];
}

const BOTH: Omit<Layout, "columns"> = { hasSent: true, paths: ["unicast", "multicast"] };

/** The widest that fits is taken. Of the last one, names are cut. */
const LAYOUTS: readonly Layout[] = [
  { ...BOTH, columns: ["loss", "since", "hops", "avg", "p99"] },
  { ...BOTH, columns: ["loss", "since", "avg", "p99"] },
  { ...BOTH, columns: ["loss", "since", "avg"] },
  { ...BOTH, columns: ["loss", "avg"] },
  { ...BOTH, columns: ["loss"] },
  { ...BOTH, hasSent: false, columns: ["loss"] },
  { hasSent: false, paths: ["multicast"], columns: ["loss"] },
];

/** Returns the state of a ping as a table that is narrower than `columns`. */
export function table(report: PingReport, columns: number): string[] {
  const width = columns - 1; // a full line wraps
  const { responders } = report;
  const shown = responders.slice(0, MOST_ROWS);
  const longest = Math.max(NAME_HEADING.length, ...shown.map(({ address }) => address.length));
  const layout = LAYOUTS.find((each) => longest + widthOf(each) <= width) ?? LAYOUTS.at(-1)!;
  const nameWidth = Math.min(longest, width - widthOf(layout));
  const line = (name: string, sent: string, ofPath: (path: AnswerPath) => string) =>
    [
      shortened(name, nameWidth).padEnd(nameWidth),
      ...(layout.hasSent ? [sent.padStart(SENT_WIDTH)] : []),
      ...layout.paths.map((path) => ofPath(path).padEnd(pathWidth(layout, path))),
    ].join(GAP);
  const lines = [
    `ping ${report.target} from ${report.localAddress}, ${seconds(report.durationMs)}; Ctrl-C ends and sums up`,
    line("", "", (path) => path),
    line(NAME_HEADING, "sent", () => layout.columns.map((column) => column.padStart(COLUMNS[column].width)).join("")),
    ...shown.map((responder) =>
      line(responder.address, String(responder.unicast.sent), (path) =>
        layout.columns.map((column) => COLUMNS[column].text(responder[path]).padStart(COLUMNS[column].width)).join(""),
      ),
    ),
    ...(responders.length > shown.length ? [`and ${formatCount(responders.length - shown.length, "responder")} more`] : []),
    ...(responders.length === 0 ? [`nobody has answered yet: ${formatCount(report.asked, "message")} sent`] : []),
  ];
  return lines.map((each) => each.trimEnd().slice(0, width));
}

/** Loss since the first answer. */
function sinceFirst({ firstSequence, lostSinceFirst, received }: PathReport): string {
  return firstSequence === undefined ? "–" : percent(lostSinceFirst, received + lostSinceFirst);
}

/** Width of all but the name. */
function widthOf(layout: Layout): number {
  const paths = layout.paths.reduce((sum, path) => sum + GAP.length + pathWidth(layout, path), 0);
  return paths + (layout.hasSent ? GAP.length + SENT_WIDTH : 0);
}

function pathWidth({ columns }: Layout, path: AnswerPath): number {
  return Math.max(
    path.length,
    columns.reduce((sum, column) => sum + COLUMNS[column].width, 0),
  );
}

function shortened(name: string, width: number): string {
  return name.length <= width ? name : `${name.slice(0, width - 1)}…`;
}
