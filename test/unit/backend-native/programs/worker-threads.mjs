// Three workers own a backend each; they echo what the main thread sends, then are terminated in the middle of sending to themselves.
import { readdirSync, readlinkSync } from "node:fs";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { socketAddress } from "@groupcast/backend";
import { NativeBackend } from "@groupcast/backend-native";

const COUNT = 100;
const LIMITS = { maxPacketBytes: 65_535, maxDatagrams: 64, maxBytes: 1_000_000 };

if (isMainThread) await main();
else work();

async function main() {
  const before = countSockets();
  const workers = await Promise.all([1, 2, 3].map(startWorker));
  const echoes = await Promise.all(workers.map(({ port }) => countEchoes(port)));
  for (const { worker } of workers) worker.postMessage("be busy");
  await Promise.all(workers.map(({ worker }) => new Promise((resolve) => worker.once("message", resolve))));
  const terminated = await Promise.all(workers.map(({ worker }) => worker.terminate()));
  process.stdout.write(JSON.stringify({ echoes, terminated, descriptorsLeft: countSockets() - before }));
}

function startWorker() {
  const worker = new Worker(new URL(import.meta.url));
  return new Promise((resolve, reject) => {
    worker.once("message", (port) => resolve({ worker, port }));
    worker.once("error", reject);
  });
}

function countEchoes(port) {
  return new Promise((resolve) => {
    let count = 0;
    const socket = open(NativeBackend.load(), (batch) => {
      count += batch.length;
      if (count < COUNT) return;
      socket.close();
      resolve(count);
    });
    send(socket, socketAddress("127.0.0.1", port), COUNT);
  });
}

function work() {
  const backend = NativeBackend.load();
  backend.network.watch(() => {});
  let isBusy = false;
  const socket = open(backend, (batch) => {
    send(socket, batch.from(0), batch.length);
    if (isBusy) parentPort.postMessage("busy");
  });
  parentPort.once("message", () => {
    isBusy = true;
    for (let i = 0; i < 10; i++) backend.openSocket(6, { received() {}, writable() {}, sendFailed() {}, failed() {} });
    send(socket, socket.localAddress(), COUNT);
  });
  parentPort.postMessage(socket.localAddress().port);
}

function open(backend, received) {
  const socket = backend.openSocket(4, { received, writable() {}, sendFailed() {}, failed() {} });
  socket.bind(socketAddress("127.0.0.1", 0));
  socket.startReading(LIMITS);
  return socket;
}

function send(socket, to, count) {
  const offsets = Int32Array.from({ length: count + 1 }, (_, index) => index * 4);
  socket.send({ bytes: Buffer.alloc(count * 4), offsets, to: new Array(count).fill(to), via: [] }, 0, count);
}

function countSockets() {
  const isSocket = (fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith("socket:");
    } catch {
      return false; // the descriptor of the listing itself
    }
  };
  return readdirSync("/proc/self/fd").filter(isSocket).length;
}
