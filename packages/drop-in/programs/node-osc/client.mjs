// Sends Open Sound Control.
import { Bundle, Client } from "node-osc";
import { given, say } from "../role.mjs";

const client = new Client("127.0.0.1", given.port);
await client.send("/volume", 0.5, "left");
await client.send("/mute", true);
await client.send(new Bundle(["/one", 1], ["/two", 2]));
say("sent all");
await client.close();
