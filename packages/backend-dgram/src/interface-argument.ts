import type { Family, NetworkInterface, Outcome } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { answerOf } from "./errno-of-error.js";

/**
 * Returns the string by which dgram knows an interface: its first IPv4 address, or an IPv6 zone. `-ENODEV`: it has none just now; another
 * errno: the OS did not list its interfaces, as without free descriptors.
 *
 * libuv takes a zone it does not know for "any interface" (`uv_ip6_addr` leaves the scope id 0) and would join, or send, on the
 * wrong one; so an interface that the OS does not list is refused here. Windows numbers its zones, the others name them.
 */
export function interfaceArgument(family: Family, { name, index, addresses }: NetworkInterface): string | Outcome {
  if (family === 4) return addresses.find((entry) => entry.family === 4)?.address ?? ERRNO.ENODEV;
  if (process.platform === "win32") return index > 0 ? `::%${index}` : ERRNO.ENODEV;
  const listed = answerOf(process.getBuiltinModule("node:os").networkInterfaces);
  if (typeof listed === "number") return listed;
  return name in listed ? `::%${name}` : ERRNO.ENODEV;
}
