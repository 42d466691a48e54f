/**
 * A server that uses more than one core.
 *
 * You learn: threads that each open the same port with reusePort share its datagrams; the kernel spreads them by flow.
 * You run:   node examples/dist/12-many-cores/main.js
 * You see:   2 threads listen on port 9999; it echoes like the server of lesson 1. Ctrl-C ends it.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { runMain, type Stage } from "../support/run-main.js";

const THREADS = 2; // availableParallelism() of node:os uses every core

export async function main({ reactor, out, port }: Stage): Promise<void> {
  const workers: Worker[] = [];
  let bound = port;
  while (workers.length < THREADS) {
    const worker = new Worker(new URL("worker.js", import.meta.url), { workerData: { port: bound } });
    workers.push(worker);
    [bound] = (await once(worker, "message")) as [number]; // if any free port was asked for, the first one picks it
  }
  out(`${THREADS} threads listen on port ${bound}`);
  reactor.addSystemEventTrigger("before", "shutdown", () => Promise.all(workers.map(stop))); // signals reach the main thread only
  await reactor.run();
}

function stop(worker: Worker): Promise<unknown> {
  worker.postMessage("stop");
  return once(worker, "exit");
}

await runMain(import.meta, main);
