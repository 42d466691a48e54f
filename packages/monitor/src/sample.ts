/**
 * Shape of a sample: the state of a host or of a program at one moment. It is only data, because it becomes JSON for the page and for
 * `groupcast monitor --json`. Names in it come from the network and from other programs: they may hold any character.
 */

/** A UDP port. */
export interface PortSample {
  /** Unique among the ports of a sample; the same in the next one. */
  readonly id: string;
  /** IP literal that it is bound to; `0.0.0.0` or `::`: every address. */
  readonly address: string;
  /** Port number. */
  readonly port: number;
  /** Process id; absent where the process is hidden from this user. */
  readonly pid?: number | undefined;
  /** Name of the program, or of the protocol of a port of this program; absent where it is hidden. */
  readonly program?: string | undefined;
  /** User id of the owner; absent for a port of this program. */
  readonly uid?: number | undefined;
  /** Groups that it receives, 8 at most. */
  readonly groups: readonly string[];
  /** Number of groups that it receives. */
  readonly groupCount: number;
  /** Whether it is known to be a member. Linux does not say who has joined: a socket on every address may receive any group of the host. */
  readonly isMember: boolean;
  /** Number of bytes that wait in its receive buffer; of a port of this program, those that wait to be sent are not counted. */
  readonly queuedBytes?: number | undefined;
  /** Number of datagrams lost to a full receive buffer since it was opened. */
  readonly drops: number;
  /** Datagrams lost to a full receive buffer, per second. */
  readonly dropsPerSecond: number;
  /** Datagrams received, per second; absent for a socket of another program: the kernel does not count them. */
  readonly receivedPerSecond?: number | undefined;
  /** Payload bytes received, per second. */
  readonly receivedBytesPerSecond?: number | undefined;
  /** Datagrams sent, per second. */
  readonly sentPerSecond?: number | undefined;
  /** Number of datagrams that could not be sent, or were dropped by a full send queue, since it was opened. */
  readonly sendFailures?: number | undefined;
}

/** A destination that the monitor itself listens to. */
export interface ListenedSample {
  /** Unique among those of a sample; the same in the next one: `239.1.2.3:5000`. */
  readonly id: string;
  /** Number of datagrams so far. */
  readonly received: number;
  /** Datagrams per second. */
  readonly perSecond: number;
  /** Payload bytes per second. */
  readonly bytesPerSecond: number;
  /** Number of datagrams missing in numbered streams. */
  readonly lost: number;
  /** Datagrams missing in numbered streams, per second. */
  readonly lostPerSecond: number;
  /** Number of runs of missing numbers. */
  readonly gaps: number;
  /** Number that came more than once. */
  readonly duplicates: number;
  /** Number that came late. */
  readonly reordered: number;
  /** Number of numbered streams. */
  readonly streams: number;
  /** Number of datagrams that did not fit into the monitor's own receive buffer. */
  readonly drops: number;
  /** The same, per second. */
  readonly dropsPerSecond: number;
}

/** A group that an interface has joined. Those that the kernel joins by itself are left out. */
export interface GroupSample {
  /** IP literal. */
  readonly group: string;
  /** Name of the interface. */
  readonly interface: string;
  /** Number of sockets that joined. */
  readonly users: number;
}

/** An interface. Rates count packets, unless the name says bytes. */
export interface InterfaceSample {
  /** Name. */
  readonly name: string;
  /** Whether it is up and has a carrier. */
  readonly isUp: boolean;
  /** IP literals of its addresses, 4 at most. */
  readonly addresses: readonly string[];
  /** Packets received per second. */
  readonly receivedPerSecond: number;
  /** Bytes received per second. */
  readonly receivedBytesPerSecond: number;
  /** Packets received to multicast addresses per second, where the driver counts them. */
  readonly multicastPerSecond: number;
  /** Packets sent per second. */
  readonly sentPerSecond: number;
  /** Bytes sent per second. */
  readonly sentBytesPerSecond: number;
  /** Number of packets that were broken, or could not be sent, since the interface was made. */
  readonly errors: number;
  /** Number of packets dropped on the way in or out since the interface was made. */
  readonly drops: number;
  /** Packets dropped per second. */
  readonly dropsPerSecond: number;
}

