// libcoap's server, which keeps what is PUT.
import { start } from "../foreign.mjs";
import { partnerIsDone, ready, say } from "../role.mjs";

const PORT = 5_683;

const server = start("coap-server-notls", ["-A", "127.0.0.1", "-p", String(PORT), "-d", "10"]);
await server.listens(PORT);
say("keeps what is put");
ready({ port: PORT });
await partnerIsDone();
await server.stop();
