// Sockets in threads: they exchange, and a thread that is terminated while it receives takes nothing with it.
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { fence, open, tell } from "./stage.mjs";

const THREADS = 4;

const socket = await open();
if (isMainThread) {
  const counts = new Map();
  socket.on("message", (message, { port }) => {
    counts.set(String(message), (counts.get(String(message)) ?? 0) + 1);
    socket.send("answer", port, "127.0.0.1");
  });
  const workers = Array.from({ length: THREADS }, () => new Worker(fileURLToPath(import.meta.url), { argv: process.argv.slice(2) }));
  await Promise.all(workers.map((worker) => once(worker, "message")));
  for (const worker of workers) worker.postMessage(socket.address().port);
  await Promise.all(workers.map((worker) => once(worker, "message")));
  tell("answered", [...counts].join());
  await Promise.all(workers.map((worker) => worker.terminate()));
  await fence();
  socket.removeAllListeners("message");
  const arrived = once(socket, "message");
  socket.send("still here", socket.address().port, "127.0.0.1");
  tell(String((await arrived)[0]));
  socket.close();
} else {
  socket.on("message", () => parentPort.postMessage("answered"));
  parentPort.on("message", (port) => socket.send("question", port, "127.0.0.1"));
  parentPort.postMessage("ready");
}
