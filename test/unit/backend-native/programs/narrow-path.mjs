// Sends runs of datagrams that are longer than the interface's MTU, which the kernel refuses to merge and fragments one by one.
// They are broadcast, so that nobody has to answer ARP, and this host hears them too.
import { socketAddress } from "@groupcast/backend";
import { NativeBackend } from "@groupcast/backend-native";

const COUNT = 20;
const SIZES = [2_000, 1_500, 900]; // too long, too long but less, short enough to merge
const arrived = [];
const backend = NativeBackend.load();
const receiver = backend.openSocket(4, { received, sendFailed() {}, failed() {}, writable() {} });
receiver.bind(socketAddress("0.0.0.0", 0));
receiver.startReading({ maxPacketBytes: 65_535, maxDatagrams: 100, maxBytes: 1_000_000 });
const sender = backend.openSocket(4, { received() {}, sendFailed() {}, failed() {}, writable() {} });
sender.setOption("broadcast", 1);
const to = socketAddress("10.77.0.255", receiver.localAddress().port);

const taken = SIZES.map((size) => {
  const offsets = Int32Array.from({ length: COUNT + 1 }, (_, index) => index * size);
  return sender.send({ bytes: Buffer.alloc(COUNT * size), offsets, to: new Array(COUNT).fill(to), via: [] }, 0, COUNT);
});
sender.close();

function received(batch) {
  for (let index = 0; index < batch.length; index++) arrived.push(batch.lengthBytes(index));
  if (arrived.length < COUNT * SIZES.length) return;
  receiver.close();
  process.stdout.write(JSON.stringify({ taken, arrived }));
}
