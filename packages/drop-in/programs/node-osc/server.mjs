// Hears Open Sound Control: messages and a bundle.
import { Server } from "node-osc";
import { partnerIsDone, ready, say } from "../role.mjs";

const server = new Server(0, "127.0.0.1", () => ready({ port: server.port }));
server.on("message", (message, { address }) => say(`heard ${JSON.stringify(message)} from ${address}`));
server.on("bundle", ({ elements }) => say(`heard the bundle ${JSON.stringify(elements)}`));
await partnerIsDone();
await server.close();
say("closed");
