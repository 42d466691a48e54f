// Wrong: asks a port where nobody listens, and waits for an answer that cannot come. The refusal reaches nobody who listens for it.
import { DatagramProtocol, Reactor } from "groupcast";

class Asker extends DatagramProtocol {
  override startProtocol(): void {
    this.transport.write("who is there?", { address: "127.0.0.1", port: 9 });
  }

  override datagramReceived(data: Buffer): void {
    console.log(`answer: ${data}`);
    reactor.stop();
  }

  override connectionRefused(): void {
    console.log("nobody listens"); // never: the port is not connected
    reactor.stop();
  }
}

const reactor = new Reactor();
reactor.listenUDP(0, new Asker());
reactor.callLater(500, () => {
  console.log("still waiting");
  reactor.stop();
});
await reactor.run();
