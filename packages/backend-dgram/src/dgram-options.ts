import type { Socket } from "node:dgram";
import type { OptionName } from "@groupcast/backend";
import type { CreationOptions } from "./bound-socket.js";

/** Way in which dgram serves one option: as an argument when the socket is made, or on the bound socket. */
export interface DgramOption {
  /** Name of the argument of `createSocket()`. */
  readonly creation?: keyof CreationOptions;
  /** Sets it on a bound socket. */
  readonly apply?: (socket: Socket, value: number) => void;
  /** Asks the kernel. dgram can do so for two options only; the backend remembers the value of the others. */
  readonly read?: (socket: Socket) => number;
  /** Value that the kernel starts with. Absent where that is the administrator's choice. */
  readonly initial?: number;
  /** Whether libuv picks the level, IPv4 or IPv6, by how it opened the socket: an adopted one has no `UV_HANDLE_IPV6`. */
  readonly isPerFamily?: true;
}

const REUSE_PORT_PLATFORMS: readonly NodeJS.Platform[] = ["linux", "freebsd", "sunos", "aix"]; // uv__sock_reuseport in libuv

/** Option → way in which dgram serves it. dgram cannot serve an option without a row. */
export const DGRAM_OPTIONS: Readonly<Partial<Record<OptionName, DgramOption>>> = {
  reuseAddress: { creation: "reuseAddr", initial: 0 },
  ...(hasReusePort() && { reusePort: { creation: "reusePort", initial: 0 } }),
  ipv6Only: { creation: "ipv6Only", initial: 0 }, // libuv never clears it: where sysctl net.ipv6.bindv6only is 1, it stays 1
  receiveBufferBytes: {
    apply: (socket, bytes) => socket.setRecvBufferSize(bytes),
    read: (socket) => socket.getRecvBufferSize(),
  },
  sendBufferBytes: {
    apply: (socket, bytes) => socket.setSendBufferSize(bytes),
    read: (socket) => socket.getSendBufferSize(),
  },
  broadcast: { apply: (socket, value) => socket.setBroadcast(value !== 0), initial: 0 },
  unicastTtl: { apply: (socket, hops) => socket.setTTL(hops), isPerFamily: true }, // starts at sysctl net.ipv4.ip_default_ttl
  multicastTtl: { apply: (socket, hops) => socket.setMulticastTTL(hops), initial: 1, isPerFamily: true },
  multicastLoopback: { apply: (socket, value) => socket.setMulticastLoopback(value !== 0), initial: 1, isPerFamily: true },
};

/** Whether Node has `reusePort`: 22.12 (23.1) and later; earlier ones ignore it silently. */
function hasReusePort(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const isKnown = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
  return isKnown && REUSE_PORT_PLATFORMS.includes(process.platform);
}
