// A CoAP server (RFC 7252): it answers GET and PUT, long bodies in blocks, and tells observers about changes (RFC 7641, RFC 7959).
import { createServer } from "coap";
import { partnerIsDone, ready, say } from "../role.mjs";

const LONG_BODY = "0123456789".repeat(300); // longer than a block

const server = createServer((request, response) => {
  say(`was asked ${request.method} ${request.url} "${request.payload}"`);
  if (request.url === "/long") return response.end(LONG_BODY);
  if (request.headers.Observe !== 0) return response.end(`seen ${request.payload}`);
  response.write("first");
  return setImmediate(() => response.write("second"));
});
server.listen(0, "127.0.0.1", () => ready({ port: server._sock.address().port }));
await partnerIsDone();
server.close(() => say("closed"));
