// Right: a datagram goes to a worker thread in memory of its own. That is the only copy: the memory is transferred.
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { DatagramProtocol, Reactor } from "groupcast";

const WORKER = `
  const { parentPort } = require("node:worker_threads");
  parentPort.once("message", (data) => parentPort.postMessage([Buffer.from(data).toString(), data.buffer.byteLength]));
`;

class HandsOn extends DatagramProtocol {
  override datagramReceived(data: Buffer): void {
    const own = new Uint8Array(data);
    worker.postMessage(own, [own.buffer]);
  }
}

const reactor = new Reactor();
const worker = new Worker(WORKER, { eval: true });
worker.once("message", () => reactor.stop());
const answer = once(worker, "message");
const port = reactor.listenUDP(0, new HandsOn(), { interface: "127.0.0.1" });
port.write("hello", port.getHost());
await reactor.run();
const [[text, bytes]] = (await answer) as [[string, number]];
console.log(`the worker has "${text}", in ${bytes} bytes of memory`);
