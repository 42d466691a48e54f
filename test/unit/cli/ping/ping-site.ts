// Hosts on a network in memory, with responders on some of them, and a ping from one of them.
import { MemoryNetwork, type MemoryNetworkOptions } from "@groupcast/backend-memory";
import { type PingEvent, type PingOptions, type PingReport, ping, type RespondOptions, type RespondReport, respond } from "@groupcast/cli";
import { type MulticastPort, Reactor, type SocketAddress } from "groupcast";

export const GROUP = "239.1.2.3";

/** A responder that runs. */
export interface RunningResponder {
  readonly reactor: Reactor;
  /** Ends it. */
  stop(): Promise<RespondReport>;
}

/** A ping that runs. */
export interface RunningPing {
  readonly events: PingEvent[];
  readonly report: Promise<PingReport>;
  stop(): Promise<PingReport>;
}

export class PingSite {
  readonly network: MemoryNetwork;
  readonly #reactors = new Map<string, Reactor>();

  constructor(options: MemoryNetworkOptions = {}) {
    this.network = new MemoryNetwork(options);
  }

  reactor(host: string): Reactor {
    const reactor = this.#reactors.get(host) ?? new Reactor({ backend: this.network.host(host), clock: this.network.clock });
    this.#reactors.set(host, reactor);
    return reactor;
  }

  address(host: string, family: 4 | 6 = 4): string {
    const addresses = this.network.host(host).network.interfaces();
    if (!Array.isArray(addresses)) throw new Error(`no interfaces on ${host}`);
    return addresses.find(({ name }) => name === "eth0")!.addresses.find((each: { family: number }) => each.family === family)!.address;
  }

  respond(host: string, options: RespondOptions = {}): RunningResponder {
    const abort = new AbortController();
    const reactor = this.reactor(host);
    const report = respond(reactor, { ...options, signal: abort.signal });
    const stop = async (): Promise<RespondReport> => {
      abort.abort();
      await this.network.clock.advance(0);
      return report;
    };
    return { reactor, stop };
  }

  ping(host: string, target: string, options: PingOptions = {}): RunningPing {
    const abort = new AbortController();
    const events: PingEvent[] = [];
    const report = ping(this.reactor(host), target, { onEvent: (event) => void events.push(event), signal: abort.signal, ...options });
    report.catch(() => {}); // a test awaits it later
    const stop = async (): Promise<PingReport> => {
      abort.abort();
      await this.network.clock.advance(0);
      return report;
    };
    return { events, report, stop };
  }

  /** Moves the clock until a promise settles. */
  async settled<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    promise.then(
      () => (isSettled = true),
      () => (isSettled = true),
    );
    await this.network.clock.runUntil(() => isSettled);
    return promise;
  }

  /** A port that answers each datagram as `answer` says: for responders of another kind. */
  stranger(host: string, number: number, answer: (data: Buffer, from: SocketAddress, port: MulticastPort) => void): MulticastPort {
    const port: MulticastPort = this.reactor(host).listenMulticast(number, { datagramReceived: (data, from) => answer(data, from, port) });
    return port;
  }
}
