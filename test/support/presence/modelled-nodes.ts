// Nodes in the simulation that send what real ones would send, from hosts of their own, and keep no directory: they take the number of
// nodes from an observer's. So ten thousand of them fit into one process.
import type { MemoryNetwork } from "@groupcast/backend-memory";
import { type ChannelSender, type ChannelUsage, decodeHeartbeat, HEARTBEAT_CHANNEL, UdpTransport } from "@groupcast/channels";
import { Reactor } from "groupcast";
import { Announcer } from "../../../packages/channels/src/presence/announcer.js";
import { HeartbeatRate } from "../../../packages/channels/src/presence/heartbeat-rate.js";

const PERIOD_MS = 1000; // the default of nodes

/** One modelled node. */
export class ModelledNode {
  readonly session: string;
  readonly #announcer: Announcer;
  readonly #sender: ChannelSender;
  #isRunning = false;
  #periodMs = 0;

  /** @param nodes - Returns the number of nodes that it would know, itself included. */
  constructor(network: MemoryNetwork, name: string, channels: readonly string[], nodes: () => number) {
    this.session = Buffer.from(name.padEnd(8).slice(-8), "latin1").toString("hex");
    const reactor = new Reactor({ backend: network.host(name), clock: network.clock });
    this.#sender = new UdpTransport(reactor, { ttl: 1 }).openSender(HEARTBEAT_CHANNEL);
    const usages: readonly ChannelUsage[] = channels.map((channel) => ({ name: channel, isPublished: false, isSubscribed: true }));
    this.#announcer = new Announcer({
      clock: network.clock,
      session: this.session,
      name,
      periodMs: PERIOD_MS,
      rate: new HeartbeatRate({ periodMs: PERIOD_MS, nodes, sealBytes: 0, random: Math.random }),
      usages: () => usages,
      send: (beat) => {
        this.#periodMs = decodeHeartbeat(beat)!.periodMs;
        this.#sender.send(beat);
      },
    });
  }

  /** Period that its latest heartbeat announced, in milliseconds. */
  get periodMs(): number {
    return this.#periodMs;
  }

  start(): void {
    this.#isRunning = true;
    this.#announcer.start();
  }

  /** Takes note of a newcomer, as a real node does when one appears in its directory. */
  newcomer(): void {
    if (this.#isRunning) this.#announcer.repeat();
  }

  /** Sends nothing more, and no good-bye. */
  crash(): void {
    this.#isRunning = false;
    this.#announcer.close();
  }
}
