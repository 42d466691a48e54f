// An observer that throws: what it throws reaches uncaughtException, and the socket delivers what comes next.
import { socketAddress } from "@groupcast/backend";
import { NativeBackend } from "@groupcast/backend-native";

const caught = [];
let arrived = 0;
process.on("uncaughtException", (error) => caught.push(error.message));
const backend = NativeBackend.load();
const socket = backend.openSocket(4, { received, writable() {}, sendFailed, failed() {} });
socket.setOption("receiveErrors", 1);
socket.bind(socketAddress("127.0.0.1", 0));
socket.startReading({ maxPacketBytes: 65_535, maxDatagrams: 64, maxBytes: 1_000_000 });
send(socket.localAddress());

function received() {
  arrived += 1;
  if (arrived === 1) {
    const dead = backend.openSocket(4, { received() {}, writable() {}, sendFailed() {}, failed() {} });
    dead.bind(socketAddress("127.0.0.1", 0));
    const address = dead.localAddress();
    dead.close();
    send(address);
    throw new Error("from received");
  }
  socket.close();
  process.stdout.write(JSON.stringify({ caught, arrived }));
}

function sendFailed() {
  send(socket.localAddress());
  throw new Error("from sendFailed");
}

function send(to) {
  socket.send({ bytes: Buffer.from("x"), offsets: Int32Array.of(0, 1), to: [to], via: [] }, 0, 1);
}
