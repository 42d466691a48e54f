/** The UDP sockets of this network namespace: /proc/net/udp and /proc/net/udp6. */
import type { Family } from "@groupcast/backend";
import { FormError, type HostFiles, parsed, type Reading } from "../host-files.js";
import { decimal, fieldsOf, hexadecimal, linesOf } from "./fields.js";
import { hostOrderIPv4, hostOrderIPv6 } from "./hex-address.js";

/** A UDP socket. */
export interface UDPSocket {
  /** IP literal that it is bound to; `0.0.0.0` or `::`: every address. */
  readonly address: string;
  /** Port number that it is bound to. */
  readonly port: number;
  /** User id of its owner. */
  readonly uid: number;
  /** Number of its inode, by which a process is found. */
  readonly inode: number;
  /** Number of bytes that wait in its receive buffer, as the kernel counts them. */
  readonly queuedBytes: number;
  /** Number of datagrams that it lost, most of them to a full receive buffer. */
  readonly drops: number;
}

/** Map of family → file. */
export const SOCKET_FILES: Readonly<Record<Family, string>> = { 4: "/proc/self/net/udp", 6: "/proc/self/net/udp6" };

/** Reads the sockets of one family. The format is `udp4_format_sock` of net/ipv4/udp.c. */
export function readUDPSockets(files: HostFiles, family: Family): Reading<readonly UDPSocket[]> {
  const path = SOCKET_FILES[family];
  const address = family === 4 ? hostOrderIPv4 : hostOrderIPv6;
  return parsed(path, files.read(path), (text) =>
    linesOf(text)
      .slice(1)
      .map((line) => socketOf(fieldsOf(line, 13), address)),
  );
}

function socketOf(fields: readonly string[], addressOf: (digits: string) => string): UDPSocket {
  const [, local, , , queues, , , uid, , inode, , , drops] = fields;
  const [address, port] = pair(local!);
  const [, queued] = pair(queues!);
  return {
    address: addressOf(address),
    port: hexadecimal(port),
    uid: decimal(uid),
    inode: decimal(inode),
    queuedBytes: hexadecimal(queued),
    drops: decimal(drops),
  };
}

function pair(field: string): [string, string] {
  const [first, second] = field.split(":");
  if (first === undefined || second === undefined) throw new FormError(`${JSON.stringify(field.slice(0, 40))} has no colon`);
  return [first, second];
}
