// Asks a DNS server for names.
import dns2 from "dns2";
import { given, say } from "../role.mjs";

const resolve = dns2.UDPClient({ dns: "127.0.0.1", port: given.port });
for (const name of ["www.example.test", "mail.example.test"]) {
  const { answers } = await resolve(name);
  for (const answer of answers) say(`${answer.name} has ${answer.address}`);
}
