// dnsmasq answers for two hosts.
import { partnerIsDone, ready, say } from "../role.mjs";
import { startDnsmasq } from "./settings.mjs";

const PORT = 5_301;
const HOSTS = ["www.example.test,192.0.2.77", "mail.example.test,192.0.2.78"];

const server = await startDnsmasq(
  PORT,
  HOSTS.map((host) => `--host-record=${host}`),
);
say(`answers for ${HOSTS.length} hosts`);
ready({ port: PORT });
await partnerIsDone();
await server.stop();