/** A node of channels, as its heartbeats describe it. */
export interface NodeSample {
  /** Random number that identifies it. */
  readonly session: string;
  /** Name. Several nodes can have one name. */
  readonly name: string;
  /** Full names of the channels that it publishes on, 64 at most; fewer where there are more than 64 nodes, 4 where there are a thousand. */
  readonly publishes: readonly string[];
  /** Full names of the channels that it subscribes to; as many at most. */
  readonly subscribes: readonly string[];
  /** Number of channels that it uses. */
  readonly channelCount: number;
  /** Whether it is a node of this program. */
  readonly isOwn: boolean;
}

/** A relay of channels. */
export interface RelaySample {
  /** Unique among those of a sample; the same in the next one. */
  readonly id: string;
  /** Description: the networks it joins, or the port number it relays from. */
  readonly name: string;
  /** Name of the program; absent where it is hidden, and for a relay of this program. */
  readonly program?: string | undefined;
  /** Process id; absent where it is hidden, and for a relay of this program. */
  readonly pid?: number | undefined;
  /** Packets passed on per second, both ways; absent for a relay of another program. */
  readonly forwardedPerSecond?: number | undefined;
  /** Packets per second that were meant to pass and did not: over the limit, too long or refused; absent for a relay of another program. */
  readonly refusedPerSecond?: number | undefined;
}

/** UDP of the whole host, or all ports of a program, in datagrams. */
export interface TotalSample {
  /** Received per second. */
  readonly receivedPerSecond: number;
  /** Sent per second. */
  readonly sentPerSecond: number;
  /** Lost per second: to full receive buffers, and missing in numbered streams. */
  readonly lostPerSecond: number;
  /** Received per second for ports that nobody had open; of a host only. */
  readonly unwantedPerSecond?: number | undefined;
}

/** One point of a curve. */
export interface CurvePoint {
  /** Identity of the curve: the id of a port, a destination or an interface, or `total`. */
  readonly id: string;
  /** Name of the curve. */
  readonly label: string;
  /** Datagrams per second; of an interface, packets. */
  readonly perSecond: number;
  /** Datagrams lost per second. */
  readonly lostPerSecond: number;
}

/** Kind of an event. `more`: there were further ones. */
export type EventKind =
  | "port-opened"
  | "port-closed"
  | "group-joined"
  | "group-left"
  | "interface-up"
  | "interface-down"
  | "node-appeared"
  | "node-gone"
  | "dropped"
  | "lost"
  | "more";

/** A change between two samples. */
export interface MonitorEvent {
  /** Time of the sample that shows it, in milliseconds since 1970. */
  readonly timeMs: number;
  /** Kind. */
  readonly kind: EventKind;
  /** Port, group, interface or node that it concerns; may contain any character. */
  readonly subject: string;
  /** Number of datagrams lost, or of events left out; absent where there is nothing to count. */
  readonly count?: number | undefined;
}

/** State at one moment, and the changes since the sample before. */
export interface MonitorSample {
  /** Time, in milliseconds since 1970. */
  readonly timeMs: number;
  /** Time since the sample before, in milliseconds; 0 for the first, whose rates are 0. */
  readonly intervalMs: number;
  /** Name of the host or program. */
  readonly title: string;
  /** Sums. */
  readonly totals: TotalSample;
  /** UDP ports: those that lose datagrams first, then members of groups, then by number. */
  readonly ports: readonly PortSample[];
  /** Destinations that the monitor listens to, in the order they were given. */
  readonly listened: readonly ListenedSample[];
  /** Groups that are joined. */
  readonly groups: readonly GroupSample[];
  /** Interfaces. */
  readonly interfaces: readonly InterfaceSample[];
  /** Nodes of channels. */
  readonly nodes: readonly NodeSample[];
  /** Relays of channels. */
  readonly relays: readonly RelaySample[];
  /** Up to 8 curves: the sum, and the subjects with most traffic. Once chosen, a curve stays while there is something to draw. */
  readonly curves: readonly CurvePoint[];
  /** Changes since the sample before, 50 at most. */
  readonly events: readonly MonitorEvent[];
  /** Sentences that say which facts could not be read, and how to see more. */
  readonly limits: readonly string[];
}

/** Part of a sample that one source contributes. */
export type Readings = Partial<Omit<MonitorSample, "timeMs" | "intervalMs" | "title" | "curves" | "events">>;

/** A source of readings. A monitor asks all its sources for each sample. */
export interface MonitorSource {
  /**
   * Takes a reading.
   *
   * @param elapsedMs - Time since the previous reading, in milliseconds; 0 the first time.
   */
  read(elapsedMs: number): Readings;
}
