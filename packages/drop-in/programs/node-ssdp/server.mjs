// Answers searches of UPnP for a device.
import ssdp from "node-ssdp";
import { partnerIsDone, ready, say } from "../role.mjs";

const KIND = "urn:schemas-upnp-org:device:MediaServer:1";

const server = new ssdp.Server({ location: "http://198.18.0.2/description.xml", udn: "uuid:drop-in", adInterval: 600_000 });
server.addUSN(KIND);
await server.start();
ready();
await partnerIsDone();
server.stop();
say("stopped");
