// A program that runs reactors until a signal comes. Arguments: how many reactors; then words:
//   own       listen to SIGINT ourselves
//   quiet     install no signal handlers
//   hang      a shutdown that never ends
import { DgramBackend } from "@groupcast/backend-dgram";
import { DatagramProtocol, Reactor } from "@groupcast/reactor";

const [count, ...words] = process.argv.slice(2);
const print = (line) => process.stdout.write(`${line}\n`);
const logger = { info: print, warn: print, error: print };

class Quiet extends DatagramProtocol {
  logPrefix() {
    return "Quiet";
  }
  stopProtocol() {
    print("stopProtocol");
  }
}

if (words.includes("own")) process.on("SIGINT", () => print("own listener"));

const before = [process.listenerCount("SIGINT"), process.listenerCount("SIGTERM")];
const reactors = Array.from({ length: Number(count) }, () => new Reactor({ backend: new DgramBackend(), logger }));
for (const reactor of reactors) {
  reactor.listenUDP(0, new Quiet(), { interface: "127.0.0.1" });
  if (words.includes("hang")) reactor.addSystemEventTrigger("before", "shutdown", () => new Promise(() => {}));
  reactor.callWhenRunning(() => print("running"));
}
if (words.includes("later")) setTimeout(() => reactors.map((reactor) => reactor.stop()), 50);
await Promise.all(reactors.map((reactor) => reactor.run(words.includes("quiet") ? { installSignalHandlers: false } : {})));
const after = [process.listenerCount("SIGINT"), process.listenerCount("SIGTERM")];
print(`listeners ${before} then ${after}`);
if (words.includes("own")) process.removeAllListeners("SIGINT");
