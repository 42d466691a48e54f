/** The page of a monitor: takes server-sent events, and shows them. */
import type { MonitorHistory } from "../src/monitor.js";
import type { MonitorSample } from "../src/sample.js";
import { CurveChart } from "./curves.js";
import { byId, html, setMark, setText } from "./element.js";
import { EventList } from "./event-list.js";
import { HostMap } from "./host-map.js";
import { short } from "./quantities.js";
import { SampleTables } from "./sample-tables.js";

/** Past of the monitor, as a stream begins with it. */
interface Past extends MonitorHistory {
  readonly title: string;
  readonly intervalMs: number;
}

/** Map of label → value of the tiles at the top, and whether it is bad news. */
const TILES: Readonly<Record<string, (sample: MonitorSample) => { readonly text: string; readonly isBad?: boolean }>> = {
  "in per second": ({ totals }) => ({ text: short(totals.receivedPerSecond) }),
  "out per second": ({ totals }) => ({ text: short(totals.sentPerSecond) }),
  "lost per second": ({ totals }) => ({ text: short(totals.lostPerSecond), isBad: totals.lostPerSecond > 0 }),
  ports: ({ ports }) => ({ text: short(ports.length) }),
  groups: ({ groups }) => ({ text: short(new Set(groups.map(({ group }) => group)).size) }),
  nodes: ({ nodes }) => ({ text: short(nodes.length) }),
};

const charts = [
  new CurveChart(byId("rate-chart"), byId("rate-legend"), "perSecond"),
  new CurveChart(byId("loss-chart"), byId("loss-legend"), "lostPerSecond"),
];
const tables = new SampleTables(byId("tables"));
const events = new EventList(byId("events"), byId("no-events"));
const map = new HostMap(byId("map"));
const tiles = new Map(
  Object.keys(TILES).map((label) => {
    const value = html("b", {}, "–");
    byId("tiles").append(html("div", { class: "tile" }, value, html("span", {}, label)));
    return [label, value];
  }),
);
let latestMs = 0;

function begin({ title, intervalMs, entries, events: past }: Past): void {
  setText(byId("title"), title);
  document.title = `${title} – Groupcast monitor`;
  setText(byId("subtitle"), `UDP and multicast, every ${intervalMs / 1000} s`);
  latestMs = entries.at(-1)?.timeMs ?? 0;
  for (const chart of charts) chart.begin(entries);
  events.begin(past);
}

function show(sample: MonitorSample): void {
  setStatus("live", "live");
  if (sample.timeMs > latestMs) {
    latestMs = sample.timeMs;
    for (const chart of charts) chart.add(sample);
    events.add(sample.events);
  }
  for (const [label, value] of tiles) {
    const { text, isBad = false } = TILES[label]!(sample);
    setText(value, text);
    setMark(value.parentElement!, "bad", String(isBad));
  }
  tables.update(sample);
  map.update(sample);
  byId("limits").replaceChildren(...sample.limits.map((text) => html("p", {}, text)));
}

function setStatus(state: "live" | "lost", text: string): void {
  const status = byId("status");
  setMark(status, "state", state);
  setText(status, text);
}

function redraw(): void {
  for (const chart of charts) chart.redraw();
  map.draw();
}

const stream = new EventSource("events");
stream.addEventListener("history", ({ data }) => begin(JSON.parse(data as string) as Past));
stream.addEventListener("sample", ({ data }) => show(JSON.parse(data as string) as MonitorSample));
// The browser connects again by itself, unless the server refuses: the monitor has ended, or too many watch.
stream.addEventListener("error", () => setStatus("lost", stream.readyState === EventSource.CLOSED ? "ended" : "connecting again"));
let width = 0;
new ResizeObserver(() => {
  if (document.body.clientWidth === width) return; // rows come and go
  width = document.body.clientWidth;
  redraw();
}).observe(document.body);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
