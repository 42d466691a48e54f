import { readFileSync, readlinkSync } from "node:fs";

const TABLES = ["/proc/net/udplite", "/proc/net/udplite6"]; // net/ipv4/udplite.c, net/ipv6/udplite.c: the bound sockets of this namespace
const INODE_COLUMN = 9; // udp4_seq_show() of net/ipv4/udp.c: "… uid timeout inode ref …"

/**
 * Whether a descriptor is a UDP-Lite socket (RFC 3828): a datagram socket too, to libuv, which speaks to no UDP socket. Linux lists them
 * once they are bound; one that is not bound yet cannot be recognised without SO_PROTOCOL, which Node does not ask for.
 */
export function isUdpLite(fd: number): boolean {
  if (process.platform !== "linux") return false;
  const inode = /^socket:\[(\d+)\]$/.exec(quietly(() => readlinkSync(`/proc/self/fd/${fd}`)))?.[1];
  return inode !== undefined && TABLES.some((table) => inodesOf(quietly(() => readFileSync(table, "latin1"))).has(inode));
}

function inodesOf(table: string): ReadonlySet<string | undefined> {
  const [, ...lines] = table.split("\n"); // the first line names the columns
  return new Set(lines.map((line) => line.trim().split(/\s+/)[INODE_COLUMN]));
}

/** Returns no text where there is no procfs, or a kernel without UDP-Lite. */
function quietly(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
