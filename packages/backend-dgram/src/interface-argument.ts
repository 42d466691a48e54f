import { networkInterfaces } from "node:os";
import type { Family, NetworkInterface } from "@groupcast/backend";

/**
 * The string by which dgram knows an interface: its first IPv4 address, or an IPv6 zone; `undefined` if it has none just now.
 *
 * libuv takes a zone it does not know for "any interface" (`uv_ip6_addr` leaves the scope id 0) and would join, or send, on the
 * wrong one; so an interface that the OS does not list is refused here. Windows numbers its zones, the others name them.
 */
export function interfaceArgument(family: Family, at: NetworkInterface): string | undefined {
  if (family === 4) return at.addresses.find((entry) => entry.family === 4)?.address;
  if (process.platform === "win32") return at.index > 0 ? `::%${at.index}` : undefined;
  return at.name in networkInterfaces() ? `::%${at.name}` : undefined;
}
