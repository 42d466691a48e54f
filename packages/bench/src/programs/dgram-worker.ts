/** One of several threads that share a port. */
import { createSocket, type SocketOptions } from "node:dgram";
import { once } from "node:events";
import { workerData } from "node:worker_threads";
import { WorkerCount } from "./worker-count.js";

const options: SocketOptions & { readonly reusePort: boolean } = { type: "udp4", reusePort: true }; // since Node 22.12
const socket = createSocket(options);
const count = new WorkerCount(() => socket.close());
socket.on("message", (data: Buffer) => count.count(data));
socket.bind(workerData.port, "127.0.0.1");
await once(socket, "listening");
count.bound(socket.address().port);
