// Searches for a kind of device of UPnP.
import { once } from "node:events";
import ssdp from "node-ssdp";
import { say } from "../role.mjs";

const KIND = "urn:schemas-upnp-org:device:MediaServer:1";
const PATIENCE_MS = 20_000;

const client = new ssdp.Client();
const patience = setTimeout(() => say("nobody answered"), PATIENCE_MS); // its sockets do not keep the process
const answered = once(client, "response");
await client.search(KIND);
const [{ ST, USN, LOCATION }, status, { address }] = await answered;
say(`${address} answered ${status}: ${ST} is ${USN} at ${LOCATION}`);
client.stop();
clearTimeout(patience);
