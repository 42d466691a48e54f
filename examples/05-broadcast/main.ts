/**
 * A datagram to every host there is.
 *
 * You learn: broadcast must be allowed before it is sent; it needs no group, so everybody who listens on the port gets it, also you.
 * You run:   node examples/dist/05-broadcast/main.js
 * You see:   127.0.0.1 shouts "anybody here?", which is the program hearing itself.
 */
import { DatagramProtocol, type SocketAddress } from "groupcast";
import { runMain, type Stage } from "../support/run-main.js";

const EVERYBODY = "127.255.255.255"; // everybody on this host; "<broadcast>" is everybody on the network

export async function main({ reactor, out, port }: Stage): Promise<void> {
  class Shouter extends DatagramProtocol {
    override startProtocol(): void {
      this.transport.setBroadcastAllowed(true); // the OS refuses otherwise (EACCES)
      this.transport.write("anybody here?", { address: EVERYBODY, port: this.transport.getHost().port });
    }

    override datagramReceived(data: Buffer, from: SocketAddress): void {
      out(`${from.address} shouts "${data}"`);
      reactor.stop();
    }
  }

  reactor.listenUDP(port, new Shouter());
  await reactor.run();
}

await runMain(import.meta, main);
