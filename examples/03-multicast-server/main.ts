/**
 * A server that clients find without knowing its address.
 *
 * You learn: a port that joins a group receives what is sent to the group; the answer goes to whoever asked.
 * You run:   node examples/dist/03-multicast-server/main.js, and with it the client of lesson 4. Start several: each receives every question.
 * You see:   127.0.0.1 asks "who is there?" for each question. Ctrl-C ends it.
 */
import { DatagramProtocol, Reactor, type SocketAddress } from "groupcast";

const PORT = Number(process.argv[2] ?? 9999);
const GROUP = "239.255.76.1"; // 239.255.0.0/16 is for everybody's local use (RFC 2365)
const INTERFACE = "127.0.0.1"; // stays on this host; "eth0", or an address of it, reaches the network

class Responder extends DatagramProtocol {
  override startProtocol(): void {
    this.transport.joinGroup(GROUP, INTERFACE);
  }

  override datagramReceived(data: Buffer, from: SocketAddress): void {
    console.log(`${from.address} asks "${data}"`);
    this.transport.write("I am", from);
  }
}

const reactor = new Reactor();
const server = reactor.listenMulticast(PORT, new Responder(), { listenMultiple: true });
console.log(`listening to ${GROUP} on port ${server.getHost().port}`);
await reactor.run();
