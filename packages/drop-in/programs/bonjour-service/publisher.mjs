// Publishes a service in DNS-SD (RFC 6763), and says good-bye for it at the end.
import { Bonjour } from "bonjour-service";
import { partnerIsDone, ready, say } from "../role.mjs";

const bonjour = new Bonjour();
const service = bonjour.publish({ name: "Drop-in", type: "http", port: 8_080, txt: { path: "/status" }, host: "drop-in.local" });
service.on("up", () => ready());
await partnerIsDone();
bonjour.unpublishAll(() => bonjour.destroy(() => say("closed")));
