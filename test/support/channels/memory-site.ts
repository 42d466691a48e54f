// Hosts in memory with nodes on them, on one clock.
import { MemoryNetwork } from "@groupcast/backend-memory";
import { ChannelNode, type NodeOptions } from "@groupcast/channels";
import { type Logger, Reactor } from "groupcast";

/** A logger that keeps what it is told. */
export class KeptLog implements Logger {
  readonly warnings: string[] = [];
  readonly errors: unknown[] = [];

  info(): void {}

  warn(message: string): void {
    this.warnings.push(message);
  }

  error(_message: string, fields?: { readonly error?: unknown }): void {
    this.errors.push(fields?.error);
  }
}

export class MemorySite {
  readonly network = new MemoryNetwork({ trace: true });
  readonly log = new KeptLog();
  readonly #reactors = new Map<string, Reactor>();

  /** The reactor of a host; made, with the host, when it is first asked for. */
  reactor(host: string): Reactor {
    const known = this.#reactors.get(host);
    if (known !== undefined) return known;
    const reactor = new Reactor({ backend: this.network.host(host), clock: this.network.clock });
    this.#reactors.set(host, reactor);
    return reactor;
  }

  /** A node on a host; without heartbeats, unless they are asked for. */
  node(host: string, options: Partial<NodeOptions> = {}): ChannelNode {
    return new ChannelNode(this.reactor(host), { name: host, heartbeatMs: 0, logger: this.log, ...options });
  }

  /** Lets everything arrive that is on the way. */
  settle(): Promise<void> {
    return this.network.clock.advance(10);
  }

  /** Where datagrams of a host were put on a wire, or "lo". */
  leftBy(host: string): string[] {
    return this.network.trace.records.filter(({ event, node }) => event === "sent" && node === host).map((record) => record.interface);
  }
}
