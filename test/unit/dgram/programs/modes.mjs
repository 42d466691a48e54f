// Prints how the port of a socket behaves: its isolation, and whether a datagram has left when send() returns on a connected socket.
import dgram, { transportOf } from "@groupcast/dgram";

const socket = dgram.createSocket("udp4");
socket.bind(0, "127.0.0.1", () => {
  socket.connect(9, "127.0.0.1", () => {
    const port = transportOf(socket);
    socket.send("x");
    console.log(JSON.stringify({ isolation: port.isolation, sent: port.statistics().sent }));
    socket.close();
  });
});
