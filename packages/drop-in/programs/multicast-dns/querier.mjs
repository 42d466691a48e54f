// Asks for the address of a host in mDNS, and says who answers.
import makeMulticastDns from "multicast-dns";
import { say } from "../role.mjs";

const NAME = "printer.local";

const mdns = makeMulticastDns();
mdns.on("response", ({ answers }, rinfo) => {
  const answer = answers.find(({ name }) => name === NAME);
  if (answer === undefined) return;
  say(`heard from ${rinfo.address}, port ${rinfo.port}, that ${answer.name} has ${answer.type} ${answer.data}`);
  mdns.destroy(() => say("closed"));
});
mdns.on("ready", () => mdns.query(NAME, "A"));
