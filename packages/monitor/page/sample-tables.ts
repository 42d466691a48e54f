/** The tables of the page. A row is kept from one sample to the next, so that only cells that change are laid out again. */
import type { GroupSample, InterfaceSample, ListenedSample, MonitorSample, NodeSample, PortSample, RelaySample } from "../src/sample.js";
import { html, setMark, setText } from "./element.js";
import { bytes, count, endpoint, rate } from "./quantities.js";

const MOST_ROWS = 50; // of a table: a thousand rows are no table that anybody reads

interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly isNumber?: true;
  /** Whether a phone does without it. */
  readonly isLater?: true;
  readonly isBad?: (row: Row) => boolean;
}

interface Table<Row> {
  readonly title: string;
  readonly rows: (sample: MonitorSample) => readonly Row[];
  readonly columns: readonly Column<Row>[];
  /** Whether it takes the whole width. */
  readonly isFull?: true;
}

const LISTENED: Table<ListenedSample> = {
  title: "Listened to",
  isFull: true,
  rows: ({ listened }) => listened,
  columns: [
    { title: "destination", text: ({ id }) => id },
    { title: "rate/s", text: (one) => rate(one.perSecond), isNumber: true },
    { title: "bytes/s", text: (one) => bytes(one.bytesPerSecond), isNumber: true, isLater: true },
    { title: "datagrams", text: ({ received }) => count(received), isNumber: true, isLater: true },
    { title: "lost", text: ({ lost }) => count(lost), isNumber: true, isBad: ({ lost }) => lost > 0 },
    { title: "gaps", text: ({ gaps }) => count(gaps), isNumber: true, isLater: true },
    { title: "doubled", text: ({ duplicates }) => count(duplicates), isNumber: true, isLater: true },
    { title: "late", text: ({ reordered }) => count(reordered), isNumber: true, isLater: true },
    { title: "dropped here", text: ({ drops }) => count(drops), isNumber: true, isBad: ({ drops }) => drops > 0 },
  ],
};

const PORTS: Table<PortSample> = {
  title: "Ports",
  isFull: true,
  rows: ({ ports }) => ports,
  columns: [
    { title: "address", text: endpoint },
    { title: "program", text: programText },
    { title: "groups", text: groupsText, isLater: true },
    { title: "in/s", text: (port) => rate(port.receivedPerSecond), isNumber: true, isLater: true },
    { title: "out/s", text: (port) => rate(port.sentPerSecond), isNumber: true, isLater: true },
    { title: "queue", text: ({ queuedBytes }) => bytes(queuedBytes), isNumber: true, isLater: true },
    {
      title: "drops/s",
      text: (port) => rate(port.dropsPerSecond),
      isNumber: true,
      isLater: true,
      isBad: (port) => port.dropsPerSecond > 0,
    },
    { title: "drops", text: ({ drops }) => count(drops), isNumber: true, isBad: ({ dropsPerSecond }) => dropsPerSecond > 0 },
  ],
};

const GROUPS: Table<GroupSample> = {
  title: "Groups",
  rows: ({ groups }) => groups,
  columns: [
    { title: "group", text: ({ group }) => group },
    { title: "interface", text: (one) => one.interface },
    { title: "sockets", text: ({ users }) => count(users), isNumber: true },
  ],
};

const INTERFACES: Table<InterfaceSample> = {
  title: "Interfaces",
  rows: ({ interfaces }) => interfaces,
  columns: [
    { title: "name", text: ({ name }) => name },
    { title: "state", text: ({ isUp }) => (isUp ? "up" : "down"), isLater: true },
    { title: "in/s", text: (one) => rate(one.receivedPerSecond), isNumber: true },
    { title: "bytes in/s", text: (one) => bytes(one.receivedBytesPerSecond), isNumber: true, isLater: true },
    { title: "out/s", text: (one) => rate(one.sentPerSecond), isNumber: true },
    { title: "bytes out/s", text: (one) => bytes(one.sentBytesPerSecond), isNumber: true, isLater: true },
    { title: "errors", text: ({ errors }) => count(errors), isNumber: true, isLater: true, isBad: ({ errors }) => errors > 0 },
    { title: "drops", text: ({ drops }) => count(drops), isNumber: true, isBad: ({ dropsPerSecond }) => dropsPerSecond > 0 },
  ],
};

