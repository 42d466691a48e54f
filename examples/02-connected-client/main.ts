/**
 * A client with one peer, which learns when nobody listens there.
 *
 * You learn: a connected port writes without a destination, receives from its peer only, and reports when the peer's host refuses.
 * You run:   node examples/dist/02-connected-client/main.js, once with the echo server of lesson 1 running, once without.
 * You see:   received "hello", or: nobody listens there.
 */
import { DatagramProtocol, Reactor } from "groupcast";

const PORT = Number(process.argv[2] ?? 9999);

class Greeter extends DatagramProtocol {
  override startProtocol(): void {
    this.transport.write("hello"); // connected already, so there is only one place to go
  }

  override datagramReceived(data: Buffer): void {
    console.log(`received "${data}"`);
    reactor.stop();
  }

  override connectionRefused(): void {
    console.log("nobody listens there");
    reactor.stop(); // a choice: the port is still open, and could try again
  }
}

const reactor = new Reactor();
const client = reactor.connectUDP("127.0.0.1", PORT, new Greeter());
console.log(`connected to port ${client.getPeer().port}`);
await reactor.run();
