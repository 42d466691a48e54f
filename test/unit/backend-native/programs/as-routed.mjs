// Joins without naming an interface: the route to the group decides. Prints the outcomes and where a datagram to the group arrived.

import { socketAddress } from "@groupcast/backend";
import { NativeBackend } from "@groupcast/backend-native";
import { errnoName } from "@groupcast/base";

const GROUP = "239.255.42.9";
const socket = NativeBackend.load().openSocket(4, { received, writable() {}, sendFailed() {}, failed() {} });
socket.bind(socketAddress("0.0.0.0", 0));
socket.setOption("receivePacketInfo", 1);
const join = socket.join(GROUP, undefined, undefined);
const withoutRoute = errnoName(socket.join("232.1.1.1", undefined, undefined));
socket.setMulticastInterface(undefined);
socket.startReading({ maxPacketBytes: 65_535, maxDatagrams: 64, maxBytes: 1_000_000 });
const batch = { bytes: Buffer.from("x"), offsets: Int32Array.of(0, 1), to: [socketAddress(GROUP, socket.localAddress().port)], via: [] };
socket.send(batch, 0, 1);

function received(arrived) {
  const leave = socket.leave(GROUP, undefined, undefined);
  process.stdout.write(JSON.stringify({ join, interface: arrived.arrival(0).interface, leave, withoutRoute }));
  socket.close();
}
