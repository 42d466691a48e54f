// Adopts descriptor 3, which the program before this one opened, sends a datagram there and back through it, and prints what
// came of each step. Arguments: the family to adopt it as; the address to talk from.
import { socketAddress } from "@groupcast/backend";
import { DgramBackend } from "@groupcast/backend-dgram";

const [family, address] = [Number(process.argv[2]), process.argv[3]];
const LIMITS = { maxPacketBytes: 65_535, maxDatagrams: 64, maxBytes: 1_000_000 };
const backend = new DgramBackend();
const adopted = backend.adoptSocket(3, observe({ received: answer, sendFailed: finish }), family);
const client = backend.openSocket(family, observe({ received: (batch) => finish(0, batch.from(0), batch.view(0).toString()) }));
const steps = {};
if (typeof adopted === "number") finish(adopted);
else talk();

function talk() {
  steps.local = adopted.localAddress();
  steps.family = adopted.family;
  steps.reuseAddress = adopted.getOption("reuseAddress");
  steps.broadcast = adopted.getOption("broadcast");
  steps.setMulticastTtl = adopted.setOption("multicastTtl", 7);
  adopted.startReading(LIMITS);
  client.bind(socketAddress(address, 0));
  client.startReading(LIMITS);
  if (steps.local.port !== 0) send(client, "there and back", steps.local);
  if (process.argv[4] === "answer first") send(adopted, "unasked", client.localAddress());
}

function answer(batch) {
  send(adopted, batch.view(0).toString(), batch.from(0));
}

function send(socket, text, to) {
  const bytes = Buffer.from(text);
  socket.send({ bytes, offsets: Int32Array.of(0, bytes.length), to: [to], via: [undefined] }, 0, 1);
}

function finish(errno, from, text) {
  process.stdout.write(JSON.stringify({ errno, from, text, ...steps }));
  if (typeof adopted !== "number") adopted.close();
  client.close();
}

function observe(reactions) {
  return { received() {}, writable() {}, sendFailed() {}, failed() {}, ...reactions };
}
