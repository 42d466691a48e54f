/** The changes between two samples, as events. */
import type { EventKind, MonitorEvent, MonitorSample, PortSample } from "./sample.js";

const MOST_EVENTS = 50; // of one sample: a flood of joins must not become a flood of text
const FIRST_EPHEMERAL_PORT = 32_768; // of Linux (ip-sysctl.rst, ip_local_port_range): ports of questions, which come and go

type State = Omit<MonitorSample, "events" | "curves">;

/** Things that come and go: kinds of events, and map of identity → text. */
interface Presence {
  readonly added: EventKind;
  readonly removed: EventKind;
  readonly of: (state: State) => ReadonlyMap<string, string>;
}

/** A counter of losses: kind of event, and map of identity → text and value. */
interface Losses {
  readonly kind: EventKind;
  readonly of: (state: State) => ReadonlyMap<string, readonly [text: string, value: number]>;
}

const PRESENCES: readonly Presence[] = [
  {
    added: "interface-up",
    removed: "interface-down",
    of: ({ interfaces }) => new Map(interfaces.filter(({ isUp }) => isUp).map(({ name }) => [name, name])),
  },
  {
    added: "port-opened",
    removed: "port-closed",
    of: ({ ports }) => new Map(ports.filter(isLasting).map((port) => [port.id, portText(port)])),
  },
  {
    added: "group-joined",
    removed: "group-left",
    of: ({ groups }) => new Map(groups.map((one) => [`${one.group} ${one.interface}`, `${one.group} on ${one.interface}`])),
  },
  { added: "node-appeared", removed: "node-gone", of: ({ nodes }) => new Map(nodes.map(({ session, name }) => [session, name])) },
];

const LOSSES: readonly Losses[] = [
  { kind: "dropped", of: ({ ports }) => new Map(ports.map((port) => [port.id, [portText(port), port.drops]])) },
  { kind: "dropped", of: ({ listened }) => new Map(listened.map(({ id, drops }) => [id, [`${id}, by this monitor`, drops]])) },
  { kind: "dropped", of: ({ interfaces }) => new Map(interfaces.map(({ name, drops }) => [name, [name, drops]])) },
  { kind: "lost", of: ({ listened }) => new Map(listened.map(({ id, lost }) => [id, [id, lost]])) },
];

/** Returns the changes from one sample to the next: losses first, as they matter most; 50 at most, the last of which counts the rest. */
export function eventsBetween(before: State, after: State): readonly MonitorEvent[] {
  const { timeMs } = after;
  const all = [
    ...LOSSES.flatMap((losses) => lossEvents(losses, before, after)),
    ...PRESENCES.flatMap((presence) => presenceEvents(presence, before, after)),
  ].map((event): MonitorEvent => ({ timeMs, ...event }));
  if (all.length <= MOST_EVENTS) return all;
  const shown = all.slice(0, MOST_EVENTS - 1);
  return [...shown, { timeMs, kind: "more", subject: "further changes", count: all.length - shown.length }];
}

function presenceEvents({ added, removed, of }: Presence, before: State, after: State): Omit<MonitorEvent, "timeMs">[] {
  const [old, now] = [of(before), of(after)];
  const missing = (from: ReadonlyMap<string, string>, than: ReadonlyMap<string, string>, kind: EventKind) =>
    [...from].flatMap(([id, subject]) => (than.has(id) ? [] : [{ kind, subject }]));
  return [...missing(old, now, removed), ...missing(now, old, added)];
}

function lossEvents({ kind, of }: Losses, before: State, after: State): Omit<MonitorEvent, "timeMs">[] {
  const old = of(before);
  return [...of(after)].flatMap(([id, [subject, value]]) => {
    const count = value - (old.get(id)?.[1] ?? value);
    return count > 0 ? [{ kind, subject, count }] : [];
  });
}

function isLasting({ port, groupCount, isMember }: PortSample): boolean {
  return port < FIRST_EPHEMERAL_PORT || (isMember && groupCount > 0);
}

function portText({ address, port, program }: PortSample): string {
  const endpoint = address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
  return program === undefined ? endpoint : `${endpoint} of ${program}`;
}
