// The networks that the suite of channel transports runs on.
import { MemoryNetwork } from "@groupcast/backend-memory";
import {
  ChannelNode,
  type ChannelReceiver,
  type ChannelTransport,
  NatsTransport,
  type NodeOptions,
  UdpTransport,
} from "@groupcast/channels";
import { Reactor } from "groupcast";
import { until } from "../lab/until.js";
import { freeChannelPort } from "./free-channel-port.js";
import { NatsServer } from "./nats-server.js";

/** Somebody on the network, with a reactor of its own. */
export interface Participant {
  readonly reactor: Reactor;
  readonly transport: ChannelTransport;
}

/** A network that carries channels, and everybody on it. */
export abstract class World implements AsyncDisposable {
  readonly #disposals: (() => Promise<unknown>)[] = [];

  /** A new one on the network; on UDP and in memory a new host or process. */
  async participant(): Promise<Participant> {
    const participant = await this.open();
    this.#disposals.unshift(
      () => participant.reactor.stop(),
      () => participant.transport.close(),
    );
    return participant;
  }

  /** A node on the network. */
  async node(name: string, options: Partial<NodeOptions> = {}): Promise<ChannelNode> {
    const { reactor, transport } = await this.participant();
    return new ChannelNode(reactor, { name, heartbeatMs: 0, transport, ...options });
  }

  /** Lets time pass until it is so. @throws Error when it does not become so. */
  abstract until(isReached: () => boolean, what: string): Promise<void>;

  async [Symbol.asyncDispose](): Promise<void> {
    for (const dispose of this.#disposals.splice(0)) await dispose();
    await this.end();
  }

  protected abstract open(): Promise<Participant>;
  protected abstract end(): Promise<void>;
}

let echoes = 0;

/**
 * Waits until all that `transport` has begun to receive comes. A NATS server is told in the order of the calls, so when a packet of the
 * participant's own comes back that it began to receive last, the others come, too.
 */
export async function whenReceiving(world: World, transport: ChannelTransport): Promise<void> {
  const channel = `echo ${echoes++}`;
  let hasCome = false;
  const receiver: ChannelReceiver = {
    packetReceived: () => {
      hasCome = true;
    },
  };
  transport.startReceiving(channel, receiver);
  const sender = transport.openSender(channel);
  sender.send(Buffer.alloc(0));
  await world.until(() => hasCome, "a participant's own echo");
  transport.stopReceiving(channel, receiver);
  sender.close();
}

/** Multicast on the loopback interface of this host. */
class UdpWorld extends World {
  readonly #port = freeChannelPort();

  until(isReached: () => boolean, what: string): Promise<void> {
    return until(isReached, { what });
  }

  protected async open(): Promise<Participant> {
    const reactor = new Reactor();
    return { reactor, transport: new UdpTransport(reactor, { port: await this.#port }) };
  }

  protected async end(): Promise<void> {}
}

/** Multicast on a network in memory, each participant a host of its own. */
class MemoryWorld extends World {
  readonly #network = new MemoryNetwork();
  #hosts = 0;

  async until(isReached: () => boolean): Promise<void> {
    if (!isReached()) await this.#network.clock.runUntil(isReached, { limitMs: 5000 });
  }

  protected async open(): Promise<Participant> {
    const backend = this.#network.host(`host ${this.#hosts++}`);
    const reactor = new Reactor({ backend, clock: this.#network.clock });
    return { reactor, transport: new UdpTransport(reactor, { ttl: 1 }) };
  }

  protected async end(): Promise<void> {}
}

/** A NATS server on loopback, each participant a connection of its own. */
class NatsWorld extends World {
  readonly #server = NatsServer.start();

  until(isReached: () => boolean, what: string): Promise<void> {
    return until(isReached, { what });
  }

  protected async open(): Promise<Participant> {
    const { url } = await this.#server;
    return { reactor: new Reactor(), transport: await NatsTransport.connect({ servers: url }) };
  }

  protected async end(): Promise<void> {
    await (await this.#server).kill();
  }
}

/** Name → a new world of that kind. */
export const WORLDS: Readonly<Record<"udp" | "memory" | "nats", () => World>> = {
  udp: () => new UdpWorld(),
  memory: () => new MemoryWorld(),
  nats: () => new NatsWorld(),
};
