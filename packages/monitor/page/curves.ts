/** A chart of curves over time, drawn by uPlot, with a legend of its own: names from the network become text nodes. */
import uPlot from "uplot";
import type { CurvePoint } from "../src/sample.js";
import { html } from "./element.js";
import { rate, short } from "./quantities.js";

const MOST_POINTS = 300;
const COLORS = 8;
const MS_PER_SECOND = 1000;
const AXIS_WIDTH = 46;
const TIME_AXIS_HEIGHT = 26;

/** Value of a curve that a chart draws. */
export type CurveValue = "perSecond" | "lostPerSecond";

interface Moment {
  readonly timeMs: number;
  readonly curves: readonly CurvePoint[];
}

/** Shape of what is drawn: it is made anew when this changes. */
interface Drawn {
  readonly key: string;
  readonly plot: uPlot;
}

/** One chart. */
export class CurveChart {
  readonly #place: HTMLElement;
  readonly #legend: HTMLElement;
  readonly #value: CurveValue;
  readonly #moments: Moment[] = [];
  readonly #colors = new Map<string, number>();
  #drawn: Drawn | undefined;

  constructor(place: HTMLElement, legend: HTMLElement, value: CurveValue) {
    this.#place = place;
    this.#legend = legend;
    this.#value = value;
  }

  /** Forgets what it has drawn, and takes the past. */
  begin(moments: readonly Moment[]): void {
    this.#moments.splice(0, this.#moments.length, ...moments.slice(-MOST_POINTS));
    this.draw();
  }

  /** Adds a moment. */
  add(moment: Moment): void {
    this.#moments.push(moment);
    if (this.#moments.length > MOST_POINTS) this.#moments.shift();
    this.draw();
  }

  /** Draws with the colours and the width that the page has now. */
  redraw(): void {
    this.#drawn?.plot.destroy();
    this.#drawn = undefined;
    this.draw();
  }

  /** Draws. */
  draw(): void {
    const latest = this.#moments.at(-1);
    if (latest === undefined) return;
    const shown = latest.curves;
    for (const { id } of shown) this.#colorOf(id, shown);
    const key = JSON.stringify([shown.map(({ id, label }) => [id, label]), this.#place.clientWidth]);
    if (this.#drawn?.key !== key) this.#make(key, shown);
    this.#drawn!.plot.setData(this.#columns(shown));
    this.#writeLegend(shown);
  }

  /** Times, then a column for each curve; null where there is no point. */
  #columns(shown: readonly CurvePoint[]): uPlot.AlignedData {
    const maps = this.#moments.map(({ curves }) => new Map(curves.map((point) => [point.id, point[this.#value]])));
    return [this.#moments.map(({ timeMs }) => timeMs / MS_PER_SECOND), ...shown.map(({ id }) => maps.map((map) => map.get(id) ?? null))];
  }

  #make(key: string, shown: readonly CurvePoint[]): void {
    this.#drawn?.plot.destroy();
    const style = getComputedStyle(document.documentElement);
    const color = (name: string) => style.getPropertyValue(name).trim();
    const axis = {
      stroke: color("--soft"),
      grid: { stroke: color("--line"), width: 1 },
      ticks: { show: false },
      font: "12px system-ui, sans-serif",
    };
    const options: uPlot.Options = {
      width: this.#place.clientWidth,
      height: this.#place.clientHeight,
      legend: { show: false },
      padding: [8, 8, 0, 0],
      cursor: { points: { size: 7 }, drag: { x: false, y: false } },
      scales: { y: { range: (_, __, max) => [0, Math.max(1, max * 1.15)] } },
      axes: [
        { ...axis, space: 80, size: TIME_AXIS_HEIGHT, values: "{HH}:{mm}:{ss}" },
        { ...axis, size: AXIS_WIDTH, values: (_, splits) => splits.map((split) => short(split)) },
      ],
      series: [
        {},
        ...shown.map(({ id }, index) => {
          const stroke = color(`--c${this.#colors.get(id)}`);
          return { stroke, width: index === 0 ? 2.5 : 1.5, points: { show: false }, ...(index === 0 && { fill: `${stroke}22` }) };
        }),
      ],
    };
    this.#drawn = { key, plot: new uPlot(options, this.#columns(shown), this.#place) };
  }

  #writeLegend(shown: readonly CurvePoint[]): void {
    const entries = shown.map((point) => {
      const swatch = html("i");
      swatch.style.background = `var(--c${this.#colors.get(point.id)})`;
      return html("li", { title: point.label }, swatch, html("span", {}, point.label), html("b", {}, rate(point[this.#value])));
    });
    this.#legend.replaceChildren(...entries);
  }

  /** A curve keeps its colour while it is shown. */
  #colorOf(id: string, shown: readonly CurvePoint[]): number {
    const known = this.#colors.get(id);
    if (known !== undefined) return known;
    const ids = new Set(shown.map((point) => point.id));
    for (const old of this.#colors.keys()) if (!ids.has(old)) this.#colors.delete(old);
    const taken = new Set(this.#colors.values());
    const free = Array.from({ length: COLORS }, (_, index) => index).find((index) => !taken.has(index)) ?? 0;
    this.#colors.set(id, free);
    return free;
  }
}
