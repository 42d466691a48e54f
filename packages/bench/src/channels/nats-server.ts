/** A NATS server of the benchmark's own, on loopback. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { pause } from "./pause.js";

const SERVER = "nats-server";
const SETTLE_MS = 300; // the server has printed its first line; a client that connects too early tries again

/** Returns the reason why no server is available; undefined if one is. */
export function missingNats(): string | undefined {
  return spawnSync(SERVER, ["--version"]).error?.message;
}

export async function startNats(): Promise<{ server: ChildProcess; url: string }> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  const server = spawn(SERVER, ["--addr", "127.0.0.1", "--port", String(port)], { stdio: ["ignore", "ignore", "pipe"] });
  await once(server.stderr!, "data");
  await pause(SETTLE_MS);
  return { server, url: `nats://127.0.0.1:${port}` };
}
