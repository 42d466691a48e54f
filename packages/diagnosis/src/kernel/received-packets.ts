/** Packets that an interface has received, before any rule of a firewall: /proc/net/dev. */
import { FormError, type HostFiles, parsed, type Reading } from "../host-files.js";
import { decimal, linesOf } from "./fields.js";

/** Path of the table. It is of one network namespace, where /sys may be another's. */
export const PACKETS_FILE = "/proc/self/net/dev";

const HEADER_LINES = 2;

/** Reads the number of packets that an interface has received. The format is `dev_seq_printf_stats` of net/core/net-procfs.c. */
export function readReceivedPackets(files: HostFiles, name: string): Reading<number> {
  return parsed(PACKETS_FILE, files.read(PACKETS_FILE), (text) => {
    const line = linesOf(text)
      .slice(HEADER_LINES)
      .find((each) => each.trimStart().startsWith(`${name}:`));
    if (line === undefined) throw new FormError(`it has no interface ${name}`);
    const [, packets] = line
      .slice(line.indexOf(`${name}:`) + name.length + 1)
      .trim()
      .split(/\s+/); // bytes, packets …
    return decimal(packets);
  });
}
