import type { CurvePoint, MonitorSample } from "./sample.js";

const MOST_CURVES = 8; // more colours cannot be told apart
const SUM = "total";

type State = Omit<MonitorSample, "events" | "curves">;

/** Chooses what is drawn as curves: the sum, and what has most traffic. A curve stays while its subject is there, so that it has no holes. */
export class CurveSelection {
  #chosen: ReadonlySet<string> = new Set();

  /** Returns the points of a sample. */
  points(state: State): readonly CurvePoint[] {
    const candidates = new Map(candidatesOf(state).map((point) => [point.id, point]));
    const kept = [...this.#chosen].filter((id) => candidates.has(id));
    const fresh = [...candidates.values()]
      .filter(({ id, perSecond, lostPerSecond }) => perSecond + lostPerSecond > 0 && !this.#chosen.has(id))
      .sort((a, b) => b.perSecond + b.lostPerSecond - (a.perSecond + a.lostPerSecond))
      .map(({ id }) => id);
    this.#chosen = new Set([...kept, ...fresh].slice(0, MOST_CURVES - 1));
    return [sumOf(state), ...[...this.#chosen].map((id) => candidates.get(id)!)];
  }
}

function sumOf({ totals: { receivedPerSecond, lostPerSecond } }: State): CurvePoint {
  return { id: SUM, label: "all UDP", perSecond: receivedPerSecond, lostPerSecond };
}

/** Destinations that are listened to were asked for, and ports with rates are of this program; without either, interfaces are left. */
function candidatesOf({ listened, ports, interfaces }: State): readonly CurvePoint[] {
  const counted = ports.filter(({ receivedPerSecond, dropsPerSecond }) => receivedPerSecond !== undefined || dropsPerSecond > 0);
  const named = [
    ...listened.map((one) => ({
      id: one.id,
      label: one.id,
      perSecond: one.perSecond,
      lostPerSecond: one.lostPerSecond + one.dropsPerSecond,
    })),
    ...counted.map(({ id, program, port, receivedPerSecond = 0, dropsPerSecond }) => ({
      id,
      label: program === undefined ? `port ${port}` : `${program}, port ${port}`,
      perSecond: receivedPerSecond,
      lostPerSecond: dropsPerSecond,
    })),
  ];
  if (listened.length > 0 || counted.some(({ receivedPerSecond }) => receivedPerSecond !== undefined)) return named;
  const ofInterfaces = interfaces.map(({ name, receivedPerSecond, dropsPerSecond }) => ({
    id: `interface ${name}`,
    label: `${name} (packets)`,
    perSecond: receivedPerSecond,
    lostPerSecond: dropsPerSecond,
  }));
  return [...named, ...ofInterfaces];
}
