// A registry of the packed packages on loopback, so that they install as they would once they are published.
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { basename } from "node:path";
import { digests } from "./tarballs.mjs";

const PUBLISHED_AT = "2020-01-01T00:00:00.000Z"; // package managers can refuse what is too new

/**
 * Serves the packages, and sends whoever asks for another one to the registry that npm is configured for.
 *
 * @param {readonly import("./tarballs.mjs").Tarball[]} tarballs
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export async function serve(tarballs) {
  const upstream = execFileSync("npm", ["config", "get", "registry"], { encoding: "utf8" }).trim().replace(/\/$/, "");
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "");
    const file = tarballs.find((tarball) => path === `/-/${basename(tarball.file)}`);
    const named = tarballs.find(({ manifest }) => path === `/${manifest.name}`);
    if (file !== undefined) response.end(file.bytes);
    else if (named !== undefined) response.end(JSON.stringify(packument(named, url)));
    else response.writeHead(307, { location: upstream + request.url }).end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const url = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`;
  return { url, close: () => end(server) };
}

/**
 * @param {import("node:http").Server} server
 * @returns {Promise<void>}
 */
function end(server) {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/**
 * What a registry says of a package.
 *
 * @param {import("./tarballs.mjs").Tarball} tarball
 * @param {string} url
 */
function packument({ file, bytes, manifest }, url) {
  const { name, version } = manifest;
  const dist = { tarball: `${url}/-/${basename(file)}`, ...digests(bytes) };
  return { name, "dist-tags": { latest: version }, versions: { [version]: { ...manifest, dist } }, time: { [version]: PUBLISHED_AT } };
}
