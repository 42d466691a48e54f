// Has a reactor on node:dgram, which the hook has replaced before. Prints what arrived, and by which backend.
import { chooseBackend, DatagramProtocol, Reactor } from "groupcast";

const reactor = new Reactor({ backend: chooseBackend("dgram") });

class Echo extends DatagramProtocol {
  datagramReceived(data) {
    console.log(JSON.stringify(`${data} by ${reactor.backend.name}`));
    reactor.stop();
  }
}

const port = reactor.listenUDP(0, new Echo(), { interface: "127.0.0.1" });
port.write("datagram", port.getHost());
await reactor.run();
