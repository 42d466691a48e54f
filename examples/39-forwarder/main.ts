/**
 * Passes the multicast of a group on from each interface to the others, for devices that look for each other on one link only.
 *
 * You learn: `arrival` has the interface that a datagram came in by, and `write` takes the one to send by, so one port serves them all.
 *            Both need the native backend. With loopback mode off, the port does not receive what it sends.
 * You run:   node examples/dist/39-forwarder/main.js 239.255.76.39 9999 eth0 wlan0, or without the interfaces for all that there are.
 * You see:   eth0 -> wlan0: 5 bytes of 192.0.2.7, for each datagram to the group. Ctrl-C ends it.
 *
 * Run one between two links, not two: each would pass on what the other has passed on, without end.
 */
import { type Arrival, DatagramProtocol, Reactor, type SocketAddress } from "groupcast";

const [GROUP = "239.255.76.39", PORT = "9999", ...NAMES] = process.argv.slice(2);

class Forwarder extends DatagramProtocol {
  readonly #interfaces: readonly string[];

  constructor(interfaces: readonly string[]) {
    super();
    this.#interfaces = interfaces;
  }

  override startProtocol(): void {
    for (const name of this.#interfaces) this.transport.joinGroup(GROUP, name); // an interface that does not exist yet is waited for
  }

  override datagramReceived(data: Buffer, from: SocketAddress, arrival: Arrival): void {
    for (const name of this.#interfaces) {
      if (name === arrival.interface) continue;
      this.transport.write(data, { address: GROUP, port: Number(PORT) }, { interface: name });
      console.log(`${arrival.interface} -> ${name}: ${data.length} bytes of ${from.address}`);
    }
  }
}

const reactor = new Reactor();
if (!reactor.backend.capabilities.has("sendPacketInfo")) throw new Error(`The ${reactor.backend.name} backend cannot forward`);
const carriers = reactor.network.interfaces().filter(({ flags }) => flags.up && flags.multicast && !flags.loopback);
const interfaces = NAMES.length > 0 ? NAMES : carriers.map(({ name }) => name);
reactor.listenMulticast(Number(PORT), new Forwarder(interfaces), { listenMultiple: true, loopback: false, arrival: true });
console.log(`forwarding ${GROUP} between ${interfaces.join(" and ")}`);
await reactor.run();
