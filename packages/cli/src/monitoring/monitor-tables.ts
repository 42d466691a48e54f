/** The tables of `groupcast monitor`: which columns, and which of them leave first where it is narrow. */
import { formatEndpoint } from "@groupcast/backend";
import type {
  GroupSample,
  InterfaceSample,
  ListenedSample,
  MonitorEvent,
  MonitorSample,
  NodeSample,
  PortSample,
  RelaySample,
} from "@groupcast/monitor";
import type { Style } from "../command/output.js";
import { eventText, isBadNews } from "./event-text.js";
import { bytes, number, perSecond, timeOfDay } from "./quantity-text.js";
import type { Column, TableContent } from "./table-layout.js";

/** A table of rows of any kind. */
// biome-ignore lint/suspicious/noExplicitAny: tables of different rows in one list; each is checked where it is made
export type AnyTable = TableContent<any>;

const LISTENED: readonly Column<ListenedSample>[] = [
  { title: "", text: ({ id }) => id, leaves: 0 },
  { title: "rate/s", text: (one) => perSecond(one.perSecond), align: "right", leaves: 0 },
  { title: "bytes/s", text: (one) => bytes(one.bytesPerSecond), align: "right", leaves: 4 },
  { title: "datagrams", text: ({ received }) => number(received), align: "right", leaves: 3 },
  { title: "lost", text: ({ lost }) => number(lost), style: ({ lost }) => badIf(lost > 0), align: "right", leaves: 1 },
  { title: "gaps", text: ({ gaps }) => number(gaps), align: "right", leaves: 5 },
  { title: "doubled", text: ({ duplicates }) => number(duplicates), align: "right", leaves: 6 },
  { title: "late", text: ({ reordered }) => number(reordered), align: "right", leaves: 7 },
  { title: "dropped", text: ({ drops }) => number(drops), style: ({ drops }) => badIf(drops > 0), align: "right", leaves: 2 },
];

const PORTS: readonly Column<PortSample>[] = [
  { title: "", text: (port) => formatEndpoint(port), leaves: 0 },
  { title: "program", text: programText, leaves: 2 },
  { title: "groups", text: groupsText, leaves: 4 },
  { title: "queue", text: ({ queuedBytes }) => bytes(queuedBytes), align: "right", leaves: 3 },
  { title: "drops/s", text: (port) => perSecond(port.dropsPerSecond), style: dropStyle, align: "right", leaves: 5 },
  { title: "drops", text: ({ drops }) => number(drops), style: dropStyle, align: "right", leaves: 1 },
];

const GROUPS: readonly Column<GroupSample>[] = [
  { title: "", text: ({ group }) => group, leaves: 0 },
  { title: "interface", text: (one) => one.interface, leaves: 1 },
  { title: "sockets", text: ({ users }) => number(users), align: "right", leaves: 2 },
];

const INTERFACES: readonly Column<InterfaceSample>[] = [
  { title: "", text: ({ name }) => name, leaves: 0 },
  { title: "state", text: ({ isUp }) => (isUp ? "up" : "down"), style: ({ isUp }) => (isUp ? "green" : "dim"), leaves: 4 },
  { title: "in/s", text: (one) => perSecond(one.receivedPerSecond), align: "right", leaves: 0 },
  { title: "bytes in/s", text: (one) => bytes(one.receivedBytesPerSecond), align: "right", leaves: 3 },
  { title: "multicast/s", text: (one) => perSecond(one.multicastPerSecond), align: "right", leaves: 5 },
  { title: "out/s", text: (one) => perSecond(one.sentPerSecond), align: "right", leaves: 2 },
  { title: "bytes out/s", text: (one) => bytes(one.sentBytesPerSecond), align: "right", leaves: 6 },
  { title: "errors", text: ({ errors }) => number(errors), style: ({ errors }) => badIf(errors > 0), align: "right", leaves: 7 },
  { title: "drops", text: ({ drops }) => number(drops), style: dropStyle, align: "right", leaves: 1 },
];

const NODES: readonly Column<NodeSample>[] = [
  { title: "", text: ({ name }) => name, leaves: 0 },
  { title: "publishes", text: ({ publishes }) => listText(publishes), leaves: 2 },
  { title: "subscribes to", text: ({ subscribes }) => listText(subscribes), leaves: 1 },
  { title: "channels", text: ({ channelCount }) => number(channelCount), align: "right", leaves: 3 },
];

const RELAYS: readonly Column<RelaySample>[] = [
  { title: "", text: ({ name }) => name, leaves: 0 },
  { title: "program", text: programText, leaves: 1 },
];

const EVENTS: readonly Column<MonitorEvent>[] = [
  { title: "", text: ({ timeMs }) => timeOfDay(timeMs), style: () => "dim", leaves: 1 },
  { title: "", text: eventText, style: (event) => (isBadNews(event) ? "red" : undefined), leaves: 0 },
];

/** Returns the tables of a sample that have rows, in the order of the screen. @param events - Latest events, the latest first. */
export function tablesOf(sample: MonitorSample, events: readonly MonitorEvent[]): readonly AnyTable[] {
  const tables: readonly AnyTable[] = [
    { title: "LISTENED TO", columns: LISTENED, rows: sample.listened },
    { title: "PORTS", columns: PORTS, rows: sample.ports },
    { title: "GROUPS", columns: GROUPS, rows: sample.groups },
    { title: "INTERFACES", columns: INTERFACES, rows: sample.interfaces },
    { title: "NODES", columns: NODES, rows: sample.nodes },
    { title: "RELAYS", columns: RELAYS, rows: sample.relays },
    { title: "EVENTS", columns: EVENTS, rows: events },
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}

function programText({ program, pid }: { readonly program?: string | undefined; readonly pid?: number | undefined }): string {
  if (program === undefined) return "–";
  return pid === undefined ? program : `${program} (${pid})`;
}

/** A question mark: it may have joined, or another socket has. */
function groupsText({ groups, groupCount, isMember }: PortSample): string {
  const [first] = groups;
  if (first === undefined) return "–";
  const more = groupCount > 1 ? ` +${groupCount - 1}` : "";
  return `${first}${more}${isMember ? "" : " ?"}`;
}

const MOST_NAMES = 3;

function listText(names: readonly string[]): string {
  if (names.length === 0) return "–";
  const more = names.length - MOST_NAMES;
  return names.slice(0, MOST_NAMES).join(", ") + (more > 0 ? ` +${more}` : "");
}

function dropStyle({ drops, dropsPerSecond }: { readonly drops: number; readonly dropsPerSecond: number }): Style | undefined {
  if (dropsPerSecond > 0) return "red";
  return drops > 0 ? "yellow" : undefined;
}

function badIf(isBad: boolean): Style | undefined {
  return isBad ? "red" : undefined;
}
