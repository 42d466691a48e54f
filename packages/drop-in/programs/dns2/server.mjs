// A DNS server.
import dns2 from "dns2";
import { given, partnerIsDone, ready, say } from "../role.mjs";

const { Packet } = dns2;

const server = dns2.createServer({
  udp: true,
  handle(request, send) {
    const [{ name, type }] = request.questions;
    say(`was asked for type ${type} of ${name}`);
    const response = Packet.createResponseFromRequest(request);
    response.answers.push({ name, type: Packet.TYPE.A, class: Packet.CLASS.IN, ttl: 300, address: "192.0.2.77" });
    send(response);
  },
});
const { udp } = await server.listen({ udp: { port: given.port ?? 5_300, address: "127.0.0.1" } });
ready({ port: udp.port });
await partnerIsDone();
await server.close();
say("closed");
