/** The map: programs of this host at the left, groups and channels in the middle, nodes at the right, and who is in what. */
import type { MonitorSample, PortSample } from "../src/sample.js";
import { svg } from "./element.js";

const ROW_HEIGHT = 30;
const BOX_HEIGHT = 22;
const TOP = 26;
const LETTER_WIDTH = 6.5; // of 12 px, on average
const PADDING = 6;
const MOST_IN_COLUMN = 14;
const GAP_SHARE = 0.08; // of the width, between columns

interface Box {
  readonly id: string;
  readonly text: string;
  readonly kind: "program" | "group" | "channel" | "node" | "more";
  readonly isBad?: boolean;
}

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly kind: "member" | "maybe" | "out" | "in";
}

interface MapContent {
  readonly columns: readonly [left: readonly Box[], middle: readonly Box[], right: readonly Box[]];
  readonly edges: readonly Edge[];
}

/** The map on the page. It is drawn again only when something on it changes. */
export class HostMap {
  readonly #place: HTMLElement;
  #key = "";
  #sample: MonitorSample | undefined;

  constructor(place: HTMLElement) {
    this.#place = place;
  }

  /** Shows a sample. */
  update(sample: MonitorSample): void {
    this.#sample = sample;
    this.draw();
  }

  /** Draws what changed, at the width that there is now. */
  draw(): void {
    if (this.#sample === undefined) return;
    const content = contentOf(this.#sample);
    const width = this.#place.clientWidth;
    const key = JSON.stringify([content, width]);
    if (key === this.#key) return;
    this.#key = key;
    this.#place.replaceChildren(drawing(content, width));
  }
}

function contentOf({ ports, groups, listened, nodes }: MonitorSample): MapContent {
  const members = ports.filter(({ groups: joined }) => joined.length > 0);
  const programs = new Map(members.map((port) => [programId(port), port]));
  const bad = new Set(members.filter(({ dropsPerSecond }) => dropsPerSecond > 0).map(programId));
  const losing = new Set(
    listened
      .filter((one) => one.lostPerSecond + one.dropsPerSecond > 0)
      .map(({ id }) => id.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1")),
  );
  const groupNames = [...new Set(groups.map(({ group }) => group))];
  groupNames.sort((a, b) => Number(losing.has(b)) - Number(losing.has(a))); // trouble is shown first, and what comes in stays in its order
  const channels = [...new Set(nodes.flatMap(({ publishes, subscribes }) => [...publishes, ...subscribes]))];
  const middle = [
    ...groupNames.map((group): Box => ({ id: `group ${group}`, text: group, kind: "group", isBad: losing.has(group) })),
    ...channels.map((channel): Box => ({ id: `channel ${channel}`, text: channel, kind: "channel" })),
  ];
  return {
    columns: [
      bounded(
        [...programs].map(([id, { program = "?", pid }]) => ({
          id,
          text: pid === undefined ? program : `${program} (${pid})`,
          kind: "program",
          isBad: bad.has(id),
        })),
      ),
      bounded(middle),
      bounded(nodes.map(({ session, name }) => ({ id: `node ${session}`, text: name, kind: "node" }))),
    ],
    edges: unique([
      ...members.flatMap((port) =>
        port.groups.map((group): Edge => ({ from: programId(port), to: `group ${group}`, kind: port.isMember ? "member" : "maybe" })),
      ),
      ...nodes.flatMap(({ session, publishes, subscribes }) => [
        ...publishes.map((name): Edge => ({ from: `channel ${name}`, to: `node ${session}`, kind: "out" })),
        ...subscribes.map((name): Edge => ({ from: `channel ${name}`, to: `node ${session}`, kind: "in" })),
      ]),
    ]),
  };
}

/** A program may have several ports in one group. */
function unique(edges: readonly Edge[]): readonly Edge[] {
  return [...new Map(edges.map((edge) => [JSON.stringify(edge), edge])).values()];
}

function programId({ pid, program, id }: PortSample): string {
  return pid === undefined && program === undefined ? id : `program ${pid ?? ""} ${program ?? ""}`;
}

function bounded(boxes: readonly Box[]): readonly Box[] {
  if (boxes.length <= MOST_IN_COLUMN) return boxes;
  const shown = boxes.slice(0, MOST_IN_COLUMN - 1);
  return [...shown, { id: "", text: `and ${boxes.length - shown.length} more`, kind: "more" }];
}

const HEADINGS = ["Programs", "Groups and channels", "Nodes"];

function drawing({ columns, edges }: MapContent, width: number): SVGElement {
  const shown = columns.map((boxes, index) => ({ boxes, heading: HEADINGS[index]! })).filter(({ boxes }) => boxes.length > 0);
  if (shown.length === 0)
    return svg(
      "svg",
      { viewBox: `0 0 ${width} 24`, role: "img" },
      svg("text", { x: 0, y: 16, class: "heading" }, "No groups are joined, and no nodes are known."),
    );
  const gap = width * GAP_SHARE;
  const boxWidth = (width - gap * (shown.length - 1)) / shown.length;
  const rows = Math.max(...shown.map(({ boxes }) => boxes.length));
  const height = TOP + rows * ROW_HEIGHT;
  const places = new Map<string, { readonly x: number; readonly y: number }>();
  const drawn = shown.flatMap(({ boxes, heading }, index) => {
    const x = index * (boxWidth + gap);
    const top = TOP + ((rows - boxes.length) * ROW_HEIGHT) / 2;
    return [
      svg("text", { x, y: 12, class: "heading" }, cut(heading, boxWidth)),
      ...boxes.map((box, row) => {
        const y = top + row * ROW_HEIGHT;
        places.set(box.id, { x, y: y + BOX_HEIGHT / 2 });
        return boxOf(box, { x, y, width: boxWidth });
      }),
    ];
  });
  const lines = edges.flatMap(({ from, to, kind }) => {
    const [a, b] = [places.get(from), places.get(to)];
    return a === undefined || b === undefined ? [] : [svg("path", { class: `edge ${kind}`, d: curve(a.x + boxWidth, a.y, b.x, b.y) })];
  });
  const label = `${shown.map(({ boxes, heading }) => `${boxes.length} ${heading.toLowerCase()}`).join(", ")}`;
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": label }, ...lines, ...drawn);
}

function boxOf(
  { text, kind, isBad }: Box,
  { x, y, width }: { readonly x: number; readonly y: number; readonly width: number },
): SVGElement {
  if (kind === "more") return svg("text", { x: x + PADDING, y: y + 15, class: "heading" }, cut(text, width));
  return svg(
    "g",
    { class: isBad ? `${kind} bad` : kind },
    svg("title", {}, text),
    svg("rect", { x, y, width, height: BOX_HEIGHT, rx: 6 }),
    svg("text", { x: x + PADDING, y: y + 15 }, cut(text, width - 2 * PADDING)),
  );
}

function curve(x1: number, y1: number, x2: number, y2: number): string {
  const middle = (x1 + x2) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}

function cut(text: string, width: number): string {
  const letters = [...text];
  const room = Math.max(2, Math.floor(width / LETTER_WIDTH));
  return letters.length <= room ? text : `${letters.slice(0, room - 1).join("")}…`;
}
