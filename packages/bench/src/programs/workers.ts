import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { cpuUs, numberArgument, sayReady, sayResult } from "./arguments.js";

/** Reports of a worker: it is bound, the counted part has begun, the number it received. */
export type WorkerMessage = { readonly bound: number } | { readonly begun: true } | { readonly received: number; readonly bytes: number };

/** Runs `workers=` threads on one port. All datagrams of a sender go to one of them; there are many senders, so order is not checked. */
export async function runWorkers(program: URL): Promise<void> {
  const totals = { received: 0, bytes: 0 };
  let startedCpuUs: number | undefined;
  let port = 0;
  const workers: Worker[] = [];
  for (let i = 0; i < numberArgument("workers", 1); i++) {
    const worker = new Worker(program, { workerData: { port, sizeBytes: numberArgument("size", 64) } });
    const [message] = (await once(worker, "message")) as [{ readonly bound: number }];
    port = message.bound;
    worker.on("message", (told: WorkerMessage) => {
      if ("begun" in told) startedCpuUs ??= cpuUs();
      if (!("received" in told)) return;
      totals.received += told.received;
      totals.bytes += told.bytes;
    });
    workers.push(worker);
  }
  sayReady([port]);
  await Promise.all(workers.map((worker) => once(worker, "exit")));
  sayResult({ ...totals, missing: 0, misordered: 0, corrupted: 0, cpuUs: cpuUs() - (startedCpuUs ?? 0), seconds: 0 });
}
