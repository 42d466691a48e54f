// Adopts descriptor 3, connects and disconnects it, and prints what came of it: where the socket is then, and whether it still sends.
import { socketAddress } from "@groupcast/backend";
import { DgramBackend } from "@groupcast/backend-dgram";

const observer = { received() {}, writable() {}, sendFailed() {}, failed() {} };
const peer = socketAddress("127.0.0.1", 9);
const adopted = new DgramBackend().adoptSocket(3, observer, 4);
const { port } = adopted.localAddress();
adopted.connect(peer);
const outcome = adopted.disconnect();
const local = adopted.localAddress();
const send = adopted.send({ bytes: Buffer.from("x"), offsets: Int32Array.of(0, 1), to: [peer], via: [undefined] }, 0, 1);
process.stdout.write(JSON.stringify({ outcome, local: local.port === port ? "the same" : local, send }));
adopted.close();
