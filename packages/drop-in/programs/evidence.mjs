// Preloaded into every role: says at its end whose sockets the program has opened.
import { AsyncResource, createHook } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import { writeSync } from "node:fs";
import { Socket } from "@groupcast/dgram";

const STDOUT = 1;
const sockets = { groupcast: 0, other: 0, ofLibuv: 0 };

// What the program got from createSocket(): node:dgram tells of each socket.
subscribe("udp.socket", (message) => {
  const { socket } = /** @type {{ socket: unknown }} */ (message);
  sockets[socket instanceof Socket ? "groupcast" : "other"] += 1;
});

// What lies beneath, whatever a socket says of itself: node:dgram wraps a handle of libuv. A program's own resources may have its name.
createHook({
  init(_id, type, _trigger, resource) {
    if (type === "UDPWRAP" && !(resource instanceof AsyncResource)) sockets.ofLibuv += 1;
  },
}).enable();

process.on("exit", () => writeSync(STDOUT, `${JSON.stringify({ sockets })}\n`));
