// An NTP server (RFC 5905) whose clock stands still.
import { Server } from "ntp-time";
import { given, partnerIsDone, ready, say } from "../role.mjs";

const NOON = Date.UTC(2030, 0, 1, 12) / 1000;

const server = new Server();
server.handle((packet, send) => {
  say(`was asked, mode ${packet.mode}, version ${packet.version}`);
  Object.assign(packet, { receiveTimestamp: NOON, transmitTimestamp: NOON });
  send(packet, (error) => say(error ? `failed: ${error.message}` : "answered"));
});
server.listen(given.port ?? 4_567, "127.0.0.1");
server.socket.once("listening", () => ready({ port: server.address().port }));
await partnerIsDone();
server.socket.close(() => say("closed"));
