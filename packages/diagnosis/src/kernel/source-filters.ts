/** Sources that memberships name: /proc/net/mcfilter and /proc/net/mcfilter6. */
import type { Family } from "@groupcast/backend";
import { type HostFiles, parsed, type Reading } from "../host-files.js";
import { decimal, fieldsOf, linesOf } from "./fields.js";
import { networkOrderIPv4, networkOrderIPv6 } from "./hex-address.js";

/** A source that members of a group on an interface let in, or shut out. */
export interface SourceFilter {
  /** Index of the interface. */
  readonly interfaceIndex: number;
  /** IP literal of the group. */
  readonly group: string;
  /** IP literal of the source. */
  readonly source: string;
  /** Number of sockets that let in this source. */
  readonly includedBy: number;
  /** Number of sockets that shut out this source. */
  readonly excludedBy: number;
}

/** Map of family → file. */
export const FILTER_FILES: Readonly<Record<Family, string>> = { 4: "/proc/self/net/mcfilter", 6: "/proc/self/net/mcfilter6" };

/**
 * Reads the source filters of one family. The format is `igmp_mcf_seq_show` of net/ipv4/igmp.c; it cuts names of interfaces after six
 * characters, so the index is what counts.
 */
export function readSourceFilters(files: HostFiles, family: Family): Reading<readonly SourceFilter[]> {
  const path = FILTER_FILES[family];
  const address = family === 4 ? (digits: string) => networkOrderIPv4(digits.replace(/^0x/, "")) : networkOrderIPv6;
  return parsed(path, files.read(path), (text) =>
    linesOf(text)
      .slice(1)
      .map((line) => {
        const [index, , group, source, includedBy, excludedBy] = fieldsOf(line, 6);
        return {
          interfaceIndex: decimal(index),
          group: address(group!),
          source: address(source!),
          includedBy: decimal(includedBy),
          excludedBy: decimal(excludedBy),
        };
      }),
  );
}
