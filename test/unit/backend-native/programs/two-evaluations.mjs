// Evaluates the backend twice in one thread, as two bundles do, and has sockets and watches of both at work at once.
import { execFileSync } from "node:child_process";
import { socketAddress } from "@groupcast/backend";

const url = import.meta.resolve("@groupcast/backend-native");
const evaluations = [await import(url), await import(`${url}?second`)];
const LIMITS = { maxPacketBytes: 65_535, maxDatagrams: 100, maxBytes: 1_000_000 };
const names = ["first", "second"];
const received = { first: [], second: [] };
const watches = [];
const changed = new Set();

const ends = evaluations.map(({ NativeBackend }, index) => {
  const backend = NativeBackend.load();
  const observer = {
    received: (batch) => {
      for (let i = 0; i < batch.length; i++) received[names[index]].push(`${batch.copy(i)} from ${batch.from(i).address}`);
      proceed();
    },
    writable() {},
    sendFailed() {},
    failed() {},
  };
  watches.push(backend.network.watch(() => note(index)));
  const socket = backend.openSocket(4, observer);
  socket.bind(socketAddress("127.0.0.1", 0));
  socket.startReading(LIMITS);
  return { socket, local: socket.localAddress() };
});
for (const [index, { socket }] of ends.entries()) {
  const batch = { bytes: Buffer.from(`to ${names[1 - index]}`), offsets: Int32Array.of(0, 3 + names[1 - index].length), via: [] };
  socket.send({ ...batch, to: [ends[1 - index].local] }, 0, 1);
}

function proceed() {
  if (received.first.length + received.second.length < 2) return;
  execFileSync("ip", ["link", "add", "seen", "type", "veth"]);
}

function note(index) {
  if (changed.has(names[index])) return;
  changed.add(names[index]);
  if (changed.size === 1) {
    watches[index](); // the other one goes on
    execFileSync("ip", ["link", "add", "again", "type", "veth"]);
    return;
  }
  for (const { socket } of ends) socket.close();
  watches[index]();
  process.stdout.write(JSON.stringify({ received, changed: [...changed].sort() }));
}
