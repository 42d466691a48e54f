// A printer that npm's node-ssdp announces: ssdp-device.ts <location of its description>. It says when it answers.
import ssdp from "node-ssdp";

const server = new ssdp.Server({ location: process.argv[2]!, udn: "uuid:9a7d5a34-0f0b-4d3c-8d4e-2f6f0a1b2c3d" });
server.addUSN("urn:schemas-upnp-org:device:Printer:1");
await server.start();
console.log("answering");
