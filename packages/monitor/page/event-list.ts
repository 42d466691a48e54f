import type { EventKind, MonitorEvent } from "../src/sample.js";
import { html } from "./element.js";
import { count, timeOfDay } from "./quantities.js";

type Tone = "good" | "neutral" | "bad";

/** Map of kind → words after the subject, and tone. */
const KINDS: Readonly<Record<EventKind, readonly [words: string, tone: Tone]>> = {
  "port-opened": ["opened", "good"],
  "port-closed": ["closed", "neutral"],
  "group-joined": ["joined", "good"],
  "group-left": ["left", "neutral"],
  "interface-up": ["is up", "good"],
  "interface-down": ["is down", "bad"],
  "node-appeared": ["appeared", "good"],
  "node-gone": ["is gone", "neutral"],
  dropped: ["dropped", "bad"],
  lost: ["lost", "bad"],
  more: ["", "neutral"],
};
const MOST_EVENTS = 100;

/** The timeline of events, the latest first. */
export class EventList {
  readonly #list: HTMLElement;
  readonly #empty: HTMLElement;

  constructor(list: HTMLElement, empty: HTMLElement) {
    this.#list = list;
    this.#empty = empty;
  }

  /** Forgets what it shows, and takes the past. */
  begin(events: readonly MonitorEvent[]): void {
    this.#list.replaceChildren();
    this.add(events);
  }

  /** Adds events, the latest at the end. */
  add(events: readonly MonitorEvent[]): void {
    this.#list.prepend(...events.slice(-MOST_EVENTS).reverse().map(entryOf));
    while (this.#list.childElementCount > MOST_EVENTS) this.#list.lastElementChild!.remove();
    this.#empty.hidden = this.#list.childElementCount > 0;
  }
}

function entryOf({ timeMs, kind, subject, count: number }: MonitorEvent): HTMLElement {
  const [words, tone] = KINDS[kind];
  const text = kind === "more" ? `${count(number)} ${subject}` : `${subject} ${words}${number === undefined ? "" : ` ${count(number)}`}`;
  return html("li", { "data-tone": tone }, html("time", {}, timeOfDay(timeMs)), html("span", {}, text));
}
