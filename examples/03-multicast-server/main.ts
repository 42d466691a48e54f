/**
 * A server that is found without anybody knowing its address.
 *
 * You learn: joining a group lets a port receive what is sent to the group; the answer goes to the one who asked.
 * You run:   node examples/dist/03-multicast-server/main.js, and with it the client of lesson 4. Start several: each hears every question.
 * You see:   127.0.0.1 asks "who is there?" for each question. Ctrl-C ends it.
 */
import { DatagramProtocol, type SocketAddress } from "groupcast";
import { runMain, type Stage } from "../support/run-main.js";

const GROUP = "239.255.76.1"; // 239.255.0.0/16 is for everybody's local use (RFC 2365)
const INTERFACE = "127.0.0.1"; // stays on this host; "eth0", or an address of it, is the network out there

export async function main({ reactor, out, port }: Stage): Promise<void> {
  class Responder extends DatagramProtocol {
    override startProtocol(): void {
      this.transport.joinGroup(GROUP, INTERFACE);
    }

    override datagramReceived(data: Buffer, from: SocketAddress): void {
      out(`${from.address} asks "${data}"`);
      this.transport.write("I am", from);
    }
  }

  const server = reactor.listenMulticast(port, new Responder(), { listenMultiple: true });
  out(`listening to ${GROUP} on port ${server.getHost().port}`);
  await reactor.run();
}

await runMain(import.meta, main);
