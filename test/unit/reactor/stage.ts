// A reactor on the fake backend and a manual clock, and a protocol that remembers what it was called with.
import { setImmediate as endOfTurn } from "node:timers/promises";
import { ManualClock } from "@groupcast/backend-memory";
import {
  type Arrival,
  DatagramProtocol,
  type ListenOptions,
  type LogFields,
  type MulticastListenOptions,
  type MulticastPort,
  type PortEvents,
  Reactor,
  type ReactorOptions,
  type SocketAddress,
} from "@groupcast/reactor";
import { FakeBackend, type FakeBackendOptions, type FakeSocket } from "../../support/fake-backend.js";

/** Lets everything run that this turn has set off: ticks, microtasks, promises that are settled. */
export async function turn(): Promise<void> {
  await endOfTurn();
}

/** One line of the log. */
export interface Logged {
  readonly level: "info" | "warn" | "error";
  readonly message: string;
  readonly fields: LogFields | undefined;
}

export class Stage {
  readonly backend: FakeBackend;
  readonly clock: ManualClock = new ManualClock();
  readonly log: Logged[] = [];
  readonly reactor: Reactor;

  constructor(fake: FakeBackendOptions = {}, options: Partial<ReactorOptions> = {}) {
    this.backend = new FakeBackend(fake);
    const note =
      (level: Logged["level"]) =>
      (message: string, fields?: LogFields): number =>
        this.log.push({ level, message, fields });
    const logger = { info: note("info"), warn: note("warn"), error: note("error") };
    this.reactor = new Reactor({ backend: this.backend, clock: this.clock, logger, ...options });
  }

  get messages(): string[] {
    return this.log.map(({ message }) => message);
  }

  /** What was logged as an error. */
  get loggedErrors(): unknown[] {
    return this.log.filter(({ level }) => level === "error").map(({ fields }) => fields?.error);
  }

  /** Opens a port with a protocol that remembers. */
  listen(options?: ListenOptions, protocol: Notes = new Notes()): Listening {
    return this.#with(this.reactor.listenUDP(9999, protocol, options) as MulticastPort, protocol);
  }

  listenMulticast(options?: MulticastListenOptions, protocol: Notes = new Notes()): Listening {
    return this.#with(this.reactor.listenMulticast(9999, protocol, options), protocol);
  }

  #with(port: MulticastPort, protocol: Notes): Listening {
    return { port, protocol, socket: this.backend.last, events: recordEvents(port) };
  }
}

/** A port, who uses it, and what it stands on. */
export interface Listening {
  readonly port: MulticastPort;
  readonly protocol: Notes;
  readonly socket: FakeSocket;
  readonly events: RecordedEvent[];
}

/** Name of an event, and what it told. */
export type RecordedEvent = readonly [event: string, ...payload: unknown[]];

const EVENTS: readonly (keyof PortEvents)[] = ["closed", "drain", "dropped", "sendFailed", "refused", "membership", "error"];

/** Every event of `port` from now on; `error` too, so it counts as heard. */
export function recordEvents(port: MulticastPort, events: readonly (keyof PortEvents)[] = EVENTS): RecordedEvent[] {
  const told: RecordedEvent[] = [];
  for (const event of events) port.on(event, (...payload: unknown[]) => told.push([event, ...payload]));
  return told;
}

/** One datagram, as a protocol got it. */
export interface Note {
  readonly data: Buffer;
  readonly from: SocketAddress;
  readonly arrival: Arrival | undefined;
}

export class Notes extends DatagramProtocol {
  readonly received: Note[] = [];
  /** Names of the calls, in order. */
  readonly calls: string[] = [];
  onStart: () => void = () => {};
  onReceived: (note: Note) => unknown = () => {};
  onStop: () => void = () => {};
  onRefused: () => void = () => {};

  get texts(): string[] {
    return this.received.map(({ data }) => data.toString());
  }

  override startProtocol(): void {
    this.calls.push("startProtocol");
    this.onStart();
  }

  override datagramReceived(data: Buffer, from: SocketAddress, arrival?: Arrival): void | Promise<void> {
    this.calls.push("datagramReceived");
    const note = { data, from, arrival };
    this.received.push(note);
    return this.onReceived(note) as void | Promise<void>;
  }

  override connectionRefused(): void {
    this.calls.push("connectionRefused");
    this.onRefused();
  }

  override stopProtocol(): void {
    this.calls.push("stopProtocol");
    this.onStop();
  }
}
