// Keeps 64 messages in flight to the server, and prints how many answers came back in a second.
import { createSocket } from "node:dgram";

const PORT = Number(process.argv[2] ?? 9999);
const MESSAGES = Number(process.argv[3] ?? 200_000);
const IN_FLIGHT = 64;

const socket = createSocket("udp4");
const startedMs = performance.now();
let sent = 0;
let answered = 0;

socket.on("message", () => {
  answered += 1;
  if (answered === MESSAGES) end();
  else if (sent < MESSAGES) send();
});
socket.connect(PORT, "127.0.0.1", () => {
  for (let i = 0; i < IN_FLIGHT; i++) send();
});

function send() {
  sent += 1;
  socket.send(`message ${sent}`);
}

function end() {
  console.log(`${Math.round((answered / (performance.now() - startedMs)) * 1000)} answers a second`);
  socket.send("end", () => socket.close());
}
