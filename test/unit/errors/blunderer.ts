// A program that makes mistakes: a reactor on a network in memory, and what is opened with it.
import { MemoryNetwork } from "@groupcast/backend-memory";
import { type Channel, ChannelNode, type ChannelOptions } from "@groupcast/channels";
import { type ConnectedUDPPort, DatagramProtocol, type Logger, LoopingCall, type MulticastPort, Reactor } from "@groupcast/reactor";
import { FakeBackend } from "../../support/fake-backend.js";

export class Echo extends DatagramProtocol {}

const SILENT: Logger = { info() {}, warn() {}, error() {} };

/** Passes a value as plain JavaScript would: without a type. */
export function js(value: unknown): never {
  return value as never;
}

/** What a mistake is made with. Everything is opened when it is first asked for. */
export class Blunderer {
  readonly network: MemoryNetwork = new MemoryNetwork();
  readonly reactor: Reactor = new Reactor({
    backend: this.network.host("a", { limits: { lowestPort: 1024 } }),
    clock: this.network.clock,
    logger: SILENT,
  });
  #node: ChannelNode | undefined;

  /** A protocol that is on no port. */
  get echo(): Echo {
    return new Echo();
  }

  /** A port for IPv4, on 5000. */
  get port(): MulticastPort {
    return this.reactor.listenMulticast(5000, this.echo);
  }

  /** A port for IPv6, on 5000. */
  get port6(): MulticastPort {
    return this.reactor.listenMulticast(5000, this.echo, { interface: "::" });
  }

  /** A port that is connected to 10.0.0.9:9. */
  get connected(): ConnectedUDPPort {
    return this.reactor.connectUDP("10.0.0.9", 9, this.echo);
  }

  /** A port that has stopped. */
  readonly closedPort = async (): Promise<MulticastPort> => {
    const { port } = this;
    await port.stopListening();
    return port;
  };

  /** A reactor on a backend that refuses `call` with `errnoName`. */
  readonly refusing = (call: string, errnoName: string): Reactor => {
    const backend = new FakeBackend();
    backend.refuse(call, errnoName);
    return new Reactor({ backend, clock: this.network.clock, logger: SILENT });
  };

  /** A loop that does nothing. */
  get loop(): LoopingCall {
    return new LoopingCall(this.reactor, () => {});
  }

  /** A node of the channels. */
  get node(): ChannelNode {
    this.#node ??= new ChannelNode(js(this.reactor), { name: "robot", heartbeatMs: 0, logger: SILENT });
    return this.#node;
  }

  /** The channel "pose". */
  readonly channel = (options?: ChannelOptions): Channel<never, unknown> => {
    return js(options === undefined ? this.node.channel("pose") : this.node.channel("pose", js(options)));
  };

  /** Lets the network carry what was sent, and returns the error of the next failed send. */
  readonly failedSend = async (port: MulticastPort, send: (port: MulticastPort) => unknown): Promise<Error> => {
    const failed = new Promise<Error>((resolve) => port.on("sendFailed", ({ error }) => resolve(error)));
    send(port);
    await this.network.clock.advance(10);
    return await failed;
  };
}
