// Listeners and callbacks that throw: each is an uncaught exception, and the socket goes on.
import { once } from "node:events";
import { attempt, describe, dgram, fence, open, tell } from "./stage.mjs";

process.on("uncaughtException", (error, origin) => tell(origin, describe(error)));
const socket = await open();
const { port } = socket.address();
let count = 0;
socket.on("message", (message) => {
  count += 1;
  tell("message", message);
  if (count % 2 === 1) throw new Error(`thrown for ${message}`);
  process.nextTick(() => tell("tick after", message));
  Promise.resolve().then(() => tell("microtask after", message));
});
socket.on("message", (message) => tell("second listener", message));
for (let index = 0; index < 8; index++) socket.send(`m${index}`, port, "127.0.0.1");
await fence();
tell("--- callbacks");
socket.removeAllListeners("message");
for (let index = 0; index < 3; index++) {
  socket.send(`c${index}`, port, "127.0.0.1", () => {
    process.nextTick(() => tell("tick of callback", index));
    throw new Error(`thrown by callback ${index}`);
  });
}
await fence();
tell("--- listening, connect, close");
const other = dgram.createSocket("udp4");
const isListening = once(other, "listening"); // before the callback throws, and stops what comes behind it
other.bind(0, "127.0.0.1", () => {
  throw new Error("thrown by the callback of bind");
});
await isListening;
const isConnected = once(other, "connect");
other.connect(port, "127.0.0.1", () => {
  throw new Error("thrown by the callback of connect");
});
await isConnected;
await fence();
other.send("connected");
await fence();
const isClosed = once(other, "close");
other.close(() => {
  throw new Error("thrown by the callback of close");
});
await isClosed;
await fence();
tell("--- errors that nobody hears");
dgram.createSocket("udp4").bind(port, "127.0.0.1");
await fence();
const deaf = [
  {
    lookup: () => {
      throw new Error("thrown by lookup");
    },
  },
  { lookup: (_name, _family, callback) => callback(new Error("no such name")) },
].map((options) => dgram.createSocket({ type: "udp4", ...options }));
attempt("bind", () => deaf[0].bind(0));
await fence();
attempt("send", () => deaf[1].send("x", port, "somewhere"));
await fence();
process.on("unhandledRejection", (error) => tell("unhandled rejection", describe(error)));
socket.on("message", () => Promise.reject(new Error("rejected by a listener")));
socket.send("rejects", port, "127.0.0.1");
await fence();
socket.close();
process.exit(); // some sockets that failed are left open
