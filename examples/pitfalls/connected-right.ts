// Right: a port that is connected to its peer hears at once that nobody listens there.
import { DatagramProtocol, Reactor } from "groupcast";

class Asker extends DatagramProtocol {
  override startProtocol(): void {
    this.transport.write("who is there?");
  }

  override datagramReceived(data: Buffer): void {
    console.log(`answer: ${data}`);
    reactor.stop();
  }

  override connectionRefused(): void {
    console.log("nobody listens");
    reactor.stop();
  }
}

const reactor = new Reactor();
reactor.connectUDP("127.0.0.1", 9, new Asker());
reactor.callLater(500, () => {
  console.log("still waiting");
  reactor.stop();
});
await reactor.run();
