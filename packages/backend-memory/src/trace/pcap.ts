/** Trace records as a capture file (draft-ietf-opsawg-pcap), with nanoseconds and raw IP packets (LINKTYPE_RAW). */
import { packetBytes } from "./packet-bytes.js";
import type { TraceRecord } from "./trace-record.js";

const MAGIC_NANOSECONDS = 0xa1b23c4d;
const VERSION_MAJOR = 2;
const VERSION_MINOR = 4;
const SNAP_LENGTH_BYTES = 262_144; // longer than any IP packet: nothing is cut
const LINKTYPE_RAW = 101; // the first four bits of a packet say which IP it is
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const NS_PER_MS = 1_000_000;
const MS_PER_S = 1000;
const NS_PER_S = 1_000_000_000;

/**
 * Returns the datagrams that were sent or forwarded as the bytes of a `.pcap` file, which Wireshark, tshark and tcpdump read.
 *
 * Every transmission is one record, in full and with correct checksums: a datagram that two links carry appears twice, one that
 * takes several fragments appears as the one packet they make up.
 *
 * @param epochMs - Wall-clock time, in milliseconds since 1970, when the records say 0; default 0.
 */
export function toPcap(records: readonly TraceRecord[], epochMs = 0): Uint8Array {
  const parts = [fileHeader()];
  for (const { event, timeMs, packet } of records) {
    if (event !== "sent" && event !== "forwarded") continue;
    const bytes = packetBytes(packet);
    parts.push(recordHeader(epochMs, timeMs, bytes.length), bytes);
  }
  return Buffer.concat(parts);
}

function fileHeader(): Buffer {
  const header = Buffer.alloc(FILE_HEADER_BYTES);
  header.writeUInt32BE(MAGIC_NANOSECONDS, 0);
  header.writeUInt16BE(VERSION_MAJOR, 4);
  header.writeUInt16BE(VERSION_MINOR, 6);
  header.writeUInt32BE(SNAP_LENGTH_BYTES, 16);
  header.writeUInt32BE(LINKTYPE_RAW, 20);
  return header;
}

function recordHeader(epochMs: number, timeMs: number, lengthBytes: number): Buffer {
  const header = Buffer.alloc(RECORD_HEADER_BYTES);
  // In two parts: the sum would have no room for nanoseconds behind the years since 1970.
  const epochSeconds = Math.floor(epochMs / MS_PER_S);
  const nanoseconds = Math.round((epochMs - epochSeconds * MS_PER_S + timeMs) * NS_PER_MS);
  header.writeUInt32BE((epochSeconds + Math.floor(nanoseconds / NS_PER_S)) >>> 0, 0);
  header.writeUInt32BE(nanoseconds % NS_PER_S, 4);
  header.writeUInt32BE(lengthBytes, 8);
  header.writeUInt32BE(lengthBytes, 12);
  return header;
}
