// Wrong: joins the group on one interface, and sends to it by another. Nothing fails, and nothing arrives.
import { DatagramProtocol, Reactor } from "groupcast";

class Listener extends DatagramProtocol {
  override startProtocol(): void {
    this.transport.joinGroup("239.255.76.9", "lo");
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
reactor.listenMulticast(0, new Speaker()).write("hello", { address: "239.255.76.9", port }); // by the default route
reactor.callLater(300, () => {
  console.log("silence");
  reactor.stop();
});
await reactor.run();
