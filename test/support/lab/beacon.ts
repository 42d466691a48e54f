// A datagram that the lab itself sends, to see whether and when it arrives.
import type { Namespace } from "./namespace.js";

const DISCARD_PORT = 9; // RFC 863: nobody listens
const MARK = "lab beacon ";

/** Sends a beacon. @param address - IPv6 with zone: "ff02::1%eth0". */
export async function sendBeacon(namespace: Namespace, address: string, text: string): Promise<void> {
  // Bash opens a connected UDP socket for this path: no further program to start and to wait for
  const path = `/dev/udp/${address}/${DISCARD_PORT}`;
  await namespace.exec("bash", ["-c", 'printf %s "$1" > "$2"', "beacon", MARK + text, path]);
}

/** The text of a beacon; undefined for the payload of anything else. */
export function beaconText(payload: Uint8Array): string | undefined {
  const text = Buffer.from(payload).toString("utf8");
  return text.startsWith(MARK) ? text.slice(MARK.length) : undefined;
}
