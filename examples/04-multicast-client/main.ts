/**
 * A client that asks a whole group, and stops waiting after a while.
 *
 * You learn: sending to a group needs no membership, only an interface to leave by; UDP promises nothing, so a client sets a limit.
 * You run:   node examples/dist/04-multicast-client/main.js, with the server of lesson 3 running in another terminal.
 * You see:   127.0.0.1 answers "I am", or after five seconds: nobody answers.
 */
import { DatagramProtocol, Reactor, type SocketAddress } from "groupcast";

const PORT = Number(process.argv[2] ?? 9999);
const GROUP = "239.255.76.1";
const INTERFACE = "127.0.0.1"; // where the server has joined
const LIMIT_MS = 5000;

class Asker extends DatagramProtocol {
  override startProtocol(): void {
    this.transport.setOutgoingInterface(INTERFACE);
    this.transport.write("who is there?", { address: GROUP, port: PORT });
  }

  override datagramReceived(data: Buffer, from: SocketAddress): void {
    console.log(`${from.address} answers "${data}"`);
    reactor.stop();
  }
}

const reactor = new Reactor();
reactor.listenMulticast(0, new Asker());
reactor.callLater(LIMIT_MS, () => {
  console.log("nobody answers");
  reactor.stop();
});
await reactor.run();
