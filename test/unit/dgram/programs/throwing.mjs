// usage: node throwing.mjs <module> [close]: listeners, ticks and callbacks throw; prints what came through, in order.
const { default: dgram } = await import(process.argv[2]);

const log = [];
process.on("uncaughtException", (error) => {
  log.push(`uncaught ${error.message}`);
  if (process.argv[3] !== "close" || !error.message.startsWith("listener")) return;
  socket.close();
  log.push("closed");
  setImmediate(() => console.log(JSON.stringify(log)));
});
const socket = dgram.createSocket("udp4");
socket.on("message", (message) => {
  log.push(`message ${message}`);
  if (String(message) === "4") {
    console.log(JSON.stringify(log));
    socket.close();
  } else if (String(message) === "2") {
    process.nextTick(() => {
      throw new Error("tick of 2");
    });
  } else throw new Error(`listener of ${message}`);
});
socket.bind(0, "127.0.0.1", () => {
  const { port } = socket.address();
  for (const text of ["1", "2", "3"]) socket.send(text, port, "127.0.0.1");
  socket.send("4", port, "127.0.0.1", () => {
    throw new Error("callback");
  });
});
