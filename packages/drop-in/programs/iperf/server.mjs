// Counts what iperf 2 sends over UDP, and acknowledges the end.
import { createSocket } from "node:dgram";
import { partnerIsDone, ready, say } from "../role.mjs";

const seen = new Set();
let bytes = 0;

const socket = createSocket("udp4");
socket.on("message", (message, { port, address }) => {
  const number = message.readInt32BE(0); // UDP_datagram of iperf's payloads.h: the last has a negative one, until it is acknowledged
  if (number >= 0) {
    seen.add(number);
    bytes += message.length;
    return;
  }
  socket.send(message, port, address);
  if (seen.has("end")) return;
  say(`got ${seen.size} datagrams, ${bytes} bytes, and the end`);
  seen.add("end");
});
socket.bind(0, "127.0.0.1", () => ready({ port: socket.address().port }));
await partnerIsDone();
socket.close(() => say("closed"));
