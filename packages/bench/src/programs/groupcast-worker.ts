/** One of several threads that share a port, each with a reactor of its own. */
import { workerData } from "node:worker_threads";
import { DatagramProtocol, Reactor } from "groupcast";
import { WorkerCount } from "./worker-count.js";

const reactor = new Reactor();
const count = new WorkerCount(() => void reactor.stop());

class Receiver extends DatagramProtocol {
  override datagramReceived(data: Buffer): void {
    count.count(data);
  }
}

const port = reactor.listenUDP(workerData.port, new Receiver(), { interface: "127.0.0.1", reusePort: true });
count.bound(port.getHost().port);
await reactor.run({ installSignalHandlers: false });
