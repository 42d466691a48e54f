// Terminates workers while their ports receive, again and again, and prints what is left. Arguments: backend, number of terminations.
//
// A worker opens ports, keeps datagrams in flight between them, and passes what it receives to the main thread: as copies by transfer, as the
// guide shows; without a transfer list; and, wrongly, with the memory that received Buffers share in the list.
import { readdirSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { chooseBackend, DatagramProtocol, Reactor } from "groupcast";

const [backendName, terminations] = process.argv.slice(2);
const AT_ONCE = 2;
const PORTS = 4;
const IN_FLIGHT = 50; // for each port of a worker
const GROUP = "239.255.80.1";
const LOOPBACK = { interface: "127.0.0.1" };
const LENGTH_BYTES = 700; // short enough to share memory with others, and soon more than one chunk of it holds
const CLOSING_MS = 5_000; // bounds a hang only
const LOGGER = { info() {}, warn() {}, error() {} };

class Idle extends DatagramProtocol {
  datagramReceived() {}
}

if (isMainThread) await storm();
else work();

async function storm() {
  /** @type {string[]} */
  const stray = [];
  process.on("uncaughtException", (error) => stray.push(String(error))).on("unhandledRejection", (error) => stray.push(String(error)));
  const reactor = new Reactor({ backend: choose(backendName), logger: LOGGER });
  const sender = reactor.listenUDP(0, new Idle(), LOOPBACK);
  reactor.network.on("change", () => {});
  const before = descriptors();
  /** @type {Tally} */
  const tally = { terminated: 0, received: 0, spoiled: 0 };
  const lanes = Array.from({ length: AT_ONCE }, async (_, lane) => {
    for (let n = lane; n < Number(terminations) - 1; n += AT_ONCE) await terminateOne(sender, n, tally);
  });
  await Promise.all(lanes);
  const freed = await terminateOne(sender, 0, tally);
  await Promise.all(freed.map((port) => reactor.listenUDP(port, new Idle(), LOOPBACK).stopListening())); // their numbers are free
  const deadline = performance.now() + CLOSING_MS;
  while (descriptors() > before && performance.now() < deadline) await sleep(5);
  const left = descriptors() - before;
  const hasAnswered = await answers(reactor);
  await reactor.stop();
  process.stdout.write(`${JSON.stringify({ ...tally, left, hasAnswered, stray })}\n`);
}

/**
 * Returns the ports that the worker had.
 *
 * @typedef {{ terminated: number, received: number, spoiled: number }} Tally
 * @param {import("groupcast").UDPPort} sender
 * @param {number} n
 * @param {Tally} tally
 */
async function terminateOne(sender, n, tally) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { backend: backendName } });
  /** @type {number[]} */
  const ports = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
  const isEnough = new Promise((resolve) => {
    let messages = 0;
    worker.on("message", (/** @type {Uint8Array} */ bytes) => {
      tally.received++;
      if (bytes.some((byte) => byte !== bytes[0])) tally.spoiled++;
      if (++messages > n % 7) resolve(undefined); // each worker dies at another moment
    });
  });
  for (const port of ports) for (let i = 0; i < IN_FLIGHT; i++) sender.write(pattern(i), { address: "127.0.0.1", port });
  await isEnough;
  if ((await worker.terminate()) === 1) tally.terminated++;
  return ports;
}

function work() {
  const reactor = new Reactor({ backend: choose(workerData.backend), logger: LOGGER });
  /** @type {import("groupcast").MulticastPort[]} */
  const ports = [];
  let received = 0;
  class Juggler extends DatagramProtocol {
    /** @param {Buffer} data */
    datagramReceived(data) {
      const next = ports[++received % PORTS];
      this.transport.write(data, { address: "127.0.0.1", port: next.getHost().port });
      const own = Uint8Array.from(data);
      if (received % 3 === 0) parentPort?.postMessage(own, [own.buffer]);
      else if (received % 3 === 1) parentPort?.postMessage(data);
      else tolerated(() => parentPort?.postMessage(data, [/** @type {ArrayBuffer} */ (data.buffer)]));
    }
  }
  const canSpin = reactor.backend.capabilities.has("set busyPollUs");
  for (let n = 0; n < PORTS; n++) {
    const busyPollUs = canSpin && n % 2 === 0 ? 1000 : 0;
    ports.push(reactor.listenMulticast(0, new Juggler(), { receiveBufferBytes: 1_000_000, busyPollUs }));
  }
  for (const port of ports) tolerated(() => port.joinGroup(GROUP, "lo"));
  const again = () => void reactor.callLater(0, again);
  again(); // termination may strike in a timer, too
  parentPort?.postMessage(ports.map((port) => port.getHost().port));
}

/** Returns whether a datagram goes out and comes back. @param {Reactor} reactor */
async function answers(reactor) {
  return await new Promise((resolve) => {
    class Listener extends DatagramProtocol {
      datagramReceived() {
        resolve(true);
      }
    }
    const port = reactor.listenUDP(0, new Listener(), LOOPBACK);
    port.write("are you there?", port.getHost());
    reactor.callLater(CLOSING_MS, () => resolve(false));
  });
}

/** @param {number} n */
function pattern(n) {
  return Buffer.alloc(LENGTH_BYTES, n);
}

/** @param {unknown} name */
function choose(name) {
  return chooseBackend(/** @type {any} */ (name));
}

function descriptors() {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith("socket:");
    } catch {
      return false; // the one that lists the folder
    }
  }).length;
}

/** @param {() => unknown} call */
function tolerated(call) {
  try {
    call();
  } catch {
    // DataCloneError: the memory is shared
  }
}
