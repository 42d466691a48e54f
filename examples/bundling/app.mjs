/** Sends itself a datagram and prints which backend carried it, and why that one. What the configurations beside this file bundle. */
import { DatagramProtocol, Reactor } from "groupcast";

const reactor = new Reactor();

class Echo extends DatagramProtocol {
  datagramReceived(data) {
    console.log(`${data} by ${reactor.backend.name}: ${reactor.backend.reason}`);
    reactor.stop();
  }
}

const port = reactor.listenUDP(0, new Echo(), { interface: "127.0.0.1" });
port.write("echo", port.getHost());
reactor.run();
