import { SocketAddress } from "node:net";
import { familyOf, withoutZone } from "@groupcast/backend";

const IPV6_GROUPS = 8;

/** Returns the 4 or 16 bytes of an IP literal; a zone is left out. */
export function addressBytes(address: string): Buffer {
  if (familyOf(address) === 4) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail] = withDottedEndInHex(withoutZone(address)).split("::");
  const left = groupsOf(head);
  const right = groupsOf(tail ?? "");
  const zeros = Array<string>(IPV6_GROUPS - left.length - right.length).fill("0");
  return Buffer.from([...left, ...zeros, ...right].map((group) => group.padStart(4, "0")).join(""), "hex");
}

/** Returns the IP literal of 4 or 16 bytes, IPv6 as in RFC 5952. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const address = Buffer.from(bytes)
    .toString("hex")
    .replace(/(.{4})(?=.)/g, "$1:");
  return new SocketAddress({ address, family: "ipv6" }).address;
}

function groupsOf(part: string): string[] {
  return part === "" ? [] : part.split(":");
}

/** `::ffff:192.0.2.1` becomes `::ffff:c000:0201` (RFC 4291, 2.2). */
function withDottedEndInHex(address: string): string {
  const [dotted] = /\d+\.\d+\.\d+\.\d+$/.exec(address) ?? [];
  if (dotted === undefined) return address;
  const hex = Buffer.from(dotted.split(".").map(Number)).toString("hex");
  return `${address.slice(0, -dotted.length)}${hex.slice(0, 4)}:${hex.slice(4)}`;
}
