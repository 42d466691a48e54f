/** Traffic of the interfaces of this network namespace: /proc/net/dev. */
import { FormError, type HostFiles, isUnread, parsed, type Reading } from "../host-files.js";
import { decimal, fieldsOf, linesOf } from "./fields.js";

/** Counters of one interface since it was made. They count packets, unless the name says bytes. */
export interface InterfaceTraffic {
  /** Name of the interface. */
  readonly name: string;
  /** Number of bytes received. */
  readonly receivedBytes: number;
  /** Number of packets received. */
  readonly received: number;
  /** Number of packets received to multicast addresses, where the driver counts them. */
  readonly multicast: number;
  /** Number of packets received that were broken. */
  readonly receiveErrors: number;
  /** Number of packets received that were dropped: no buffer was free, or nobody wanted their protocol. */
  readonly receiveDrops: number;
  /** Number of bytes sent. */
  readonly sentBytes: number;
  /** Number of packets sent. */
  readonly sent: number;
  /** Number of packets that could not be sent. */
  readonly sendErrors: number;
  /** Number of packets dropped before they were sent. */
  readonly sendDrops: number;
}

/** File of the counters. */
export const TRAFFIC_FILE = "/proc/self/net/dev";

const TITLE_LINES = 2;

/** Reads the counters of every interface. The format is `dev_seq_printf_stats` of net/core/net-procfs.c. */
export function readInterfaceTraffic(files: HostFiles): Reading<readonly InterfaceTraffic[]> {
  return parsed(TRAFFIC_FILE, files.read(TRAFFIC_FILE), (text) => linesOf(text).slice(TITLE_LINES).map(trafficOf));
}

/** Reads the number of packets that an interface has received, before any rule of a firewall. */
export function readReceivedPackets(files: HostFiles, name: string): Reading<number> {
  const traffic = readInterfaceTraffic(files);
  if (isUnread(traffic)) return traffic;
  const own = traffic.value.find((one) => one.name === name);
  return own === undefined ? { path: TRAFFIC_FILE, reason: `it has no interface ${name}` } : { value: own.received };
}

/** A name may touch its colon and the number after it, and may itself have no colon (dev_valid_name of net/core/dev.c). */
function trafficOf(line: string): InterfaceTraffic {
  const colon = line.indexOf(":");
  if (colon === -1) throw new FormError(`the line ${JSON.stringify(line.trim().slice(0, 60))} names no interface`);
  const [receivedBytes, received, receiveErrors, receiveDrops, , , , multicast, sentBytes, sent, sendErrors, sendDrops] = fieldsOf(
    line.slice(colon + 1),
    16,
  ).map(decimal) as [number, number, number, number, number, number, number, number, number, number, number, number];
  const name = line.slice(0, colon).trim();
  return { name, receivedBytes, received, multicast, receiveErrors, receiveDrops, sentBytes, sent, sendErrors, sendDrops };
}
