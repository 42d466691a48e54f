/** Counters of the network stack: /proc/net/snmp, netstat, snmp6 and dev_snmp6. They are of one network namespace. */
import type { Family } from "@groupcast/backend";
import { FormError, type HostFiles, isUnread, parsed, type Reading } from "../host-files.js";
import { decimal, fieldsOf, linesOf } from "./fields.js";

/** A counter that was read, and the file that has it. */
export interface Counter {
  /** File. */
  readonly path: string;
  /** Value. */
  readonly value: number;
}

/** Map of name → counter. Names are `Udp.InDatagrams` and `IpExt.InMcastPkts` for IPv4, `Udp6InDatagrams` for IPv6. */
export type Counters = ReadonlyMap<string, Counter>;

const SNMP = "/proc/self/net/snmp";
const NETSTAT = "/proc/self/net/netstat";
const SNMP6 = "/proc/self/net/snmp6";

/** Reads the counters of one family. */
export function readCounters(files: HostFiles, family: Family): Reading<Counters> {
  if (family === 6) return parsed(SNMP6, files.read(SNMP6), (text) => parseList(SNMP6, text));
  const tables = [SNMP, NETSTAT].map((path) => parsed(path, files.read(path), (text) => parsePairs(path, text)));
  const unread = tables.find(isUnread);
  if (unread !== undefined) return unread;
  return { value: new Map(tables.flatMap((table) => [...(table as { value: Counters }).value])) };
}

/** Reads the IPv6 counters of one interface. */
export function readInterfaceCounters(files: HostFiles, name: string): Reading<Counters> {
  const path = `/proc/self/net/dev_snmp6/${name}`;
  return parsed(path, files.read(path), (text) => parseList(path, text));
}

/** A line of names, then a line of values, each with the name of the table in front: `snmp_seq_show` of net/ipv4/proc.c. */
function parsePairs(path: string, text: string): Counters {
  const counters = new Map<string, Counter>();
  const lines = linesOf(text);
  if (lines.length % 2 !== 0) throw new FormError("a line of names has no line of values");
  for (let index = 0; index < lines.length; index += 2) {
    const [table, ...names] = fieldsOf(lines[index]!, 1);
    const [again, ...values] = fieldsOf(lines[index + 1]!, 1);
    if (table !== again || names.length !== values.length)
      throw new FormError(`its table ${JSON.stringify(table)} is not in pairs of lines`);
    for (const [column, name] of names.entries()) {
      const value = values[column]!;
      if (!value.startsWith("-")) counters.set(`${table!.replace(":", ".")}${name}`, { path, value: decimal(value) }); // Tcp: MaxConn is -1
    }
  }
  return counters;
}

/** A name and a value on each line: `snmp6_seq_show` of net/ipv6/proc.c. */
function parseList(path: string, text: string): Counters {
  const rows = linesOf(text).map((line) => fieldsOf(line, 2));
  return new Map(rows.map(([name, value]) => [name!, { path, value: decimal(value) }]));
}
