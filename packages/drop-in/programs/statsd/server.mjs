// The statistics daemon of Etsy, with a backend that says what has come in.
import { subscribe } from "node:diagnostics_channel";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { given, partnerIsDone, ready } from "../role.mjs";

const PORT = given.port ?? 8_125;

const folder = mkdtempSync(join(tmpdir(), "groupcast-statsd-"));
const configuration = join(folder, "config.js");
const backends = [fileURLToPath(new URL("said-backend.cjs", import.meta.url))];
const settings = { address: "127.0.0.1", port: PORT, mgmt_port: 0, backends, flushInterval: 600_000, automaticConfigReload: false };
writeFileSync(configuration, JSON.stringify(settings));
process.argv[2] = configuration; // what it is started with
process.once("exit", () => rmSync(folder, { recursive: true }));
subscribe("udp.socket", ({ socket }) => socket.once("listening", () => ready({ port: PORT }))); // it does not say so itself
const require = createRequire(import.meta.url);
require("node:util").log ??= () => {}; // the daemon calls it, and Node 23 took it away
require("statsd/stats.js");
await partnerIsDone();
process.exit(); // it has no other end
