// Captures as bytes, made by hand from the formats' specifications, to hold readers against.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RecordedDatagram, RecordingReader } from "@groupcast/cli";
import { onTestFinished } from "vitest";

/** Byte order of a capture. */
export type Order = "little" | "big";

/** Returns whole numbers of 16 or 32 bits as bytes: `["2:1", 5]` is a 16-bit 1 and a 32-bit 5. */
export function words(order: Order, ...values: readonly (number | `2:${number}`)[]): Buffer {
  return Buffer.concat(
    values.map((value) => {
      const isHalf = typeof value === "string";
      const bytes = Buffer.alloc(isHalf ? 2 : 4);
      const number = isHalf ? Number(value.slice(2)) : value;
      if (order === "little") bytes.writeUIntLE(number, 0, bytes.length);
      else bytes.writeUIntBE(number, 0, bytes.length);
      return bytes;
    }),
  );
}

/** Returns a block of pcapng. */
export function block(order: Order, type: number, body: Buffer): Buffer {
  const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
  return Buffer.concat([words(order, type, padded.length + 12), padded, words(order, padded.length + 12)]);
}

/** Returns a section header. */
export function section(order: Order): Buffer {
  return block(order, 0x0a0d0d0a, words(order, 0x1a2b3c4d, "2:1", "2:0", 0xffffffff, 0xffffffff));
}

/** Returns an option. */
export function option(order: Order, code: number, value: Buffer): Buffer {
  return Buffer.concat([words(order, `2:${code}`, `2:${value.length}`), value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

/** Returns an interface's block. */
export function interfaceBlock(order: Order, linkType: number, ...options: readonly Buffer[]): Buffer {
  return block(order, 1, Buffer.concat([words(order, `2:${linkType}`, "2:0", 0), ...options]));
}

/** Returns an enhanced packet's block, of the first interface. */
export function packetBlock(order: Order, ticks: bigint, bytes: Buffer, ...options: readonly Buffer[]): Buffer {
  const head = words(order, 0, Number(ticks >> 32n), Number(ticks & 0xffffffffn), bytes.length, bytes.length);
  return block(order, 6, Buffer.concat([head, bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4), ...options]));
}

/** Returns a file of pcap with `frames`, each a second after the other. */
export function pcap(order: Order, linkType: number, frames: readonly Buffer[], magic = 0xa1b2c3d4): Buffer {
  const header = words(order, magic, "2:2", "2:4", 0, 0, 262_144, linkType);
  return Buffer.concat([header, ...frames.flatMap((frame, n) => [words(order, 1_700_000_000 + n, 5, frame.length, frame.length), frame])]);
}

/** Returns an IPv4 packet with a UDP datagram from 192.0.2.7:4000 to 239.1.2.3:5000, and IPv4 options. */
export function ipv4(payload: string, { options = Buffer.alloc(0), fragment = 0, protocol = 17 } = {}): Buffer {
  const udp = udpOf(payload);
  const header = Buffer.from([0x45 + options.length / 4, 0, 0, 0, 0, 0, 0, 0, 9, protocol, 0, 0, 192, 0, 2, 7, 239, 1, 2, 3]);
  header.writeUInt16BE(header.length + options.length + udp.length, 2);
  header.writeUInt16BE(fragment, 6);
  return Buffer.concat([header, options, udp]);
}

/** Returns an IPv6 packet with a UDP datagram from fe80::7 to ff02::fb, behind extension headers. */
export function ipv6(payload: string, extensions: readonly (readonly [number: number, bytes: Buffer])[] = []): Buffer {
  const udp = udpOf(payload);
  const numbers = [...extensions.map(([number]) => number), 17];
  const headers = extensions.map(([, bytes], n) => Buffer.concat([Buffer.from([numbers[n + 1]!]), bytes.subarray(1)]));
  const body = Buffer.concat([...headers, udp]);
  const fixed = Buffer.alloc(40);
  fixed[0] = 0x60;
  fixed.writeUInt16BE(body.length, 4);
  fixed[6] = numbers[0]!;
  fixed[7] = 9;
  Buffer.from("fe800000000000000000000000000007", "hex").copy(fixed, 8);
  Buffer.from("ff0200000000000000000000000000fb", "hex").copy(fixed, 24);
  return Buffer.concat([fixed, body]);
}

function udpOf(payload: string): Buffer {
  const data = Buffer.from(payload);
  return Buffer.concat([words("big", "2:4000", "2:5000", `2:${data.length + 8}`, "2:0"), data]);
}

/** Returns an Ethernet frame. */
export function ethernet(ip: Buffer, ...tags: readonly number[]): Buffer {
  const type = ip[0]! >> 4 === 6 ? 0x86dd : 0x0800;
  return Buffer.concat([Buffer.alloc(12), ...tags.map((tag) => words("big", `2:${tag}`, "2:7")), words("big", `2:${type}`), ip]);
}

/** Writes a file that is removed at the end of the test; returns its path. */
export function fileWith(bytes: Buffer | string, name = "recording.pcapng"): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, bytes);
  return path;
}

/** Makes a folder that is removed at the end of the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "groupcast-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A datagram of a recording that stays, with its payload as text. */
export type Kept = Omit<RecordedDatagram, "data"> & { readonly text: string };

/** Reads a whole recording; what it throws stands at the end. */
export async function readAll(path: string): Promise<{ datagrams: Kept[]; skipped: Readonly<Record<string, number>>; error?: Error }> {
  const reader = await RecordingReader.open(path);
  const datagrams: Kept[] = [];
  try {
    for await (const { data, ...datagram } of reader) datagrams.push({ ...datagram, text: data.toString() });
  } catch (error) {
    return { datagrams, skipped: reader.skipped, error: error as Error };
  }
  return { datagrams, skipped: reader.skipped };
}