const NODES: Table<NodeSample> = {
  title: "Nodes",
  rows: ({ nodes }) => nodes,
  columns: [
    { title: "name", text: ({ name, isOwn }) => (isOwn ? `${name} (this program)` : name) },
    { title: "publishes", text: ({ publishes }) => listText(publishes) },
    { title: "subscribes to", text: ({ subscribes }) => listText(subscribes) },
    { title: "channels", text: ({ channelCount }) => count(channelCount), isNumber: true, isLater: true },
  ],
};

const RELAYS: Table<RelaySample> = {
  title: "Relays",
  rows: ({ relays }) => relays,
  columns: [
    { title: "relay", text: ({ name }) => name },
    { title: "program", text: programText, isLater: true },
    { title: "passed on/s", text: (relay) => rate(relay.forwardedPerSecond), isNumber: true },
    {
      title: "kept back/s",
      text: (relay) => rate(relay.refusedPerSecond),
      isNumber: true,
      isBad: (relay) => (relay.refusedPerSecond ?? 0) > 0,
    },
  ],
};

/** One table on the page; hidden while it has no rows. */
class ShownTable<Row> {
  readonly card: HTMLElement;
  readonly #table: Table<Row>;
  readonly #count = html("span", { class: "count" });
  readonly #body = html("tbody");
  readonly #more = html("p", { class: "more" });

  constructor(table: Table<Row>) {
    this.#table = table;
    const head = html("tr", {}, ...table.columns.map((column) => html("th", { scope: "col", class: classOf(column) }, column.title)));
    const content = html("div", { class: "scroll" }, html("table", {}, html("thead", {}, head), this.#body));
    const heading = html("h2", {}, table.title, this.#count);
    this.card = html("section", { class: table.isFull ? "card full" : "card" }, heading, content, this.#more);
  }

  /** Shows a sample. */
  update(sample: MonitorSample): void {
    const rows = this.#table.rows(sample);
    this.card.hidden = rows.length === 0;
    const shown = rows.slice(0, MOST_ROWS);
    while (this.#body.rows.length > shown.length) this.#body.deleteRow(-1);
    while (this.#body.rows.length < shown.length) this.#body.append(this.#emptyRow());
    for (const [index, row] of shown.entries()) this.#fill(this.#body.rows[index]!, row);
    setText(this.#count, count(rows.length));
    setText(this.#more, rows.length > shown.length ? `and ${count(rows.length - shown.length)} more` : "");
    this.#more.hidden = rows.length <= shown.length;
  }

  #emptyRow(): HTMLTableRowElement {
    return html("tr", {}, ...this.#table.columns.map((column) => html("td", { class: classOf(column) })));
  }

  #fill(line: HTMLTableRowElement, row: Row): void {
    for (const [index, { text, isBad }] of this.#table.columns.entries()) {
      const cell = line.cells[index]!;
      setText(cell, text(row));
      if (isBad !== undefined) setMark(cell, "bad", String(isBad(row)));
    }
  }
}

/** All tables. */
export class SampleTables {
  readonly #tables: readonly { readonly card: HTMLElement; update(sample: MonitorSample): void }[] = [
    new ShownTable(LISTENED),
    new ShownTable(PORTS),
    new ShownTable(GROUPS),
    new ShownTable(INTERFACES),
    new ShownTable(NODES),
    new ShownTable(RELAYS),
  ];

  constructor(place: HTMLElement) {
    place.append(...this.#tables.map(({ card }) => card));
  }

  /** Shows a sample. */
  update(sample: MonitorSample): void {
    for (const table of this.#tables) table.update(sample);
  }
}

function classOf({ isNumber, isLater }: { readonly isNumber?: true; readonly isLater?: true }): string {
  return [isNumber ? "number" : "", isLater ? "later" : ""].filter(Boolean).join(" ");
}

function programText({ program, pid }: { readonly program?: string | undefined; readonly pid?: number | undefined }): string {
  if (program === undefined) return "–";
  return pid === undefined ? program : `${program} (${pid})`;
}

/** A question mark: it may have joined, or another socket has. */
function groupsText({ groups, groupCount, isMember }: PortSample): string {
  if (groups.length === 0) return "–";
  const shown = groups.slice(0, 3);
  const more = groupCount - shown.length;
  return `${shown.join(", ")}${more > 0 ? ` +${more}` : ""}${isMember ? "" : " ?"}`;
}

function listText(names: readonly string[]): string {
  if (names.length === 0) return "–";
  const shown = names.slice(0, 4);
  return shown.join(", ") + (names.length > shown.length ? ` +${names.length - shown.length}` : "");
}
