/**
 * Announces a service by multicast DNS, so that nobody has to know its address.
 *
 * You learn: a trigger before shutdown says goodbye while ports still send; each interface is told the addresses that it has.
 * You run:   node examples/dist/11-mdns-responder/main.js, and the browser of lesson 10, or: avahi-browse --resolve _groupcast._udp
 * You see:   announcing "Groupcast example" on port 9999. It is an echo server like that of lesson 1. Ctrl-C ends it, and is announced.
 *
 * A responder for more than a lesson asks first whether its name is taken, and leaves out what the asker knows (RFC 6762 8.1 and 7.1).
 */
import { hostname } from "node:os";
import type { Answer, Packet } from "dns-packet";
import { DatagramProtocol, type Network, type NetworkInterface, Reactor, type SocketAddress } from "groupcast";
import { MDNS_OPTIONS, MDNS_PORT, MulticastDns, SERVICE } from "../support/multicast-dns.js";

const PORT = Number(process.argv[2] ?? 9999);
const NAME = "Groupcast example";
const INSTANCE = `${NAME}.${SERVICE}`;
const HOST = `${hostname()}-groupcast.local`;
const LIFETIME_S = 120; // RFC 6762 10: of records that name a host; 0 says goodbye
const EVERY_SERVICE = "_services._dns-sd._udp.local"; // RFC 6763 9

class Echo extends DatagramProtocol {
  override datagramReceived(data: Buffer, from: SocketAddress): void {
    this.transport.write(data, from);
  }
}

class Responder extends MulticastDns {
  readonly #port: number;

  constructor(network: Network, port: number) {
    super(network);
    this.#port = port;
  }

  /** Says what there is; without a lifetime, that it is no more. */
  announce(ttl: number = LIFETIME_S): void {
    this.say((at) => ({ type: "response", flags: AUTHORITATIVE, answers: this.#records(at, ttl) }));
  }

  protected override messageReceived({ type, questions = [] }: Packet): void {
    if (type !== "query") return;
    this.say((at) => {
      const records = this.#records(at, LIFETIME_S);
      const answers = records.filter((record) => questions.some((question) => answersTo(question, record)));
      const additionals = records.filter((record) => !answers.includes(record));
      return answers.length === 0 ? undefined : { type: "response", flags: AUTHORITATIVE, answers, additionals };
    });
  }

  #records({ addresses }: NetworkInterface, ttl: number): Answer[] {
    const own = addresses.map(({ address, family }): Answer => ({ name: HOST, type: family === 4 ? "A" : "AAAA", ttl, data: address }));
    return [
      { name: EVERY_SERVICE, type: "PTR", ttl, data: SERVICE },
      { name: SERVICE, type: "PTR", ttl, data: INSTANCE },
      { name: INSTANCE, type: "SRV", ttl, data: { target: HOST, port: this.#port } },
      { name: INSTANCE, type: "TXT", ttl, data: ["lesson=11"] },
      ...own,
    ];
  }
}

const AUTHORITATIVE = 1 << 10; // the AA bit: RFC 6762 18.4

function answersTo(question: { readonly name: string; readonly type: string }, record: Answer): boolean {
  const isNamed = question.name.toLowerCase() === record.name.toLowerCase();
  return isNamed && (question.type === "ANY" || question.type === record.type);
}

const reactor = new Reactor();
const service = reactor.listenUDP(PORT, new Echo()).getHost();
const responder = new Responder(reactor.network, service.port);
reactor.listenMulticast(MDNS_PORT, responder, MDNS_OPTIONS);
reactor.network.on("change", () => responder.announce());
reactor.addSystemEventTrigger("before", "shutdown", () => responder.announce(0));
responder.announce();
console.log(`announcing "${NAME}" on port ${service.port}`);
await reactor.run();
