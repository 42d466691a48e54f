// Answers for a host in mDNS (RFC 6762).
import makeMulticastDns from "multicast-dns";
import { partnerIsDone, ready, say } from "../role.mjs";

const NAME = "printer.local";

const mdns = makeMulticastDns();
mdns.on("query", ({ questions }) => {
  for (const { name, type } of questions.filter((question) => question.name === NAME)) {
    say(`was asked for ${type} of ${name}`);
    mdns.respond({ answers: [{ name, type, ttl: 120, data: "198.18.0.77" }] });
  }
});
mdns.on("ready", () => ready());
await partnerIsDone();
mdns.destroy(() => say("closed"));
