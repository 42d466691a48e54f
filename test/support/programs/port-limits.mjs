// Prints, as JSON, what ports of the backend named by the first argument cost and leave behind. Run with --expose-gc and, for steady figures, without the compilers (--no-opt and its siblings).
import { readdirSync } from "node:fs";
import { chooseBackend, DatagramProtocol, Reactor } from "groupcast";

const IDLE_PORTS = 1000;
const CYCLES = 10_000;

class Idle extends DatagramProtocol {
  datagramReceived() {}
}

const reactor = new Reactor({ backend: chooseBackend(process.argv[2]) });
await cycle(100); // code is loaded before anything is counted

await turn();
const descriptors = countDescriptors();
const handles = countHandles();
const before = residentBytes();
const ports = [];
for (let i = 0; i < IDLE_PORTS; i++) {
  if (i % 50 === 0) globalThis.gc?.(); // or it is the garbage of opening that is measured
  ports.push(reactor.listenUDP(0, new Idle(), { interface: "127.0.0.1" }));
}
const idlePortBytes = Math.round((residentBytes() - before) / IDLE_PORTS);
await Promise.all(ports.map((port) => port.stopListening()));
await cycle(CYCLES);
await turn();

console.log(JSON.stringify({ idlePortBytes, descriptorsLeft: countDescriptors() - descriptors, handlesLeft: countHandles() - handles }));
await reactor.stop();

/** Opens and closes ports, a few at a time. @param {number} count */
async function cycle(count) {
  for (let done = 0; done < count; done += 20) {
    const some = Array.from({ length: 20 }, () => reactor.listenUDP(0, new Idle(), { interface: "127.0.0.1" }));
    await Promise.all(some.map((port) => port.stopListening()));
  }
}

/** Lets closed handles finish closing: libuv does so at the end of a turn. */
async function turn() {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
}

function residentBytes() {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

function countDescriptors() {
  return readdirSync("/proc/self/fd").length;
}

function countHandles() {
  return process.getActiveResourcesInfo().filter((name) => name !== "Immediate").length;
}
