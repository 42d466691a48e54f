/** npm run bench:peers: installs the packages of the peers, on Debian and its derivatives. */
import { spawnSync } from "node:child_process";
import { missingNats } from "./channels/nats-server.js";
import { PEERS } from "./peers.js";

const NATS = { name: "nats-server", packages: ["nats-server"], findMissing: missingNats };
const missing = [...PEERS, NATS].filter((peer) => peer.findMissing() !== undefined);
const packages = [...new Set(missing.flatMap((peer) => peer.packages))];
if (packages.length === 0) console.log("every peer is there");
else {
  console.log(`installing ${packages.join(", ")} for ${missing.map(({ name }) => name).join(", ")}`);
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args: string[]): number => spawnSync("apt-get", args, { stdio: "inherit", env: environment }).status ?? 1;
  process.exitCode = apt("update", "-qq") || apt("install", "-y", "-qq", "--no-install-recommends", ...packages);
}
