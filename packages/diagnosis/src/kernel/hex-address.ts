/** Addresses as the tables of /proc/net spell them. */
import { SocketAddress } from "node:net";
import { FormError } from "../host-files.js";

/** Whether a 32-bit word of this machine has its lowest byte first. */
const IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Returns the address of 8 hex digits in the byte order of this machine: `010000E0` is 224.0.0.1 on most. @throws FormError */
export function hostOrderIPv4(digits: string): string {
  return [...hostOrderBytes(checkHex(digits, 8))].join(".");
}

/** Returns the address of 32 hex digits, as four words in the byte order of this machine. @throws FormError */
export function hostOrderIPv6(digits: string): string {
  return ipv6Text(hostOrderBytes(checkHex(digits, 32)));
}

/** Returns the address of 8 hex digits in the order of the network: `EF010203` is 239.1.2.3. @throws FormError */
export function networkOrderIPv4(digits: string): string {
  return [...Buffer.from(checkHex(digits, 8), "hex")].join(".");
}

/** Returns the address of 32 hex digits in the order of the network. @throws FormError */
export function networkOrderIPv6(digits: string): string {
  return ipv6Text(Buffer.from(checkHex(digits, 32), "hex"));
}

function hostOrderBytes(digits: string): Buffer {
  const bytes = Buffer.from(digits, "hex");
  return IS_LITTLE_ENDIAN ? bytes.swap32() : bytes;
}

/** The spelling of RFC 5952, which Node uses everywhere. */
function ipv6Text(bytes: Buffer): string {
  const address = bytes.toString("hex").replace(/(.{4})(?=.)/g, "$1:");
  return new SocketAddress({ address, family: "ipv6" }).address;
}

function checkHex(digits: string, length: number): string {
  if (digits.length === length && /^[0-9a-f]+$/i.test(digits)) return digits;
  throw new FormError(`${JSON.stringify(digits.slice(0, 40))} is not an address of ${length} hex digits`);
}
