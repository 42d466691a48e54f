// Right: says the interface on both sides.
import { DatagramProtocol, Reactor } from "groupcast";

class Listener extends DatagramProtocol {
  override startProtocol(): void {
    this.transport.joinGroup("239.255.76.9", "127.0.0.1");
  }

  override datagramReceived(data: Buffer): void {
    console.log(`heard: ${data}`);
    reactor.stop();
  }
}

class Speaker extends DatagramProtocol {
  override datagramReceived(): void {} // ignores what arrives
}

const reactor = new Reactor();
const { port } = reactor.listenMulticast(0, new Listener()).getHost();
const speaker = reactor.listenMulticast(0, new Speaker(), { outgoingInterface: "127.0.0.1" });
speaker.write("hello", { address: "239.255.76.9", port });
reactor.callLater(300, () => {
  console.log("silence");
  reactor.stop();
});
await reactor.run();
