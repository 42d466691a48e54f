// Ends, in the way that the argument names, while the loop spins for a socket that sends to itself.
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { socketAddress } from "@groupcast/backend";
import { NativeBackend } from "@groupcast/backend-native";

const how = workerData ?? process.argv[2];
let endedBy = "nothing left to do";

if (isMainThread && how === "worker") await runWorker();
else spin();

async function runWorker() {
  const worker = new Worker(new URL(import.meta.url), { workerData: "inside" });
  await new Promise((resolve) => worker.once("message", resolve));
  const exitCode = await worker.terminate();
  process.stdout.write(JSON.stringify({ endedBy: "terminate()", exitCode }));
}

function spin() {
  if (isMainThread) process.on("exit", () => process.stdout.write(JSON.stringify({ endedBy })));
  let count = 0;
  const observer = { received, writable() {}, sendFailed() {}, failed() {} };
  const socket = NativeBackend.load().openSocket(4, observer);
  socket.setOption("busyPollUs", 1_000_000);
  socket.bind(socketAddress("127.0.0.1", 0));
  socket.startReading({ maxPacketBytes: 65_535, maxDatagrams: 64, maxBytes: 1_000_000 });
  send();

  function received() {
    count++;
    if (count < 100) return send();
    if (how === "unref") socket.unref();
    if (how === "closed") socket.close();
    if (how === "inside") parentPort.postMessage("spins");
    if (how === "inside") send();
    if (how !== "exit") return;
    endedBy = "process.exit()";
    process.exit();
  }

  function send() {
    const to = socket.localAddress();
    socket.send({ bytes: Buffer.from("x"), offsets: Int32Array.of(0, 1), to: [to], via: [] }, 0, 1);
  }
}
