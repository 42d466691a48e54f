/**
 * A server that uses more than one core.
 *
 * You learn: threads that each open the same port with reusePort share its datagrams; the kernel spreads them by flow.
 * You run:   node examples/dist/12-many-cores/main.js
 * You see:   2 threads listen on port 9999; it echoes like the server of lesson 1. Ctrl-C ends it.
 */
import { once } from "node:events";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { DatagramProtocol, Reactor, type SocketAddress } from "groupcast";

const PORT = Number(process.argv[2] ?? 9999);
const THREADS = 2; // availableParallelism() of node:os uses every core

class Echo extends DatagramProtocol {
  override datagramReceived(data: Buffer, from: SocketAddress): void {
    this.transport.write(data, from);
  }
}

const reactor = new Reactor(); // one for each thread

if (isMainThread) {
  const workers: Worker[] = [];
  let port = PORT;
  while (workers.length < THREADS) {
    const worker = new Worker(new URL(import.meta.url), { workerData: { port } });
    workers.push(worker);
    [port] = (await once(worker, "message")) as [number]; // if any free port was asked for, the first one picks it
  }
  reactor.callWhenRunning(() => console.log(`${THREADS} threads listen on port ${port}`));
  reactor.addSystemEventTrigger("before", "shutdown", () => Promise.all(workers.map(stop))); // signals reach the main thread only
  await reactor.run();
} else {
  const port = reactor.listenUDP(workerData.port, new Echo(), { reusePort: true });
  parentPort!.postMessage(port.getHost().port);
  parentPort!.once("message", () => reactor.stop());
}

function stop(worker: Worker): Promise<unknown> {
  worker.postMessage("stop");
  return once(worker, "exit");
}
