/** Channels from one node to another: plain, sealed, and with messages of several fragments; with an attacker on the sealed one. */
import { randomBytes, randomInt } from "node:crypto";
import { type Channel, ChannelNode, multicastGroupForChannel } from "@groupcast/channels";
import { DatagramProtocol, type MulticastPort, type Reactor, type SocketAddress } from "groupcast";
import type { Account } from "../account.js";
import { LOOPBACK, type Load, RECEIVE_BUFFER_BYTES } from "../load.js";

const SEALED = "soak/sealed";
const KEY = randomBytes(32);
const BURST = 4;
const MOST_ON_THE_WAY = 32;
const LARGE_BYTES = 120_000; // two fragments, which fit a receive buffer
const MOST_NOISE_BYTES = 1500;
const MOST_SOURCES = 64; // so that the table of those that the attacker makes up is full before memory is judged

class Attacker extends DatagramProtocol {
  latest: Buffer = Buffer.alloc(1);

  /** Keeps what the publisher sends. Without isolation (dgram) the port hears other channels, too; of those, a repeat would be delivered. */
  override datagramReceived(data: Buffer, from: SocketAddress): void {
    if (from.port !== this.transport.getHost().port && data.includes(SEALED)) this.latest = Buffer.from(data);
  }
}

interface Line {
  readonly path: string;
  readonly from: Channel;
  readonly to: Channel;
  readonly payload: Buffer;
  readonly burst: number;
  readonly mostOnTheWay: number;
}

export class ChannelLoad implements Load {
  readonly #lines: readonly Line[];
  readonly #protocol = new Attacker();
  readonly #attacker: MulticastPort;
  readonly #target: { readonly address: string; readonly port: number };

  /** @param port - Number of the channels' own, so that two processes do not hear each other. */
  constructor(reactor: Reactor, port: number) {
    const options = { port, interface: LOOPBACK, receiveBufferBytes: RECEIVE_BUFFER_BYTES };
    const publisher = new ChannelNode(reactor, { name: "publisher", ...options });
    const subscriber = new ChannelNode(reactor, { name: "subscriber", maxSources: MOST_SOURCES, ...options });
    const seal = { keys: { 1: KEY }, current: 1 };
    const small = { payload: randomBytes(200), burst: BURST, mostOnTheWay: MOST_ON_THE_WAY };
    const line = (path: string, name: string, channelOptions: object): Pick<Line, "path" | "from" | "to"> => ({
      path,
      from: publisher.channel(name, channelOptions) as Channel,
      to: subscriber.channel(name, channelOptions) as Channel,
    });
    this.#lines = [
      { ...line("plain channel", "soak/plain", {}), ...small },
      { ...line("sealed channel under attack", SEALED, { seal }), ...small },
      {
        ...line("channel of large messages", "soak/large", { fragment: true }),
        payload: randomBytes(LARGE_BYTES),
        burst: 1,
        mostOnTheWay: 0,
      },
    ];
    for (const { to } of this.#lines) to.subscribe(() => {});
    this.#target = { address: multicastGroupForChannel(SEALED), port };
    this.#attacker = reactor.listenMulticast(port, this.#protocol, { listenMultiple: true, outgoingInterface: LOOPBACK, loopback: true });
    this.#attacker.joinGroup(this.#target.address, LOOPBACK);
  }

  turn(): void {
    for (const { from, to, payload, burst, mostOnTheWay } of this.#lines) {
      if (from.statistics().published - to.statistics().received > mostOnTheWay) continue;
      for (let i = 0; i < burst; i++) from.publish(payload);
    }
    for (const packet of this.#hostilePackets()) this.#attacker.write(packet, this.#target);
  }

  accounts(): readonly Account[] {
    return this.#lines.map(({ path, from, to }) => {
      const [{ published, dropped }, { received, lost, incomplete }] = [from.statistics(), to.statistics()];
      const counted = Math.max(0, Math.min(published - received, lost + incomplete));
      return { path, sent: published + dropped, delivered: received, refused: dropped, counted };
    });
  }

  /** A packet again, one that is cut, one with a wrong bit, and noise. */
  #hostilePackets(): Buffer[] {
    const { latest } = this.#protocol;
    const changed = Buffer.from(latest);
    const at = randomInt(changed.length);
    changed[at]! ^= 1 << randomInt(8);
    return [latest, latest.subarray(0, randomInt(latest.length)), changed, randomBytes(randomInt(MOST_NOISE_BYTES))];
  }
}
