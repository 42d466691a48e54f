/**
 * A client that asks a whole group, and waits only so long.
 *
 * You learn: sending to a group needs no membership, only an interface to leave by; UDP promises nothing, so a client sets a limit.
 * You run:   node examples/dist/04-multicast-client/main.js, with the server of lesson 3 running in another terminal.
 * You see:   127.0.0.1 answers "I am", or after five seconds: nobody answers.
 */
import { DatagramProtocol, type SocketAddress } from "groupcast";
import { runMain, type Stage } from "../support/run-main.js";

const GROUP = "239.255.76.1";
const INTERFACE = "127.0.0.1"; // where the server has joined
const PATIENCE_MS = 5000;

export async function main({ reactor, out, port }: Stage): Promise<void> {
  class Asker extends DatagramProtocol {
    override startProtocol(): void {
      this.transport.setOutgoingInterface(INTERFACE);
      this.transport.write("who is there?", { address: GROUP, port });
    }

    override datagramReceived(data: Buffer, from: SocketAddress): void {
      out(`${from.address} answers "${data}"`);
      reactor.stop();
    }
  }

  reactor.listenMulticast(0, new Asker());
  reactor.callLater(PATIENCE_MS, () => {
    out("nobody answers");
    reactor.stop();
  });
  await reactor.run();
}

await runMain(import.meta, main);
