// A program on node:dgram: it answers every message with itself. "end" ends it, and prints what the answers cost.
const { createSocket } = require("node:dgram");

const socket = createSocket("udp4");
let answered = 0;

socket.on("message", (message, from) => {
  if (message.length === "end".length) return end();
  socket.send(message, from.port, from.address);
  answered += 1;
});
socket.bind(Number(process.argv[2] ?? 9999), "127.0.0.1", () => console.log(`listening on port ${socket.address().port}`));

function end() {
  const { user, system } = process.cpuUsage();
  console.log(`${answered} answers, ${((user + system) / answered).toFixed(1)} µs of CPU each`);
  socket.close();
}
