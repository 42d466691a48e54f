// What IGMP (RFC 1112, 2236, 3376) and MLD (RFC 2710, 3810) messages say about groups.
import { textOfIPv4, textOfIPv6 } from "./address-text.js";

/** A message about who wants which groups. */
export interface MembershipMessage {
  readonly type: "query" | "report" | "leave";
  /** Version of the message, not of the host that sent it. */
  readonly version: 1 | 2 | 3;
  /** One per group; a general query has none. */
  readonly groups: readonly GroupRecord[];
}

/** What is said about one group. */
export interface GroupRecord {
  readonly group: string;
  /**
   * Kind of the record, RFC 3376 4.2.12. A host that joins any source says `toExclude` (everything but these sources), one that
   * joins a source says `allow`; who leaves says `toInclude` (nothing) or `block`. Older versions only `member` and `leave`.
   */
  readonly record: RecordName;
  readonly sources: readonly string[];
}

export type RecordName = "isInclude" | "isExclude" | "toInclude" | "toExclude" | "allow" | "block" | "member" | "leave" | "query";

const RECORD_NAMES: readonly (RecordName | undefined)[] = [undefined, "isInclude", "isExclude", "toInclude", "toExclude", "allow", "block"];
const ZERO_GROUP = /^(0\.0\.0\.0|::)$/; // of a general query

/** Sizes and spelling of a family's addresses. */
interface AddressFormat {
  readonly bytes: number;
  text(bytes: Uint8Array): string;
}

const IPV4: AddressFormat = { bytes: 4, text: textOfIPv4 };
const IPV6: AddressFormat = { bytes: 16, text: textOfIPv6 };

/** Reads an IGMP message. @returns undefined for a type that is none of the three versions', as routers send to each other. */
export function readIgmp(body: Buffer): MembershipMessage | undefined {
  switch (body.readUInt8(0)) {
    case 0x11:
      return query(body.length > 8 ? 3 : body.readUInt8(1) === 0 ? 1 : 2, IPV4.text(body.subarray(4, 8))); // RFC 3376 7.1
    case 0x12:
      return single("report", 1, IPV4.text(body.subarray(4, 8)));
    case 0x16:
      return single("report", 2, IPV4.text(body.subarray(4, 8)));
    case 0x17:
      return single("leave", 2, IPV4.text(body.subarray(4, 8)));
    case 0x22:
      return { type: "report", version: 3, groups: readRecords(body, IPV4) };
    default:
      return undefined;
  }
}

/** Reads an MLD message. @returns undefined for any other ICMPv6 message. */
export function readMld(body: Buffer): MembershipMessage | undefined {
  switch (body.readUInt8(0)) {
    case 130:
      return query(body.length > 24 ? 2 : 1, IPV6.text(body.subarray(8, 24))); // RFC 3810 8.1
    case 131:
      return single("report", 1, IPV6.text(body.subarray(8, 24)));
    case 132:
      return single("leave", 1, IPV6.text(body.subarray(8, 24)));
    case 143:
      return { type: "report", version: 2, groups: readRecords(body, IPV6) };
    default:
      return undefined;
  }
}

/** Whether a message says that its sender now wants the group, from anyone or from some source. */
export function saysJoin(message: MembershipMessage | undefined, group: string): boolean {
  return recordsOf(message, group).some(({ record, sources }) => {
    return record === "toExclude" || record === "allow" || record === "member" || (record === "toInclude" && sources.length > 0);
  });
}

/** Whether a message says that its sender no longer wants the group, or one of its sources. */
export function saysLeave(message: MembershipMessage | undefined, group: string): boolean {
  return recordsOf(message, group).some(({ record, sources }) => {
    return record === "block" || record === "leave" || (record === "toInclude" && sources.length === 0);
  });
}

function recordsOf(message: MembershipMessage | undefined, group: string): readonly GroupRecord[] {
  return message?.groups.filter((record) => record.group === group) ?? [];
}

function query(version: 1 | 2 | 3, group: string): MembershipMessage {
  return { type: "query", version, groups: ZERO_GROUP.test(group) ? [] : [{ group, record: "query", sources: [] }] };
}

function single(type: "report" | "leave", version: 1 | 2, group: string): MembershipMessage {
  return { type, version, groups: [{ group, record: type === "report" ? "member" : "leave", sources: [] }] };
}

/** Same layout in RFC 3376 4.2 and RFC 3810 5.2 but for the size of addresses. */
function readRecords(body: Buffer, format: AddressFormat): GroupRecord[] {
  const records: GroupRecord[] = [];
  let offset = 8;
  for (let left = body.readUInt16BE(6); left > 0; left -= 1) {
    const sourceCount = body.readUInt16BE(offset + 2);
    const addresses = [...Array(sourceCount + 1).keys()].map((n) => {
      const start = offset + 4 + n * format.bytes;
      return format.text(body.subarray(start, start + format.bytes));
    });
    const [group, ...sources] = addresses as [string, ...string[]];
    records.push({ group, record: recordName(body.readUInt8(offset)), sources });
    offset += 4 + addresses.length * format.bytes + body.readUInt8(offset + 1) * 4; // auxiliary words
  }
  return records;
}

function recordName(type: number): RecordName {
  const name = RECORD_NAMES[type];
  if (name === undefined) throw new Error(`Not a group record: type ${type}`);
  return name;
}
