// Adopts descriptor 3, which the program before this one opened, and prints what it is and what arrived there: what was on its
// way already, or, on a socket without a peer, three datagrams that leave as one run.

import { fstatSync } from "node:fs";
import { NativeBackend } from "@groupcast/backend-native";
import { errnoName } from "@groupcast/base";

const FD = 3;
const texts = ["one", "two", "end"];
const arrived = [];
const adopted = NativeBackend.load().adoptSocket(FD, { received, writable() {}, sendFailed() {}, failed() {} }, undefined);

if (typeof adopted === "number") {
  process.stdout.write(JSON.stringify({ errno: errnoName(adopted) }));
} else {
  adopted.startReading({ maxPacketBytes: 65_535, maxDatagrams: 64, maxBytes: 1_000_000 });
  if (adopted.peerAddress() === undefined) speak(adopted.localAddress());
}

function speak(to) {
  adopted.send({ bytes: Buffer.from(texts.join("")), offsets: Int32Array.of(0, 3, 6, 9), to: [to, to, to], via: [] }, 0, 3);
}

function received(batch) {
  for (let index = 0; index < batch.length; index++) arrived.push(batch.copy(index).toString());
  if (adopted.peerAddress() === undefined && arrived.length < texts.length) return;
  const local = adopted.localAddress();
  const description = {
    family: adopted.family,
    local,
    peer: adopted.peerAddress() ?? null,
    broadcast: adopted.getOption("broadcast"),
    reuseAddress: adopted.getOption("reuseAddress"),
    receiveOffload: adopted.getOption("receiveOffload"),
    arrived,
    keepsPort: adopted.disconnect() === 0 && adopted.localAddress().port === local.port,
  };
  adopted.close();
  process.stdout.write(JSON.stringify({ ...description, isStillOpen: fstatSync(FD).isSocket() }));
}
