// Fills the send buffer with datagrams to a neighbour that does not answer ARP, so that they wait, until the kernel gives them up.

import { writeFileSync } from "node:fs";
import { socketAddress } from "@groupcast/backend";
import { NativeBackend } from "@groupcast/backend-native";
import { errnoName } from "@groupcast/base";

const MAX_SENDS = 1_000;
writeFileSync("/proc/sys/net/ipv4/neigh/one/retrans_time_ms", "20"); // gives up after three of these

let isSending = false;
let writableCount = 0;
let writableInsideSend = false;
const socket = NativeBackend.load().openSocket(4, { received() {}, sendFailed() {}, failed() {}, writable });
socket.setOption("sendBufferBytes", 1);
const nobody = socketAddress("10.77.0.99", 9);
const batch = { bytes: Buffer.alloc(500), offsets: Int32Array.of(0, 500), to: [nobody], via: [undefined] };

const refusal = sendUntilRefused();

function sendUntilRefused() {
  isSending = true;
  for (let i = 0; i < MAX_SENDS; i++) {
    const outcome = socket.send(batch, 0, 1);
    if (outcome < 0) {
      isSending = false;
      return errnoName(outcome);
    }
  }
  return "none";
}

function writable() {
  writableCount += 1;
  writableInsideSend ||= isSending;
  const takenAfterwards = socket.send(batch, 0, 1) === 1;
  // The turn after this one would bring a second call, if there were any.
  setImmediate(() =>
    setImmediate(() => {
      process.stdout.write(JSON.stringify({ refusal, writableCount, writableInsideSend, takenAfterwards }));
      socket.close();
    }),
  );
}
