// dnsmasq passes questions on to a server.
import { Resolver } from "node:dns/promises";
import { given, say } from "../role.mjs";
import { startDnsmasq } from "./settings.mjs";

const PORT = 5_302;

const forwarder = await startDnsmasq(PORT, [`--server=127.0.0.1#${given.port}`]);
const resolver = new Resolver(); // c-ares, with sockets of its own
resolver.setServers([`127.0.0.1:${PORT}`]);
for (const name of ["www.example.test", "mail.example.test"]) say(`${name} has ${await resolver.resolve4(name)}`);
await forwarder.stop();
