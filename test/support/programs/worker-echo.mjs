// A worker thread that owns a reactor: echoes, tells its port, and stops when it is told to.
import { parentPort, workerData } from "node:worker_threads";
import { chooseBackend, DatagramProtocol, Reactor } from "groupcast";

class Echo extends DatagramProtocol {
  /** @param {Buffer} data @param {import("groupcast").SocketAddress} from */
  datagramReceived(data, from) {
    this.transport.write(data, from);
  }
}

const reactor = new Reactor({ backend: chooseBackend(workerData.backend) });
const port = reactor.listenUDP(0, new Echo(), { interface: "127.0.0.1" });
parentPort?.postMessage(port.getHost().port);
parentPort?.once("message", () => reactor.stop());
