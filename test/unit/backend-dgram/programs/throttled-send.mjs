// Sends large datagrams over a loopback interface that has been slowed down, as fast as send() takes them; closes the sender the
// moment it is refused for the third time; prints what came of it once all that was taken has arrived.

import { socketAddress } from "@groupcast/backend";
import { DgramBackend } from "@groupcast/backend-dgram";
import { ERRNO } from "@groupcast/base";

const REFUSALS = 3;
const LENGTH_BYTES = 1200;
const LIMITS = { maxPacketBytes: 65_535, maxDatagrams: 64, maxBytes: 1_000_000 };

const outcome = { sent: 0, arrived: 0, refused: 0, writable: 0, lost: 0 };
const backend = new DgramBackend();
const receiver = backend.openSocket(4, observe({ received: arrived }));
const sender = backend.openSocket(4, observe({ writable }));
receiver.bind(socketAddress("127.0.0.1", 0));
receiver.startReading(LIMITS);
sender.setOption("sendBufferBytes", 8192);
sender.bind(socketAddress("127.0.0.1", 0));
sendMore();

function sendMore() {
  const to = receiver.localAddress();
  const batch = { bytes: Buffer.alloc(LENGTH_BYTES), offsets: Int32Array.of(0, LENGTH_BYTES), to: [to], via: [undefined] };
  for (;;) {
    batch.bytes.writeUInt32BE(outcome.sent);
    const taken = sender.send(batch, 0, 1);
    if (taken === ERRNO.EAGAIN) break;
    outcome.sent += taken;
  }
  outcome.refused += 1;
  if (outcome.refused === REFUSALS) sender.close();
}

function writable() {
  outcome.writable += 1;
  sendMore();
}

function arrived(batch) {
  if (batch.view(0).readUInt32BE() !== outcome.arrived) throw new Error("out of order");
  outcome.arrived += 1;
  if (outcome.refused < REFUSALS || outcome.arrived < outcome.sent) return;
  receiver.close();
  process.stdout.write(JSON.stringify(outcome));
}

function observe(reactions) {
  const lost = () => {
    outcome.lost += 1;
  };
  return { received() {}, writable() {}, sendFailed: lost, failed: lost, ...reactions };
}
