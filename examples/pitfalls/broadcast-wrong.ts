// Wrong: broadcasts without leave. The OS refuses, and nobody asks what became of the datagram.
import { DatagramProtocol, Reactor } from "groupcast";

class Shouter extends DatagramProtocol {
  override startProtocol(): void {
    const { port } = this.transport.getHost();
    console.log(`taken: ${this.transport.write("anybody here?", { address: "127.255.255.255", port })}`);
  }

  override datagramReceived(data: Buffer): void {
    console.log(`heard: ${data}`);
  }
}

const reactor = new Reactor();
const port = reactor.listenUDP(0, new Shouter());
reactor.callLater(100, () => {
  console.log(`failed: ${port.statistics().sendFailed}`);
  reactor.stop();
});
await reactor.run();
