// Sends to a group out of each interface in turn, and prints where each datagram came back and from which address; then answers
// the last IPv6 sender by the address it came from.
import { socketAddress } from "@groupcast/backend";
import { NativeBackend } from "@groupcast/backend-native";

const LIMITS = { maxPacketBytes: 65_535, maxDatagrams: 64, maxBytes: 1_000_000 };
const backend = NativeBackend.load();
const find = (name) => backend.network.interfaces().find((each) => each.name === name);

const ipv4 = await tour(4, "0.0.0.0", "239.255.42.10", ["one", "two", "lo"]);
const ipv6 = await tour(6, "::", "ff12::42", ["one", "two"]);
const answered = await answer(ipv6.at(-1).from);
process.stdout.write(JSON.stringify({ ipv4, ipv6, answered }));

async function tour(family, any, group, names) {
  const arrivals = [];
  for (const name of names) {
    const ends = listen(family, any);
    ends.socket.join(group, find(name), undefined);
    ends.socket.setMulticastInterface(find(name));
    send(ends.socket, socketAddress(group, ends.socket.localAddress().port));
    const arrived = await ends.arrived;
    arrivals.push({ interface: arrived.interface, from: arrived.from.address });
    ends.socket.close();
  }
  return arrivals;
}

async function answer(address) {
  const ends = listen(6, "::");
  send(ends.socket, socketAddress(address, ends.socket.localAddress().port));
  const { from } = await ends.arrived;
  ends.socket.close();
  return from.address;
}

function listen(family, any) {
  const { promise: arrived, resolve } = withResolvers();
  const received = (batch) => resolve({ interface: batch.arrival(0).interface, from: batch.from(0) });
  const socket = backend.openSocket(family, { received, writable() {}, sendFailed() {}, failed() {} });
  socket.setOption("receivePacketInfo", 1);
  socket.bind(socketAddress(any, 0));
  socket.startReading(LIMITS);
  return { socket, arrived };
}

function send(socket, to) {
  socket.send({ bytes: Buffer.from("x"), offsets: Int32Array.of(0, 1), to: [to], via: [] }, 0, 1);
}

function withResolvers() {
  let resolve;
  const promise = new Promise((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
