// Exits in the middle of a delivery, with more on its way, another socket sending and the network watched.
import { writeSync } from "node:fs";
import { socketAddress } from "@groupcast/backend";
import { NativeBackend } from "@groupcast/backend-native";

const BATCH = 64;
const backend = NativeBackend.load();
const socket = backend.openSocket(4, { received, writable() {}, sendFailed() {}, failed() {} });
socket.bind(socketAddress("127.0.0.1", 0));
socket.startReading({ maxPacketBytes: 65_535, maxDatagrams: 8, maxBytes: 1_000_000 });
backend.network.watch(() => {});
const to = socket.localAddress();
const offsets = Int32Array.from({ length: BATCH + 1 }, (_, index) => index * 10);
const batch = { bytes: Buffer.alloc(BATCH * 10), offsets, to: new Array(BATCH).fill(to), via: [] };
let rounds = 0;
socket.send(batch, 0, BATCH);

function received() {
  socket.send(batch, 0, BATCH);
  rounds += 1;
  if (rounds < 50) return;
  writeSync(1, JSON.stringify({ exitsInside: true }));
  process.exit(0);
}
