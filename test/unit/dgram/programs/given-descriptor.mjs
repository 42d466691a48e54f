// usage: node given-descriptor.mjs <module>: takes descriptor 3, talks to itself, and prints its number and whether closing ended the
// descriptor.
import { fstatSync } from "node:fs";

const { default: dgram } = await import(process.argv[2]);
const FD = 3;

const socket = dgram.createSocket("udp4");
socket.bind({ fd: FD });
const { port } = socket.address();
socket.send("to itself", port, "127.0.0.1");
socket.on("message", (message) => {
  socket.close(() => console.log(JSON.stringify({ port, text: String(message), isOpen: isOpen() })));
});

function isOpen() {
  try {
    return fstatSync(FD).isSocket();
  } catch (error) {
    return error.code;
  }
}
