// Bytes of addresses as texts, spelled as Node spells them.
import { SocketAddress } from "node:net";

/** @param bytes - 4 of them. */
export function textOfIPv4(bytes: Uint8Array): string {
  return bytes.join(".");
}

/** @param bytes - 16 of them. @returns The shortest spelling, RFC 5952: "ff02::16". */
export function textOfIPv6(bytes: Uint8Array): string {
  const address = Buffer.from(bytes)
    .toString("hex")
    .replace(/(.{4})(?=.)/g, "$1:");
  return new SocketAddress({ address, family: "ipv6" }).address;
}
