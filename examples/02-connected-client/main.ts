/**
 * A client with one peer, which hears when nobody is there.
 *
 * You learn: a connected port writes without a destination, receives from its peer only, and is told when the peer's host refuses.
 * You run:   node examples/dist/02-connected-client/main.js, once with the echo server of lesson 1 running, once without.
 * You see:   received "hello", or: nobody listens there.
 */
import { DatagramProtocol } from "groupcast";
import { runMain, type Stage } from "../support/run-main.js";

export async function main({ reactor, out, port }: Stage): Promise<void> {
  class Greeter extends DatagramProtocol {
    override startProtocol(): void {
      this.transport.write("hello"); // connected already, so there is only one place to go
    }

    override datagramReceived(data: Buffer): void {
      out(`received "${data}"`);
      reactor.stop();
    }

    override connectionRefused(): void {
      out("nobody listens there");
      reactor.stop(); // not because it must: the port is still open, and could try again
    }
  }

  const client = reactor.connectUDP("127.0.0.1", port, new Greeter());
  out(`connected to port ${client.getPeer().port}`);
  await reactor.run();
}

await runMain(import.meta, main);
