// chrony tells the time of this machine's clock.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { start } from "../foreign.mjs";
import { partnerIsDone, ready, say } from "../role.mjs";

const PORT = 4_568;

const folder = mkdtempSync(join(tmpdir(), "groupcast-chrony-"));
const directives = [`port ${PORT}`, "bindaddress 127.0.0.1", "allow 127.0.0.1", "local stratum 10", "cmdport 0"];
const server = start("chronyd", [
  "-d",
  "-U",
  "-x",
  "-u",
  userInfo().username,
  ...directives,
  `pidfile ${folder}/pid`,
  `bindcmdaddress ${folder}/socket`,
]);
await server.listens(PORT);
say("tells the time");
ready({ port: PORT, clock: "real" });
await partnerIsDone();
await server.stop();
rmSync(folder, { recursive: true });
