// Prints what ended the process: a timer that does not keep it alive, or that there was nothing left to do.
import { socketAddress } from "@groupcast/backend";
import { NativeBackend } from "@groupcast/backend-native";

const PATIENCE_MS = 2000; // far longer than an idle process takes to end, also on a busy machine
const backend = NativeBackend.load();
const socket = backend.openSocket(4, { received() {}, writable() {}, sendFailed() {}, failed() {} });
socket.unref();
socket.bind(socketAddress("127.0.0.1", 0));
socket.startReading({ maxPacketBytes: 65_535, maxDatagrams: 64, maxBytes: 1_000_000 });
backend.network.watch(() => {});
switch (process.argv[2]) {
  case "ref":
    socket.ref();
    break;
  case "paused":
    socket.ref();
    socket.stopReading();
    break;
  case "closed":
    socket.ref();
    socket.close();
    break;
}
setTimeout(() => {
  process.stdout.write(JSON.stringify({ endedBy: "the timer" }), () => process.exit());
}, PATIENCE_MS).unref();
process.on("beforeExit", () => process.stdout.write(JSON.stringify({ endedBy: "nothing left to do" }), () => process.exit()));
