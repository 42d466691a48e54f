// A real node in the simulation, with what its presence costs: bytes on its wire, and time in its code.
import type { MemoryNetwork } from "@groupcast/backend-memory";
import {
  ChannelNode,
  type ChannelReceiver,
  decodeHeartbeat,
  HEARTBEAT_CHANNEL,
  UdpTransport,
  type UdpTransportOptions,
} from "@groupcast/channels";
import { type Clock, Reactor, type ScheduledCall } from "groupcast";

const PACKET_BYTES = 54; // IPv4 and UDP 28, and the header of a datagram on the channel of heartbeats
const SECOND_MS = 1000;

/** What an observer has paid since {@link Observer.begin}. */
export interface Costs {
  readonly bytesPerSecond: number;
  readonly mostBytesInASecond: number;
  readonly cpuMsPerSecond: number;
  readonly questions: number;
}

/** CPU time of one node's code, of which nothing nests. The clock on the wall would count what other programs take. */
class Meter {
  busyMs = 0;

  time(fn: () => void): void {
    const begun = process.cpuUsage();
    fn();
    const { user, system } = process.cpuUsage(begun);
    this.busyMs += (user + system) / 1000;
  }
}

class MeteredClock implements Clock {
  readonly #clock: Clock;
  readonly #meter: Meter;

  constructor(clock: Clock, meter: Meter) {
    this.#clock = clock;
    this.#meter = meter;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  schedule(delayMs: number, fn: () => void): ScheduledCall {
    return this.#clock.schedule(delayMs, () => this.#meter.time(fn));
  }

  hold(): () => void {
    return this.#clock.hold();
  }
}

class MeteredTransport extends UdpTransport {
  readonly #meter: Meter;
  readonly #seen: (payload: Buffer) => void;

  constructor(reactor: Reactor, options: UdpTransportOptions, meter: Meter, seen: (payload: Buffer) => void) {
    super(reactor, options);
    this.#meter = meter;
    this.#seen = seen;
  }

  override startReceiving(channel: string, receiver: ChannelReceiver): void {
    super.startReceiving(channel, {
      packetReceived: (packet) => {
        if (channel === HEARTBEAT_CHANNEL) this.#seen(packet.payload);
        this.#meter.time(() => receiver.packetReceived(packet));
      },
    });
  }
}

export class Observer {
  readonly node: ChannelNode;
  readonly #clock: Clock;
  readonly #meter = new Meter();
  readonly #seconds = new Map<number, number>(); // second → bytes
  #questions = 0;
  #begunMs = 0;

  constructor(network: MemoryNetwork, name: string, channels: readonly string[]) {
    this.#clock = network.clock;
    const reactor = new Reactor({ backend: network.host(name), clock: new MeteredClock(network.clock, this.#meter) });
    const transport = new MeteredTransport(reactor, { ttl: 1 }, this.#meter, (payload) => this.#note(payload));
    this.node = new ChannelNode(reactor, { name, transport, maxNodes: 1 << 14 });
    for (const channel of channels) this.node.channel(channel).subscribe(() => {});
  }

  /** Number of nodes that it knows. */
  get known(): number {
    return this.node.statistics().directory!.nodes;
  }

  /** Number of channels that it knows of other nodes. */
  get knownChannels(): number {
    return this.node.statistics().directory!.channels;
  }

  /** Begins to count from 0. */
  begin(): void {
    this.#begunMs = this.#clock.nowMs();
    this.#seconds.clear();
    this.#meter.busyMs = 0;
    this.#questions = 0;
  }

  /** What was paid since. Its own packets come back to it, and so are in the sum once. */
  get costs(): Costs {
    const seconds = (this.#clock.nowMs() - this.#begunMs) / SECOND_MS;
    const bytes = [...this.#seconds.values()];
    return {
      bytesPerSecond: bytes.reduce((sum, count) => sum + count, 0) / seconds,
      mostBytesInASecond: Math.max(...bytes),
      cpuMsPerSecond: this.#meter.busyMs / seconds,
      questions: this.#questions,
    };
  }

  #note(payload: Buffer): void {
    const second = Math.floor(this.#clock.nowMs() / SECOND_MS);
    this.#seconds.set(second, (this.#seconds.get(second) ?? 0) + payload.length + PACKET_BYTES);
    if (decodeHeartbeat(payload) === undefined) this.#questions++;
  }
}
