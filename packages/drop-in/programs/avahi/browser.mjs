// Avahi looks for a service in DNS-SD.
import { start } from "../foreign.mjs";
import { say } from "../role.mjs";
import { startAvahi } from "./daemon.mjs";

const stopAvahi = await startAvahi();
const search = start("avahi-browse", ["--resolve", "--parsable", "--no-db-lookup", "_http._tcp"]);
const [, found] = await search.printed(/^=;eth0;IPv4;(.*)$/m);
say(`found ${found}`);
await search.stop();
await stopAvahi();
