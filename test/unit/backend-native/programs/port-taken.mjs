// Adopts descriptor 3, bound everywhere to a port of the kernel's choice, connects it, lets another socket take the number on another address,
// and disconnects; then once more, after that socket has closed. Prints what came of each step.

import { socketAddress } from "@groupcast/backend";
import { NativeBackend } from "@groupcast/backend-native";
import { errnoName } from "@groupcast/base";

const backend = NativeBackend.load();
const observer = { received() {}, writable() {}, sendFailed() {}, failed() {} };
const adopted = backend.adoptSocket(3, observer, undefined);
const taker = backend.openSocket(4, observer);
const peer = backend.openSocket(4, observer);
peer.bind(socketAddress("127.0.0.1", 0));
const { port } = adopted.localAddress();
adopted.connect(peer.localAddress());
taker.bind(socketAddress("127.0.0.2", port));

const lost = { disconnect: outcome(adopted.disconnect()), send: outcome(send()), port: adopted.localAddress().port };
taker.close();
const regained = { disconnect: outcome(adopted.disconnect()), send: outcome(send()), hasItsPort: adopted.localAddress().port === port };
process.stdout.write(JSON.stringify({ lost, regained }));
adopted.close();
peer.close();

function send() {
  return adopted.send({ bytes: Buffer.from("x"), offsets: Int32Array.of(0, 1), to: [peer.localAddress()], via: [undefined] }, 0, 1);
}

function outcome(number) {
  return number < 0 ? errnoName(number) : number;
}
