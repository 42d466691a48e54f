// Ends itself in one of many ways, from one of many places, with datagrams on their way. Arguments: backend, place, way.
import process from "node:process";
import { chooseBackend, DatagramProtocol, Reactor } from "groupcast";

const [backend, place, way] = process.argv.slice(2);
const BURST = 100;

/** @type {Readonly<Record<string, () => void>>} */
const WAYS = {
  exit: () => process.exit(7),
  reallyExit: () => /** @type {any} */ (process).reallyExit(7),
  sigterm: () => void process.kill(process.pid, "SIGTERM"),
  sigkill: () => void process.kill(process.pid, "SIGKILL"),
  uncaught: () =>
    queueMicrotask(() => {
      throw new Error("uncaught");
    }),
  rejection: () => void Promise.reject(new Error("unhandled")),
  stop: () => void reactor.stop(),
};

let hasEnded = false;

/** @param {string} here */
function at(here) {
  if (here !== place || hasEnded) return;
  hasEnded = true;
  WAYS[String(way)]?.();
}

class Victim extends DatagramProtocol {
  startProtocol() {
    queueMicrotask(() => at("microtask"));
  }

  datagramReceived() {
    at("datagramReceived");
    if (place === "stopProtocol" || place === "closed") void port.stopListening();
  }

  stopProtocol() {
    at("stopProtocol");
  }
}

const reactor = new Reactor({ backend: chooseBackend(/** @type {any} */ (backend)), logger: { info() {}, warn() {}, error() {} } });
const port = reactor.listenUDP(0, new Victim(), { interface: "127.0.0.1" });
port.on("closed", () => at("closed"));
reactor.network.on("change", () => {});
reactor.callLater(5, () => at("timer"));
process.on("exit", () => reactor.hasStopped || tolerated(() => port.write("from the exit event", port.getHost())));
process.stdout.write("ready\n");
for (let i = 0; i < BURST; i++) port.write(`datagram ${i}`, port.getHost());
at("burst");

/** @param {() => unknown} call */
function tolerated(call) {
  try {
    call();
  } catch {
    // closed
  }
}
