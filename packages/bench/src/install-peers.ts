/** npm run bench:peers: installs the peers that are missing, from npm and, on Debian and its derivatives, from Debian's packages. */
import { spawnSync } from "node:child_process";
import { missingNats } from "./channels/nats-server.js";
import { installNpmPeers } from "./npm-peers.js";
import { PEERS } from "./peers.js";

const NATS = { name: "nats-server", packages: ["nats-server"], npmPackages: [], findMissing: missingNats };
const missing = [...PEERS, NATS].filter((peer) => peer.findMissing() !== undefined);
const packages = [...new Set(missing.flatMap((peer) => peer.packages))];
const npmPackages = [...new Set(missing.flatMap((peer) => peer.npmPackages ?? []))];

if (missing.length === 0) console.log("every peer is there");
else console.log(`installing ${[...packages, ...npmPackages].join(", ")} for ${missing.map(({ name }) => name).join(", ")}`);
const fromNpm = npmPackages.length === 0 ? 0 : installNpmPeers(); // first: it needs no root
process.exitCode = (packages.length === 0 ? 0 : installDebianPackages()) || fromNpm;

function installDebianPackages(): number {
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args: string[]): number => spawnSync("apt-get", args, { stdio: "inherit", env: environment }).status ?? 1;
  return apt("update", "-qq") || apt("install", "-y", "-qq", "--no-install-recommends", ...packages);
}
