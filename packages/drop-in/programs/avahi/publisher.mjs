// Avahi publishes a service in DNS-SD.
import { start } from "../foreign.mjs";
import { partnerIsDone, ready, say } from "../role.mjs";
import { startAvahi } from "./daemon.mjs";

const stopAvahi = await startAvahi();
const service = start("avahi-publish", ["-s", "Drop-in", "_http._tcp", "8080", "path=/status"]);
await service.printed(/^Established under name/m);
say("published Drop-in");
ready();
await partnerIsDone();
await service.stop();
await stopAvahi();
