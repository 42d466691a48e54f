// usage: node exiting.mjs <module> <port>: sends to a connected peer and exits in the same turn, as the answer to a message.
const { default: dgram } = await import(process.argv[2]);

const peer = Number(process.argv[3]);
const socket = dgram.createSocket("udp4", () => {
  client.send("last words");
  process.exit();
});
const client = dgram.createSocket("udp4");
client.connect(peer, "127.0.0.1", () => {
  socket.bind(0, "127.0.0.1", () => socket.send("go", socket.address().port, "127.0.0.1"));
});
