// Receives one datagram without a free descriptor, and one with.
import { closeSync, openSync } from "node:fs";
import { NativeBackend } from "@groupcast/backend-native";

const arrivals = [];
const files = [];
const socket = NativeBackend.load().openSocket(4, { received, sendFailed() {}, failed() {}, writable() {} });
socket.setOption("receivePacketInfo", 1);
socket.bind({ address: "127.0.0.1", port: 0, family: 4 });
socket.startReading({ maxPacketBytes: 65_535, maxDatagrams: 100, maxBytes: 1_000_000 });
const batch = { bytes: Buffer.from("x"), offsets: Int32Array.of(0, 1), to: [socket.localAddress()], via: [] };
useUp();
socket.send(batch, 0, 1);

function received(datagrams) {
  arrivals.push(datagrams.arrival(0));
  if (arrivals.length === 1) {
    for (const file of files) closeSync(file);
    socket.send(batch, 0, 1);
    return;
  }
  socket.close();
  process.stdout.write(JSON.stringify(arrivals));
}

function useUp() {
  try {
    for (;;) files.push(openSync("/dev/null", "r"));
  } catch {
    // None is left.
  }
}
