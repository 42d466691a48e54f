// Forgets sockets: those that were never bound are closed by the garbage collector, those in use are kept by the event loop, and
// closed ones are collected with their observers.
import { readdirSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { socketAddress } from "@groupcast/backend";
import { NativeBackend } from "@groupcast/backend-native";

const COUNT = 200;
const backend = NativeBackend.load();
const countDescriptors = () => readdirSync("/proc/self/fd").length;
const before = countDescriptors();
for (let i = 0; i < COUNT; i++) backend.openSocket(4, { received() {}, writable() {}, sendFailed() {}, failed() {} });
await collect();
const descriptorsLeft = countDescriptors() - before;

const inUse = use();
const closed = close();
await collect();
const isInUseAlive = inUse.observer.deref() !== undefined;
const sender = backend.openSocket(4, { received() {}, writable() {}, sendFailed() {}, failed() {} });
sender.send({ bytes: Buffer.from("still there"), offsets: Int32Array.of(0, 11), to: [inUse.address], via: [] }, 0, 1);
const arrived = await inUse.arrived;
process.stdout.write(JSON.stringify({ descriptorsLeft, isInUseAlive, arrived, forgotten: closed.deref() === undefined }));
process.exit();

async function collect() {
  for (let i = 0; i < 5; i++) {
    globalThis.gc();
    await nextTurn(); // finalizers may wait for a turn of their own
  }
}

function use() {
  let resolve;
  const arrived = new Promise((settle) => {
    resolve = settle;
  });
  const observer = { received: (batch) => resolve(batch.copy(0).toString()), writable() {}, sendFailed() {}, failed() {} };
  const socket = backend.openSocket(4, observer);
  socket.bind(socketAddress("127.0.0.1", 0));
  socket.startReading({ maxPacketBytes: 65_535, maxDatagrams: 64, maxBytes: 1_000_000 });
  return { observer: new WeakRef(observer), address: socket.localAddress(), arrived };
}

function close() {
  const observer = { received() {}, writable() {}, sendFailed() {}, failed() {} };
  const socket = backend.openSocket(4, observer);
  socket.bind(socketAddress("127.0.0.1", 0));
  socket.close();
  return new WeakRef(observer);
}
