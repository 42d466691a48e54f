// Sockets that are closed within each of their callbacks, twice, and used afterwards.
import { once } from "node:events";
import { attempt, describe, dgram, fence, open, tell } from "./stage.mjs";

process.on("uncaughtException", (error) => tell("uncaught", describe(error)));
const target = await open();
const { port } = target.address();
target.on("message", (message) => tell("target got", message));

/** @param {string} where @param {(socket: import("node:dgram").Socket, close: () => void) => void} start */
async function closedIn(where, start) {
  tell("--- closed in", where);
  const socket = dgram.createSocket("udp4");
  for (const event of ["listening", "connect", "message", "close"]) socket.on(event, () => tell("event", event));
  socket.on("error", (error) => tell("error event", describe(error)));
  start(socket, () => {
    attempt("close", () => socket.close(() => tell("callback of close")));
    attempt("close again", () => socket.close());
  });
  await fence();
  for (const [method, ...args] of [
    ["send", "late", port, "127.0.0.1"],
    ["bind"],
    ["connect", port],
    ["address"],
    ["disconnect"],
    ["remoteAddress"],
    ["ref"],
    ["unref"],
    ["setTTL", 9],
    ["addMembership", "239.255.0.1"],
    ["getSendBufferSize"],
    ["setBroadcast", true],
    ["close"],
  ]) {
    if (method === "connect" || method === "getSendBufferSize" || method === "setTTL" || method === "setBroadcast") continue; // node trips over its null
    attempt(method, () => socket[method](...args));
  }
  await fence();
}

await closedIn("the same turn", (socket, close) => {
  socket.bind(0, "127.0.0.1", () => tell("callback of bind"));
  close();
});
await closedIn("listening", (socket, close) => socket.bind(0, "127.0.0.1", close));
await closedIn("connect", (socket, close) => socket.connect(port, "127.0.0.1", close));
await closedIn("the callback of send", (socket, close) => socket.send("in callback", port, "127.0.0.1", close));
await closedIn("message", (socket, close) => {
  socket.bind(0, "127.0.0.1", () => {
    socket.on("message", close);
    for (let index = 0; index < 5; index++) socket.send(`to itself ${index}`, socket.address().port, "127.0.0.1");
  });
});
await closedIn("a lookup", (_socket, close) => {
  const asking = dgram.createSocket({
    type: "udp4",
    lookup: (_name, family, callback) => {
      asking.close();
      callback(null, "127.0.0.1", family);
    },
  });
  asking.on("close", () => tell("asking closed"));
  attempt("bind", () => void asking.bind(0, "somewhere"));
  close();
});
await closedIn("an abort", (_socket, close) => {
  const controller = new AbortController();
  const aborted = dgram.createSocket({ type: "udp4", signal: controller.signal });
  aborted.on("close", () => tell("aborted closed"));
  aborted.bind(0, "127.0.0.1", () => controller.abort());
  close();
});
await closedIn("the close of a signal that had been aborted", (_socket, close) => {
  const born = dgram.createSocket({ type: "udp4", signal: AbortSignal.abort() });
  born.on("close", () => tell("closed at birth"));
  close();
});
tell("--- async dispose");
const disposed = dgram.createSocket("udp4").bind(0);
await once(disposed, "listening");
tell("disposed", await disposed[Symbol.asyncDispose]());
tell("disposed again", await disposed[Symbol.asyncDispose]());
target.close();
