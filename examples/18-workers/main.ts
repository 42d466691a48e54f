/**
 * An echo server on several threads, which are replaced when they die.
 *
 * You learn: startWorkers() starts threads that share a port; the kernel sends all datagrams of one address to one thread.
 * You run:   node examples/dist/18-workers/main.js, and in another terminal: echo hello | nc -u -w1 127.0.0.1 9999
 * You see:   "hello" comes back. Ctrl-C ends the threads, and the program says how many datagrams they answered together.
 */
import { Reactor, startWorkers } from "groupcast";

const PORT = Number(process.argv[2] ?? 9999);
const ECHO = import.meta.url.replace(/main(?=\.\w+$)/, "echo"); // the module beside this one, whether compiled or not

const workers = await startWorkers({ module: ECHO, port: PORT, workers: 2, steering: { by: "source" } });
workers.on("died", ({ worker, error, restartMs }) => console.error(`worker ${worker} died, back in ${restartMs} ms`, error));

const reactor = new Reactor(); // for its signals: Ctrl-C reaches the main thread only
reactor.callWhenRunning(() => console.log(`2 threads listen on port ${workers.getHost().port}`));
reactor.addSystemEventTrigger("before", "shutdown", async () => {
  const { received, sent } = await workers.statistics();
  await workers.stop();
  console.log(`received ${received}, sent ${sent}`);
});
await reactor.run();
