import type { Destination } from "groupcast";
import type { RecordedDatagram } from "../recording/recording-reader.js";
import { type EndpointMapping, type EndpointPattern, fits, mapped } from "./endpoint-pattern.js";
import type { ChannelReplay, ReplayChannels, Replayed } from "./replay-channels.js";

/** Choice of datagrams of a recording, and their destinations. */
export interface ReplaySelection {
  /** Destinations, before changes; a datagram must match one of them. Default: all. */
  readonly destinations?: readonly EndpointPattern[] | undefined;
  /** Senders; a datagram must match one of them. Default: all. */
  readonly sources?: readonly EndpointPattern[] | undefined;
  /** Changes of destinations; the first match counts. */
  readonly mappings?: readonly EndpointMapping[] | undefined;
  /** Channels, by name; other datagrams are skipped. Default: all datagrams. */
  readonly channels?: readonly ChannelReplay[] | undefined;
  /** Destination of all datagrams, instead of mappings. */
  readonly to?: Destination | undefined;
}

/** A datagram to replay, or why it is passed over. */
export type Selected = (Replayed & { readonly isChanged: boolean }) | { readonly skipped: string };

/** Returns where a datagram goes, and its bytes. @param byChannel - The channels of the selection. */
export function select(
  datagram: Pick<RecordedDatagram, "from" | "to" | "data">,
  selection: ReplaySelection,
  byChannel: ReplayChannels | undefined,
): Selected {
  const { destinations, sources, mappings = [], to } = selection;
  if (destinations !== undefined && !destinations.some((pattern) => fits(datagram.to, pattern))) return { skipped: "filtered" };
  if (sources !== undefined && !sources.some((pattern) => fits(datagram.from, pattern))) return { skipped: "filtered" };
  const replayed = byChannel === undefined ? datagram : byChannel.replayed(datagram);
  if (typeof replayed === "string") return { skipped: replayed };
  const target = to ?? mapped(replayed.to, mappings);
  return target.port === 0 ? { skipped: "port 0" } : { to: target, data: replayed.data, isChanged: target !== datagram.to };
}

/** Number of datagrams and frames that were passed over, by reason. */
export class SkipCount {
  readonly #counts = new Map<string, number>();

  /** Counts one. */
  note(reason: string): void {
    this.add({ [reason]: 1 });
  }

  /** Adds the counts of somebody else. */
  add(counts: Readonly<Record<string, number>>): void {
    for (const [reason, count] of Object.entries(counts)) this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + count);
  }

  /** Returns map of reason → number. */
  report(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
