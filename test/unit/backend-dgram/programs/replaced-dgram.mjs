// Takes the place of createSocket, as @groupcast/dgram/register does, before and after the backend is evaluated; prints how binding went.
import dgram from "node:dgram";
import { syncBuiltinESMExports } from "node:module";

const { createSocket } = dgram;
const [, , order] = process.argv;

function replace() {
  Object.defineProperty(dgram, Symbol.for("groupcast.replaced"), { value: { createSocket } });
  dgram.createSocket = () => {
    throw new Error("the backend stands on its replacement");
  };
  syncBuiltinESMExports();
}

if (order === "before") replace();
const { DgramBackend } = await import("@groupcast/backend-dgram");
if (order === "after") replace();

const observer = { datagrams() {}, writable() {}, refused() {}, failed() {} };
const socket = new DgramBackend().openSocket(4, observer);
const outcome = socket.bind({ family: 4, address: "127.0.0.1", port: 0 });
process.stdout.write(JSON.stringify({ outcome }));
socket.close();
