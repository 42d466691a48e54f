import { type Answer, decode, encode, type Packet } from "dns-packet";
import { DatagramProtocol, type MulticastListenOptions, type Network, type NetworkInterface } from "groupcast";

const GROUP = "224.0.0.251"; // RFC 6762 3
export const MDNS_PORT = 5353;

/** 5353 is everybody's: the system's own responder listens there as well. RFC 6762 11 wants a TTL of 255. */
export const MDNS_OPTIONS: MulticastListenOptions = { listenMultiple: true, ttl: 255 };

/** The service of the examples, as DNS-SD (RFC 6763) names it. */
export const SERVICE = "_groupcast._udp.local";

/** What a browser and a responder have in common: hearing DNS messages on every interface, and saying them on every one. */
export abstract class MulticastDns extends DatagramProtocol {
  readonly #network: Network;

  constructor(network: Network) {
    super();
    this.#network = network;
  }

  override startProtocol(): void {
    this.transport.joinGroup(GROUP, "all");
  }

  override datagramReceived(data: Buffer): void {
    const message = decoded(data);
    if (message !== undefined) this.messageReceived(message);
  }

  protected abstract messageReceived(message: Packet): void;

  /** Says a message on each interface; `messageFor` may say something else on each, or nothing. */
  protected say(messageFor: (at: NetworkInterface) => Packet | undefined): void {
    for (const at of this.#network.interfaces()) {
      const canCarry = at.flags.up && at.flags.multicast && at.addresses.some(({ family }) => family === 4);
      const message = canCarry ? messageFor(at) : undefined;
      if (message === undefined) continue;
      this.transport.setOutgoingInterface(at);
      this.transport.write(encode(message), { address: GROUP, port: MDNS_PORT });
    }
  }
}

/** Every record of a message, in whichever section. */
export function recordsOf({ answers = [], additionals = [] }: Packet): readonly Answer[] {
  return [...answers, ...additionals];
}

/** Anybody may send anything to a group. */
function decoded(data: Buffer): Packet | undefined {
  try {
    return decode(data);
  } catch {
    return undefined;
  }
}
