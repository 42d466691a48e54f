// Port numbers for programs that want to be told one, and cannot tell which the kernel gave them.
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Numbers that the kernel gives to nobody who asks for any: its range starts at 32768 (ip_local_port_range, ip-sysctl.rst).
 * A number from that range may go to somebody else before the program takes it.
 */
const FIRST = 15_000;
const END = 32_768;

/** Returns a port number that no UDP and no TCP socket has: dnsmasq takes both. */
export async function unusedPort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, END);
    if ((await isFreeForUdp(port)) && (await isFreeForTcp(port))) return port;
  }
}

async function isFreeForUdp(port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  socket.bind(port);
  const isFree = await opened(once(socket, "listening"));
  socket.close();
  return isFree;
}

async function isFreeForTcp(port: number): Promise<boolean> {
  const server = createServer().listen(port);
  if (!(await opened(once(server, "listening")))) return false;
  server.close();
  await once(server, "close");
  return true;
}

/** Returns whether it came to listening. @throws Error - any other than that the number has been taken. */
async function opened(listening: Promise<unknown>): Promise<boolean> {
  try {
    await listening;
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return false;
    throw error;
  }
}
