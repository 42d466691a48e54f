/** One thread of the server: a reactor of its own, on the port that all of them share. */
import { parentPort, workerData } from "node:worker_threads";
import { DatagramProtocol, Reactor, type SocketAddress } from "groupcast";

class Echo extends DatagramProtocol {
  override datagramReceived(data: Buffer, from: SocketAddress): void {
    this.transport.write(data, from);
  }
}

const reactor = new Reactor();
const port = reactor.listenUDP(workerData.port, new Echo(), { reusePort: true });
parentPort?.postMessage(port.getHost().port);
parentPort?.once("message", () => reactor.stop());
