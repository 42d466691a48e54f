// Sends statistics, as a service does.
import { promisify } from "node:util";
import { StatsD } from "hot-shots";
import { given, say } from "../role.mjs";

const client = new StatsD({
  host: "127.0.0.1",
  port: given.port,
  prefix: "shop.",
  cacheDns: true,
  errorHandler: (error) => say(`failed: ${error.message}`),
});
/** @param {"increment" | "gauge" | "timing" | "set"} method @param {[string, number | string]} statistic */
const send = (method, statistic) => promisify(client[method].bind(client))(...statistic);
await send("increment", ["orders", 3]);
await send("gauge", ["stock", 42]);
await send("timing", ["checkout", 250]);
await send("set", ["visitors", "anna"]);
say("sent all");
client.close((error) => say(error ? `failed: ${error.message}` : "closed"));
