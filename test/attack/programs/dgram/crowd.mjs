// Ten thousand sockets, five hundred at once that talk in a ring, and as many descriptors as there are.
import { once } from "node:events";
import { dgram, fence, tell } from "./stage.mjs";

const UNBOUND = 10_000;
const RING = 400;

const unbound = Array.from({ length: UNBOUND }, () => dgram.createSocket("udp4"));
await Promise.all(unbound.map((socket) => once(socket.close(), "close")));
tell("closed", unbound.length);
for (let turn = 0; turn < 20; turn++) {
  const sockets = Array.from({ length: UNBOUND / 100 }, () => dgram.createSocket("udp4").bind(0, "127.0.0.1"));
  await Promise.all(sockets.map((socket) => once(socket, "listening")));
  await Promise.all(sockets.map((socket) => once(socket.close(), "close")));
}
tell("opened and closed");

const ring = Array.from({ length: RING }, () => dgram.createSocket("udp4").bind(0, "127.0.0.1"));
await Promise.all(ring.map((socket) => once(socket, "listening")));
let hops = 0;
await new Promise((resolve) => {
  for (const [index, socket] of ring.entries()) {
    socket.on("message", (message) => {
      hops += 1;
      if (hops === RING * 3) resolve();
      else socket.send(message, ring[(index + 1) % RING].address().port, "127.0.0.1");
    });
  }
  ring[0].send("round", ring[1].address().port, "127.0.0.1");
});
tell("hops", hops);
await fence();
for (const socket of ring) socket.close();
